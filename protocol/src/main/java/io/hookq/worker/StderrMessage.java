package io.hookq.worker;

import io.hookq.store.PeerEnd;
import io.hookq.wire.WireFormatException;
import io.hookq.wire.WireReader;
import io.hookq.wire.WireWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * What the daemon says between a request and its answer.
 *
 * <pre>
 * NEXT            0x6f6c6d67 "gmlo"  string text
 * READ            0x64617461 "atad"  u64 wanted
 * WRITE           0x64617416         string data
 * LAST            0x616c7473 "stla"
 * ERROR           0x63787470 "ptxc"  ≥1.26: string "Error", u64 level, string name, string message,
 *                                           u64 position = 0, u64 n, n × (u64 position = 0, string)
 *                                    below: string message, u64 exit status
 * START_ACTIVITY  0x53545254 "TRTS"  u64 id, u64 level, u64 type, string text, fields, u64 parent
 * STOP_ACTIVITY   0x53544f50 "POTS"  u64 id
 * RESULT          0x52534c54 "TLSR"  u64 id, u64 type, fields
 * fields := u64 n, n × (u64 0, u64 number | u64 1, string text)
 * </pre>
 *
 * A message of another number ends the conversation: nobody knows how long it is.
 */
sealed interface StderrMessage {
  /** Writes the message, as a daemon does. */
  void write(WireWriter out, WorkerVersion version) throws IOException;

  /** Reads the next message. */
  static StderrMessage read(WireReader in, WorkerVersion version) throws IOException {
    var start = in.offset();
    var number = in.readLong();
    // Not a switch: that takes no long.
    if (number == Last.NUMBER) {
      return new Last();
    }
    if (number == Failure.NUMBER) {
      return Failure.readFields(in, version);
    }
    if (number == Next.NUMBER) {
      return new Next(in.readString(Limits.TEXT));
    }
    if (number == StartActivity.NUMBER) {
      return StartActivity.readFields(in);
    }
    if (number == StopActivity.NUMBER) {
      return new StopActivity(in.readLong());
    }
    if (number == Result.NUMBER) {
      return new Result(in.readLong(), in.readLong(), Field.readAll(in));
    }
    if (number == Read.NUMBER) {
      return new Read(in.readSize());
    }
    if (number == Write.NUMBER) {
      return new Write(in.readString(Limits.TEXT));
    }
    throw new WireFormatException(start, "a log message", "0x" + Long.toHexString(number));
  }

  /** {@code text} without the colours that daemons put into it. */
  static String plain(String text) {
    return text.replaceAll("\u001b\\[[0-9;]*m", "").strip();
  }

  /** A line of the log; may end in a line break and be coloured. */
  record Next(String text) implements StderrMessage {
    static final long NUMBER = 0x6f6c6d67L; // "gmlo"

    @Override
    public void write(WireWriter out, WorkerVersion version) throws IOException {
      out.writeLong(NUMBER);
      out.writeString(text);
    }
  }

  /** The daemon wants data: a NAR's next part, of this size at most; below 1.23 only. */
  record Read(long wanted) implements StderrMessage {
    static final long NUMBER = 0x64617461L; // "atad"

    @Override
    public void write(WireWriter out, WorkerVersion version) throws IOException {
      out.writeLong(NUMBER);
      out.writeLong(wanted);
    }
  }

  /** The daemon gives data; only inside requests that hookq does not make. */
  record Write(String data) implements StderrMessage {
    static final long NUMBER = 0x64617416L;

    @Override
    public void write(WireWriter out, WorkerVersion version) throws IOException {
      out.writeLong(NUMBER);
      out.writeString(data);
    }
  }

  /** Done; the answer follows. */
  record Last() implements StderrMessage {
    static final long NUMBER = 0x616c7473L; // "stla"

    @Override
    public void write(WireWriter out, WorkerVersion version) throws IOException {
      out.writeLong(NUMBER);
    }
  }

