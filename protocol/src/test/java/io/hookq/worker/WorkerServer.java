package io.hookq.worker;

import io.hookq.nar.NarReader;
import io.hookq.peers.MemoryPipe;
import io.hookq.store.NarHash;
import io.hookq.store.PathInfo;
import io.hookq.store.PeerEnd;
import io.hookq.store.Signature;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import io.hookq.wire.FramedInputStream;
import io.hookq.wire.PathInfoFields;
import io.hookq.wire.WireReader;
import io.hookq.wire.WireWriter;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * A store without bytes in memory behind the server's end of the worker protocol, for one
 * connection at a time, with a Nix daemon's manners: what it cannot parse it answers twice.
 */
public final class WorkerServer {
  /** A path of this name is one that the server cannot parse. */
  static final String UNPARSABLE = "unparsable";

  private static final int PART = 10_000;

  private final WorkerVersion version;
  private final Map<StorePath, PathInfo> valid = new ConcurrentSkipListMap<>();
  private final Set<StorePath> substitutable = new ConcurrentSkipListSet<>();
  private final List<Long> operations = Collections.synchronizedList(new ArrayList<>());

  private final Map<String, String> realisations = new ConcurrentSkipListMap<>();
  private final List<String> registrations = Collections.synchronizedList(new ArrayList<>());
  private final Map<String, List<Signature>> realisationSignatures = new ConcurrentSkipListMap<>();
  private volatile Set<String> features = Set.of("a-feature-of-ours");
  private volatile Optional<String> realisationsRefusal = Optional.empty();

  WorkerServer(WorkerVersion version) {
    this.version = version;
  }

  /** As a daemon of Nix 2.34, which names outputs by the derivation's hash. */
  public static WorkerServer namingOutputsByHash() {
    return new WorkerServer(WorkerVersion.OURS);
  }

  /** As a daemon of Nix 2.35, which names outputs by the derivation's path. */
  public static WorkerServer namingOutputsByPath() {
    return namingOutputsByHash().offering(WorkerHandshake.REALISATION_WITH_PATH);
  }

  /** Can that too, from the next connection on. */
  WorkerServer offering(String feature) {
    features = Set.of("a-feature-of-ours", feature);
    return this;
  }

  /** Takes no realisations, and says so in these words. */
  public void refuseRealisations(String words) {
    realisationsRefusal = Optional.of(words);
  }

  /**
   * What was registered: JSON by the output's id, or the base name where there is no JSON; where
   * outputs go by path, the base name by derivation and output.
   */
  public Map<String, String> realisations() {
    return realisations;
  }

  /** The keys of {@link #realisations}, and of what was refused, in the order of the requests. */
  public List<String> registrations() {
    return List.copyOf(registrations);
  }

  /** The signatures of what was registered under that key of {@link #realisations}. */
  public List<Signature> signaturesOf(String key) {
    return realisationSignatures.getOrDefault(key, List.of());
  }

  /** The paths that it has. */
  public Map<StorePath, PathInfo> valid() {
    return valid;
  }

  /** What it can get from elsewhere. */
  Set<StorePath> substitutable() {
    return substitutable;
  }

  /** The numbers of the operations that it was asked for, in order. */
  public List<Long> operations() {
    return operations;
  }

  /** Both directions of one connection to it. */
  public record Client(InputStream in, OutputStream out) implements PeerEnd.Source {
    /** The same as a destination. */
    public WorkerDestination open() throws IOException {
      return WorkerDestination.open(in, out, StoreDir.DEFAULT, this);
    }

    @Override
    public PeerEnd peerEnd() {
      return new PeerEnd("", OptionalInt.empty());
    }
  }

  /** A connection to it. */
  public Client connect() {
    var toServer = new MemoryPipe(64 * 1024);
    var toClient = new MemoryPipe(64 * 1024);
    Thread.ofVirtual()
        .name("worker-server")
        .start(() -> {
          try (var in = toServer.input();
              var out = toClient.output()) {
            new Conversation(in, out).run();
          } catch (IOException e) {
            // The client went away, or was sent away.
          }
        });
    return new Client(toClient.input(), toServer.output());
  }

