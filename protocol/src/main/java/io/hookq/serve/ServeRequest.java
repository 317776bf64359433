package io.hookq.serve;

import io.hookq.store.PathInfo;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import io.hookq.wire.PathInfoFields;
import io.hookq.wire.WireReader;
import io.hookq.wire.WireWriter;
import java.io.IOException;
import java.util.Collection;
import java.util.Optional;

/**
 * What a client of the serve protocol asks for: those commands of which copying store paths is
 * made.
 *
 * <p>Sets of paths are read as they come and written sorted.
 */
sealed interface ServeRequest {
  ServeCommand command();

  /** Writes the fields behind the command's number. */
  void writeFields(WireWriter out, StoreDir dir) throws IOException;

  /** Writes the whole request. */
  default void write(WireWriter out, StoreDir dir) throws IOException {
    out.writeLong(command().code);
    writeFields(out, dir);
  }

  /** Reads the fields of a request, empty for a command that has no record here. */
  static Optional<ServeRequest> readFields(ServeCommand command, WireReader in, StoreDir dir)
      throws IOException {
    return switch (command) {
      case QUERY_VALID_PATHS -> Optional.of(QueryValidPaths.readFields(in, dir));
      case QUERY_PATH_INFOS -> Optional.of(new QueryPathInfos(in.readStorePaths(dir)));
      case DUMP_STORE_PATH -> Optional.of(new DumpStorePath(in.readStorePath(dir)));
      case QUERY_CLOSURE -> Optional.of(QueryClosure.readFields(in, dir));
      case ADD_TO_STORE_NAR -> Optional.of(AddToStoreNar.readFields(in, dir));
      case IMPORT_PATHS, EXPORT_PATHS, BUILD_PATHS, BUILD_DERIVATION -> Optional.empty();
    };
  }

  /**
   * Which of these are valid? Answered by the set of those.
   *
   * @param lock makes all of them, valid or not, roots of the garbage collector while the
   *     connection lives
   * @param substitute lets the server fetch what is missing from its own substituters first
   */
  record QueryValidPaths(boolean lock, boolean substitute, Collection<StorePath> paths)
      implements ServeRequest {
    static QueryValidPaths readFields(WireReader in, StoreDir dir) throws IOException {
      var lock = in.readBool();
      var substitute = in.readBool();
      return new QueryValidPaths(lock, substitute, in.readStorePaths(dir));
    }

    @Override
    public void writeFields(WireWriter out, StoreDir dir) throws IOException {
      out.writeBool(lock);
      out.writeBool(substitute);
      out.writeStorePaths(dir, paths);
    }

    @Override
    public ServeCommand command() {
      return ServeCommand.QUERY_VALID_PATHS;
    }
  }

  /** What is known of these? Answered by a {@link PathInfoEntry} for each that is valid. */
  record QueryPathInfos(Collection<StorePath> paths) implements ServeRequest {
    @Override
    public void writeFields(WireWriter out, StoreDir dir) throws IOException {
      out.writeStorePaths(dir, paths);
    }

    @Override
    public ServeCommand command() {
      return ServeCommand.QUERY_PATH_INFOS;
    }
  }

  /** The bytes of this one; answered by its NAR, bare. */
  record DumpStorePath(StorePath path) implements ServeRequest {
    @Override
    public void writeFields(WireWriter out, StoreDir dir) throws IOException {
      out.writeStorePath(dir, path);
    }

    @Override
    public ServeCommand command() {
      return ServeCommand.DUMP_STORE_PATH;
    }
  }

  /**
   * All that these refer to, transitively; answered by the set.
   *
   * @param includeOutputs adds the outputs of derivations among them
   */
  record QueryClosure(boolean includeOutputs, Collection<StorePath> paths) implements ServeRequest {
    static QueryClosure readFields(WireReader in, StoreDir dir) throws IOException {
      var includeOutputs = in.readBool();
      return new QueryClosure(includeOutputs, in.readStorePaths(dir));
    }

    @Override
    public void writeFields(WireWriter out, StoreDir dir) throws IOException {
      out.writeBool(includeOutputs);
      out.writeStorePaths(dir, paths);
    }

    @Override
    public ServeCommand command() {
      return ServeCommand.QUERY_CLOSURE;
    }
  }

  /**
   * Take this one in; answered by the number 1. {@code narSize} bytes of NAR follow it, bare.
   *
   * @param info its {@code ultimate} is not sent: what was built here was not built there
   */
  record AddToStoreNar(PathInfo info) implements ServeRequest {
    static AddToStoreNar readFields(WireReader in, StoreDir dir) throws IOException {
      var start = in.offset();
      var path = in.readStorePath(dir);
      var deriver = in.readOptionalStorePath(dir);
      var narHash = PathInfoFields.readNarHash(in);
      var references = in.readStorePaths(dir);
      var registrationTime = in.readSize();
      var narSize = in.readSize();
      var ultimate = in.readBool();
      var signatures = PathInfoFields.readSignatures(in);
      var contentAddress = PathInfoFields.readContentAddress(in);
      return new AddToStoreNar(
          PathInfoFields.checked(
              start,
              () ->
                  new PathInfo(
                      path,
                      narHash,
                      narSize,
                      references,
                      deriver,
                      registrationTime,
                      ultimate,
                      signatures,
                      contentAddress)));
    }

    @Override
    public void writeFields(WireWriter out, StoreDir dir) throws IOException {
      out.writeStorePath(dir, info.path());
      out.writeOptionalStorePath(dir, info.deriver());
      out.writeString(info.narHash().base16());
      out.writeStorePaths(dir, info.references());
      out.writeLong(info.registrationTime());
      out.writeLong(info.narSize());
      out.writeBool(false);
      PathInfoFields.writeSignatures(out, info.signatures());
      PathInfoFields.writeContentAddress(out, info.contentAddress());
    }

    @Override
    public ServeCommand command() {
      return ServeCommand.ADD_TO_STORE_NAR;
    }
  }
}