  /**
   * Failed; no answer follows.
   *
   * @param level 0 for an error; always 0 below 1.26
   * @param message may be coloured
   * @param traces what the daemon was doing, as it orders them; none below 1.26
   * @param exitStatus 0 from 1.26 on, where there is none
   */
  record Failure(long level, String message, List<String> traces, long exitStatus)
      implements StderrMessage {
    static final long NUMBER = 0x63787470L; // "ptxc"
    private static final String TYPE = "Error";
    private static final String PREFIX = "error:";

    /** Message and traces, uncoloured, a line each. */
    String words() {
      var words = new StringBuilder(plain(message));
      for (var trace : traces) {
        words.append("\n  … ").append(plain(trace));
      }
      return words.toString();
    }

    /** As a program would have left them on its stderr before it ended. */
    PeerEnd asPeerEnd() {
      var words = words();
      return new PeerEnd(
          words.startsWith(PREFIX) ? words : PREFIX + " " + words, OptionalInt.empty());
    }

    static Failure readFields(WireReader in, WorkerVersion version) throws IOException {
      if (!version.hasStructuredErrors()) {
        var message = in.readString(Limits.TEXT);
        return new Failure(0, message, List.of(), in.readLong());
      }
      in.readString(Limits.NAME); // "Error"
      var level = in.readLong();
      in.readString(Limits.NAME); // its name, which Nix itself ignores
      var message = in.readString(Limits.TEXT);
      readNoPosition(in);
      var traces = new ArrayList<String>();
      for (var left = Limits.readCount(in); left > 0; left--) {
        readNoPosition(in);
        traces.add(in.readString(Limits.TEXT));
      }
      return new Failure(level, message, traces, 0);
    }

    /** Positions are announced and never sent; one would have a length that nobody knows. */
    private static void readNoPosition(WireReader in) throws IOException {
      var start = in.offset();
      var position = in.readLong();
      if (position != 0) {
        throw new WireFormatException(start, "0, no position", Long.toUnsignedString(position));
      }
    }

    @Override
    public void write(WireWriter out, WorkerVersion version) throws IOException {
      out.writeLong(NUMBER);
      if (!version.hasStructuredErrors()) {
        out.writeString(message);
        out.writeLong(exitStatus);
        return;
      }
      out.writeString(TYPE);
      out.writeLong(level);
      out.writeString(TYPE);
      out.writeString(message);
      out.writeLong(0);
      out.writeLong(traces.size());
      for (var trace : traces) {
        out.writeLong(0);
        out.writeString(trace);
      }
    }
  }

  /** Something that takes a while has begun. */
  record StartActivity(long id, long level, long type, String text, List<Field> fields, long parent)
      implements StderrMessage {
    static final long NUMBER = 0x53545254L; // "TRTS"

    static StartActivity readFields(WireReader in) throws IOException {
      return new StartActivity(
          in.readLong(),
          in.readLong(),
          in.readLong(),
          in.readString(Limits.TEXT),
          Field.readAll(in),
          in.readLong());
    }

    @Override
    public void write(WireWriter out, WorkerVersion version) throws IOException {
      out.writeLong(NUMBER);
      out.writeLong(id);
      out.writeLong(level);
      out.writeLong(type);
      out.writeString(text);
      Field.writeAll(fields, out);
      out.writeLong(parent);
    }
  }

  /** It has ended. */
  record StopActivity(long id) implements StderrMessage {
    static final long NUMBER = 0x53544f50L; // "POTS"

    @Override
    public void write(WireWriter out, WorkerVersion version) throws IOException {
      out.writeLong(NUMBER);
      out.writeLong(id);
    }
  }

  /** News of an activity: progress, a line of a build log and the like. */
  record Result(long id, long type, List<Field> fields) implements StderrMessage {
    static final long NUMBER = 0x52534c54L; // "TLSR"

    @Override
    public void write(WireWriter out, WorkerVersion version) throws IOException {
      out.writeLong(NUMBER);
      out.writeLong(id);
      out.writeLong(type);
      Field.writeAll(fields, out);
    }
  }

  /** A value that goes with an activity or a result. */
  sealed interface Field {
    /** A number. */
    record NumberField(long value) implements Field {
      static final long TAG = 0;
    }

    /** A text. */
    record TextField(String value) implements Field {
      static final long TAG = 1;
    }

    private static List<Field> readAll(WireReader in) throws IOException {
      var fields = new ArrayList<Field>();
      for (var left = Limits.readCount(in); left > 0; left--) {
        var start = in.offset();
        var tag = in.readLong();
        if (tag == NumberField.TAG) {
          fields.add(new NumberField(in.readLong()));
        } else if (tag == TextField.TAG) {
          fields.add(new TextField(in.readString(Limits.TEXT)));
        } else {
          throw new WireFormatException(start, "a field", Long.toUnsignedString(tag));
        }
      }
      return fields;
    }

    private static void writeAll(List<Field> fields, WireWriter out) throws IOException {
      out.writeLong(fields.size());
      for (var field : fields) {
        switch (field) {
          case NumberField number -> {
            out.writeLong(NumberField.TAG);
            out.writeLong(number.value());
          }
          case TextField text -> {
            out.writeLong(TextField.TAG);
            out.writeString(text.value());
          }
        }
      }
    }
  }

  /** Bounds on what a daemon may send; far above what any does. */
  final class Limits {
    private static final int NAME = 1024;
    private static final int TEXT = 16 << 20;
    private static final int COUNT = 100_000;

    private Limits() {}

    private static int readCount(WireReader in) throws IOException {
      var start = in.offset();
      var count = in.readLong();
      if (count < 0 || count > COUNT) {
        throw new WireFormatException(
            start, "a list of at most " + COUNT + " elements", Long.toUnsignedString(count));
      }
      return (int) count;
    }
  }
}