  private static final class RefusedException extends IOException {
    private final String words;

    private RefusedException(String words) {
      super(words);
      this.words = words;
    }
  }

  private final class Conversation {
    private final WireReader in;
    private final WireWriter out;
    private WorkerVersion spoken = version;
    private boolean byPath;

    private Conversation(InputStream in, OutputStream out) {
      this.in = new WireReader(in);
      this.out = new WireWriter(out);
    }

    private void run() throws IOException {
      in.readLong();
      out.writeLong(0x6478696fL);
      out.writeLong(version.wire());
      out.flush();
      spoken = WorkerVersion.ofWire(in.readLong()).and(version);
      if (spoken.hasFeatures()) {
        var theirs = in.readStrings(10, 100);
        out.writeStrings(List.copyOf(features));
        byPath =
            theirs.contains(WorkerHandshake.REALISATION_WITH_PATH)
                && features.contains(WorkerHandshake.REALISATION_WITH_PATH);
      }
      in.readLong();
      in.readLong();
      if (spoken.hasNixVersion()) {
        out.writeString("0");
      }
      if (spoken.hasTrust()) {
        out.writeLong(1);
      }
      last();
      out.flush();
      while (!in.atEnd()) {
        var op = in.readLong();
        operations.add(op);
        try {
          perform(op);
        } catch (RefusedException e) {
          error(e.words);
        }
        out.flush();
      }
    }

    private void last() throws IOException {
      new StderrMessage.Next("\u001b[1mtalk\u001b[0m\n").write(out, spoken);
      new StderrMessage.Last().write(out, spoken);
    }

    private void error(String words) throws IOException {
      new StderrMessage.Failure(0, "\u001b[31merror:\u001b[0m " + words, traces(), 1)
          .write(out, spoken);
    }

    private List<String> traces() {
      return spoken.hasStructuredErrors() ? List.of("while testing") : List.of();
    }

    private void perform(long op) throws IOException {
      switch ((int) op) {
        case 10 -> {
          var path = in.readStorePath(StoreDir.DEFAULT);
          if (!fetch(path)) {
            throw new RefusedException("no substituter has '" + path + "'");
          }
          confirm();
        }
        case 11 -> {
          in.readStorePath(StoreDir.DEFAULT);
          confirm();
        }
        case 13 -> confirm();
        case 26 -> {
          var path = in.readStorePath(StoreDir.DEFAULT);
          last();
          PathInfoAnswer.write(Optional.ofNullable(valid.get(path)), out, StoreDir.DEFAULT);
        }
        case 31 -> {
          var paths = new TreeSet<>(in.readStorePaths(StoreDir.DEFAULT));
          if (spoken.hasSubstituteFlag() && in.readBool()) {
            paths.forEach(this::fetch);
          }
          paths.retainAll(valid.keySet());
          last();
          out.writeStorePaths(StoreDir.DEFAULT, paths);
        }
        case 32 -> {
          var paths = new TreeSet<>(in.readStorePaths(StoreDir.DEFAULT));
          paths.retainAll(substitutable);
          last();
          out.writeStorePaths(StoreDir.DEFAULT, paths);
        }
        case 37 -> {
          var path = in.readStorePath(StoreDir.DEFAULT);
          var signatures = PathInfoFields.readSignatures(in);
          valid.computeIfPresent(path, (same, info) -> signed(info, signatures));
          confirm();
        }
        case 39 -> add();
        case 42 -> register();
        default -> throw new AssertionError("operation " + op);
      }
    }

    private boolean fetch(StorePath path) {
      if (substitutable.contains(path)) {
        valid.putIfAbsent(path, PathInfo.of(path, new NarHash("0".repeat(64)), 112, List.of()));
      }
      return valid.containsKey(path);
    }

