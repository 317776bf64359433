package io.hookq.worker;

import io.hookq.nar.NarReader;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import io.hookq.wire.FramedInputStream;
import io.hookq.wire.WireReader;
import io.hookq.wire.WireWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A conversation between a real client and a real daemon, taken apart: each request with its
 * answer, byte by byte, for all operations that were recorded, ours or not.
 */
final class WorkerRecording {
  /** One request, the log messages behind it and its answer. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Exchange(long op, byte[] request, List<StderrMessage> log, byte[] answer) {
    boolean failed() {
      return log.getLast() instanceof StderrMessage.Failure;
    }
  }

  private final byte[] client;
  private final byte[] server;
  private final WireReader asked;
  private final WireReader answered;
  private final List<Exchange> exchanges = new ArrayList<>();
  private final WorkerVersion version;
  private final byte[] clientHandshake;
  private final byte[] serverHandshake;

  private WorkerRecording(byte[] client, byte[] server) throws IOException {
    this.client = client;
    this.server = server;
    asked = new WireReader(new ByteArrayInputStream(client));
    answered = new WireReader(new ByteArrayInputStream(server));
    version = handshake();
    clientHandshake = Arrays.copyOf(client, (int) asked.offset());
    serverHandshake = Arrays.copyOf(server, (int) answered.offset());
    while (!asked.atEnd()) {
      exchanges.add(exchange());
    }
    if (!answered.atEnd()) {
      throw new AssertionError("the daemon said more at " + answered.offset());
    }
  }

  static WorkerRecording of(String name) {
    try {
      return new WorkerRecording(read(name + ".c2s"), read(name + ".s2c"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] read(String file) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(
            WorkerRecording.class.getResourceAsStream("/vectors/worker/" + file), file)) {
      return in.readAllBytes();
    }
  }

  WorkerVersion version() {
    return version;
  }

  byte[] clientHandshake() {
    return clientHandshake;
  }

  byte[] serverHandshake() {
    return serverHandshake;
  }

  List<Exchange> exchanges() {
    return exchanges;
  }

  /** What a daemon says that is asked for these only. */
  byte[] answersTo(List<Exchange> asked) throws IOException {
    var bytes = new ByteArrayOutputStream();
    bytes.write(serverHandshake);
    for (var exchange : asked) {
      var writer = new WireWriter(bytes);
      for (var message : exchange.log()) {
        message.write(writer, version);
      }
      writer.flush();
      bytes.write(exchange.answer());
      if (exchange.op() == WorkerOp.ADD_TEMP_ROOT.code && version.needsSyncWithGc()) {
        // We go on with SyncWithGC there, which the recorded client did not.
        new StderrMessage.Last().write(writer, version);
        writer.writeLong(1);
        writer.flush();
      }
    }
    return bytes.toByteArray();
  }

  private WorkerVersion handshake() throws IOException {
    asked.readLong();
    var claimed = WorkerVersion.ofWire(asked.readLong());
    answered.readLong();
    var version = WorkerVersion.ofWire(answered.readLong()).and(claimed);
    if (version.hasFeatures()) {
      asked.readStrings(100, 100);
      answered.readStrings(100, 100);
    }
    asked.readLong();
    asked.readLong();
    if (version.hasNixVersion()) {
      answered.readString(100);
    }
    if (version.hasTrust()) {
      answered.readLong();
    }
    if (!(StderrMessage.read(answered, version) instanceof StderrMessage.Last)) {
      throw new AssertionError("the handshake failed");
    }
    return version;
  }

  private Exchange exchange() throws IOException {
    var askedFrom = (int) asked.offset();
    var op = asked.readLong();
    readRequest(op);
    var log = new ArrayList<StderrMessage>();
    do {
      log.add(readMessage());
      if (log.getLast() instanceof StderrMessage.Read) {
        asked.readBytes(1 << 20); // the data that is asked for
      }
    } while (!(log.getLast() instanceof StderrMessage.Last
        || log.getLast() instanceof StderrMessage.Failure));
    var request = Arrays.copyOfRange(client, askedFrom, (int) asked.offset());
    var answeredFrom = (int) answered.offset();
    if (log.getLast() instanceof StderrMessage.Last) {
      readAnswer(op);
    }
    return new Exchange(
        op, request, log, Arrays.copyOfRange(server, answeredFrom, (int) answered.offset()));
  }

  /** Every message must come out again as it went in. */
  private StderrMessage readMessage() throws IOException {
    var from = (int) answered.offset();
    var message = StderrMessage.read(answered, version);
    var again = new ByteArrayOutputStream();
    var writer = new WireWriter(again);
    message.write(writer, version);
    writer.flush();
    var original = Arrays.copyOfRange(server, from, (int) answered.offset());
    if (!Arrays.equals(original, again.toByteArray())) {
      throw new AssertionError("at " + from + " " + message + " is written in another way");
    }
    return message;
  }

  private void readRequest(long op) throws IOException {
    switch ((int) op) {
      case 1, 6, 10, 11, 26, 38 -> asked.readStorePath(StoreDir.DEFAULT);
      case 12 -> asked.readString(4096);
      case 14 -> {}
      case 19 -> {
        for (var i = 0; i < 12; i++) {
          asked.readLong();
        }
        for (var i = asked.readInt(); i > 0; i--) {
          asked.readString(1000);
          asked.readString(1000);
        }
      }
      case 31 -> {
        asked.readStorePaths(StoreDir.DEFAULT);
        if (version.hasSubstituteFlag()) {
          asked.readLong();
        }
      }
      case 37 -> {
        asked.readStorePath(StoreDir.DEFAULT);
        asked.readStrings(100, 1000);
      }
      case 39 -> {
        var path = asked.readStorePath(StoreDir.DEFAULT);
        PathInfoAnswer.readInfo(asked, StoreDir.DEFAULT, path);
        asked.readLong();
        asked.readLong();
        if (version.minor() >= 23) {
          new FramedInputStream(asked).drain();
        }
      }
      case 40 -> asked.readStrings(100, 1000);
      case 44 -> {
        asked.readLong();
        asked.readLong();
        new FramedInputStream(asked).drain();
      }
      case 45 -> {
        asked.readString(1000);
        new FramedInputStream(asked).drain();
      }
      default -> throw new AssertionError("operation " + op + " at " + asked.offset());
    }
  }

  private void readAnswer(long op) throws IOException {
    switch ((int) op) {
      case 1, 10, 11, 12, 37, 45 -> answered.readLong();
      case 6, 31 -> answered.readStorePaths(StoreDir.DEFAULT);
      case 14 -> {
        for (var i = answered.readInt(); i > 0; i--) {
          answered.readString(4096);
          answered.readStorePath(StoreDir.DEFAULT);
        }
      }
      case 26 ->
          PathInfoAnswer.read(answered, StoreDir.DEFAULT, new StorePath("0".repeat(32) + "-x"));
      case 38 -> NarReader.copy(answered, OutputStream.nullOutputStream());
      case 40 -> {
        answered.readStorePaths(StoreDir.DEFAULT);
        answered.readStorePaths(StoreDir.DEFAULT);
        answered.readStorePaths(StoreDir.DEFAULT);
        answered.readLong();
        answered.readLong();
      }
      case 19, 39, 44 -> {}
      default -> throw new AssertionError("operation " + op + " at " + answered.offset());
    }
  }
}
