package io.hookq.worker;

import io.hookq.store.PathInfo;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import io.hookq.wire.PathInfoFields;
import io.hookq.wire.WireReader;
import io.hookq.wire.WireWriter;
import java.io.IOException;
import java.util.Optional;

/**
 * The answer to {@link WorkerOp#QUERY_PATH_INFO}: whether the path is valid, and its info if so.
 */
final class PathInfoAnswer {
  private PathInfoAnswer() {}

  static Optional<PathInfo> read(WireReader in, StoreDir dir, StorePath path) throws IOException {
    return in.readBool() ? Optional.of(readInfo(in, dir, path)) : Optional.empty();
  }

  /** The info of {@code path}, which itself is not part of it. */
  static PathInfo readInfo(WireReader in, StoreDir dir, StorePath path) throws IOException {
    var start = in.offset();
    var deriver = in.readOptionalStorePath(dir);
    var narHash = PathInfoFields.readNarHash(in);
    var references = in.readStorePaths(dir);
    var registrationTime = in.readSize();
    var narSize = in.readSize();
    var ultimate = in.readBool();
    var signatures = PathInfoFields.readSignatures(in);
    var contentAddress = PathInfoFields.readContentAddress(in);
    return PathInfoFields.checked(
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
                contentAddress));
  }

  static void write(Optional<PathInfo> info, WireWriter out, StoreDir dir) throws IOException {
    out.writeBool(info.isPresent());
    if (info.isPresent()) {
      writeInfo(info.get(), out, dir);
    }
  }

  static void writeInfo(PathInfo info, WireWriter out, StoreDir dir) throws IOException {
    out.writeOptionalStorePath(dir, info.deriver());
    out.writeString(info.narHash().base16());
    out.writeStorePaths(dir, info.references());
    out.writeLong(info.registrationTime());
    out.writeLong(info.narSize());
    out.writeBool(info.ultimate());
    PathInfoFields.writeSignatures(out, info.signatures());
    PathInfoFields.writeContentAddress(out, info.contentAddress());
  }
}