    private void register() throws IOException {
      var start = in.offset();
      String key;
      String value;
      StorePath outPath;
      var signatures = List.<Signature>of();
      if (byPath) {
        key = in.readStorePath(StoreDir.DEFAULT) + "^" + in.readString(PART);
        outPath = in.readStorePath(StoreDir.DEFAULT);
        value = outPath.baseName();
        signatures = PathInfoFields.readSignatures(in);
      } else if (spoken.hasJsonRealisations()) {
        value = in.readString(PART);
        var realisation = RealisationAnswer.ofJson(start, value, Optional.empty());
        key = realisation.id().id();
        outPath = realisation.outPath();
        signatures = realisation.signatures();
      } else {
        key = in.readString(PART);
        value = in.readString(PART);
        outPath = new StorePath(value);
      }
      registrations.add(key);
      if (realisationsRefusal.isPresent()) {
        throw new RefusedException(realisationsRefusal.get());
      }
      if (!valid.containsKey(outPath)) {
        throw new RefusedException("constraint failed");
      }
      realisations.put(key, value);
      realisationSignatures.put(key, signatures);
      last();
    }

    private void confirm() throws IOException {
      last();
      out.writeLong(1);
    }

    private void add() throws IOException {
      var path = in.readStorePath(StoreDir.DEFAULT);
      var info = PathInfoAnswer.readInfo(in, StoreDir.DEFAULT, path);
      in.readLong();
      in.readLong();
      if (path.name().equals(UNPARSABLE)) {
        error("I cannot read '" + path + "'");
        error("I cannot read '" + path + "'");
        out.flush();
        throw new IOException("gone");
      }
      var nar = spoken.hasFramedNars() ? new FramedInputStream(in) : new Demanded(info.narSize());
      try {
        if (!valid.containsKey(path)) {
          receive(info, nar);
        }
      } finally {
        if (nar instanceof FramedInputStream framed) {
          framed.drain();
        }
      }
      last();
    }

    private void receive(PathInfo info, InputStream nar) throws IOException {
      for (var reference : info.otherReferences()) {
        if (!valid.containsKey(reference)) {
          throw new RefusedException(
              "path '" + StoreDir.DEFAULT.print(reference) + "' is not valid");
        }
      }
      var digest = new DigestInputStream(nar, sha256());
      try {
        NarReader.copy(digest, OutputStream.nullOutputStream());
      } catch (EOFException e) {
        throw new RefusedException("unexpected end of file");
      } catch (IOException e) {
        throw new RefusedException("bad archive: " + e.getMessage());
      }
      if (!NarHash.of(digest.getMessageDigest().digest()).equals(info.narHash())) {
        throw new RefusedException("hash mismatch importing path '" + info.path() + "'");
      }
      valid.put(info.path(), stored(info, info.signatures()));
    }

    /** The NAR as it had to be asked for up to 1.22. */
    private final class Demanded extends InputStream {
      private long left;
      private byte[] part = new byte[0];
      private int position;

      private Demanded(long size) {
        left = size;
      }

      @Override
      public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      /** Never asks for what is not there: behind the NAR comes nothing. */
      @Override
      public int read(byte[] bytes, int offset, int count) throws IOException {
        if (left == 0) {
          return -1;
        }
        if (position == part.length) {
          new StderrMessage.Read(PART).write(out, spoken);
          out.flush();
          part = in.readBytes(PART);
          position = 0;
        }
        var length = Math.min(count, part.length - position);
        System.arraycopy(part, position, bytes, offset, length);
        position += length;
        left -= length;
        return length;
      }
    }
  }

  private static PathInfo signed(PathInfo info, List<Signature> more) {
    var all = new HashSet<>(info.signatures());
    all.addAll(more);
    return stored(info, List.copyOf(all));
  }

  private static PathInfo stored(PathInfo info, List<Signature> signatures) {
    return new PathInfo(
        info.path(),
        info.narHash(),
        info.narSize(),
        info.references(),
        info.deriver(),
        0,
        false,
        signatures,
        info.contentAddress());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
