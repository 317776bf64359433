package io.hookq.daemon.receive;

import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import io.hookq.wire.WireWriter;
import io.hookq.zstd.ZstdOffer;
import io.hookq.zstd.ZstdOutput;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;

/**
 * A session in which only the receiver is real: a client that has written all it has to say, and a
 * shell script that answers it. For the run from which the JVM learns what a session needs.
 */
public enum RehearsedSession {
  /** One path over the serve protocol. */
  SERVE(Program.SERVE, 0x390c9debL, 2 << 8 | 7) {
    @Override
    void greet(WireWriter out) throws IOException {
      out.writeLong(0x5452eecbL);
      out.writeLong(2 << 8 | 7);
    }

    @Override
    void ask(WireWriter out) throws IOException {
      out.writeLong(1);
      out.writeBool(true);
      out.writeBool(false);
      out.writeStorePaths(DIR, List.of(PATH));
      out.flush();
      out.writeLong(2);
      out.writeStorePaths(DIR, List.of(PATH));
      out.flush();
      out.writeLong(9);
      writeInfo(out);
      out.bytes().write(NAR);
      out.flush();
    }

    @Override
    void answer(WireWriter out) throws IOException {
      out.writeLong(0);
      out.writeString("");
      out.writeLong(1);
    }
  },

  /** The same over the worker protocol. */
  WORKER(Program.DAEMON, 0x6e697863L, 1 << 8 | 35) {
    private static final long LAST = 0x616c7473L; // "stla" on the wire

    @Override
    void greet(WireWriter out) throws IOException {
      out.writeLong(0x6478696fL);
      out.writeLong(1 << 8 | 35);
      out.writeString("2.28.3");
      out.writeLong(1);
      out.writeLong(LAST);
    }

    @Override
    void ask(WireWriter out) throws IOException {
      out.writeLong(0);
      out.writeLong(0);
      out.flush();
      out.writeLong(11);
      out.writeStorePath(DIR, PATH);
      out.writeLong(31);
      out.writeStorePaths(DIR, List.of(PATH));
      out.writeBool(false);
      out.flush();
      out.writeLong(39);
      writeInfo(out);
      out.writeBool(false);
      out.writeBool(true);
      out.writeLong(NAR.length);
      out.bytes().write(NAR);
      out.writeLong(0);
      out.flush();
    }

    @Override
    void answer(WireWriter out) throws IOException {
      out.writeLong(LAST);
      out.writeLong(1);
      out.writeLong(LAST);
      out.writeLong(0);
      out.writeLong(LAST);
    }
  };

  private static final StoreDir DIR = StoreDir.DEFAULT;
  private static final StorePath PATH = new StorePath("0".repeat(32) + "-rehearsal");

  /** Bytes that compress; nobody looks whether they are a NAR. */
  private static final byte[] NAR = new byte[1 << 16];

  static {
    // The only end of a line in all that is said: the program answers then, for the receiver waits.
    NAR[NAR.length - 1] = '\n';
  }

  private final Program program;
  private final long magic;
  private final long version;

  RehearsedSession(Program program, long magic, long version) {
    this.program = program;
    this.magic = magic;
    this.version = version;
  }

  /** What the server says before it is asked anything. */
  abstract void greet(WireWriter out) throws IOException;

  /** What the client asks behind its greeting. */
  abstract void ask(WireWriter out) throws IOException;

  /** What that is answered with. */
  abstract void answer(WireWriter out) throws IOException;

  private static void writeInfo(WireWriter out) throws IOException {
    out.writeStorePath(DIR, PATH);
    out.writeOptionalStorePath(DIR, Optional.empty()); // no deriver
    out.writeString("0".repeat(64));
    out.writeStorePaths(DIR, List.of());
    out.writeLong(1);
    out.writeLong(NAR.length);
    out.writeBool(false);
    out.writeStrings(List.of());
    out.writeString("");
  }

  /** What sshd would have in {@code SSH_ORIGINAL_COMMAND}. */
  public String command() {
    return ZstdOffer.PREFIX + program;
  }

  /** All that the client says. */
  public InputStream client() throws IOException {
    var said = new ByteArrayOutputStream();
    var plain = new WireWriter(said);
    plain.writeLong(magic);
    plain.writeLong(version);
    plain.flush();
    try (var pieces = ZstdOutput.onto(said)) {
      ask(new WireWriter(pieces));
    }
    return new ByteArrayInputStream(said.toByteArray());
  }

  /**
   * Writes the program that answers, by nothing but what every shell has in itself; asked for
   * sizes, as when links are pruned, it knows none.
   */
  public void writeProgram(Path folder) throws IOException {
    // Not by a pattern: the JVM would keep what formats, and ready it at each start.
    var script =
        """
        #!/bin/sh
        printf 'GREETING'
        case $* in
          *--write* | *--stdio*)
            read -r requests
            printf 'ANSWERS'
            while read -r rest; do :; done
            ;;
          *) printf 'SIZES' ;;
        esac
        """
            .replace("GREETING", octal(this::greet))
            .replace("ANSWERS", octal(this::answer))
            .replace("SIZES", octal(out -> out.writeString("")));
    var file = Files.writeString(folder.resolve(program.file()), script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private interface Words {
    void write(WireWriter out) throws IOException;
  }

  private static String octal(Words words) throws IOException {
    var text = new StringBuilder();
    var out =
        new WireWriter(
            new OutputStream() {
              @Override
              public void write(int b) {
                text.append('\\').append(b >> 6 & 3).append(b >> 3 & 7).append(b & 7);
              }
            });
    words.write(out);
    out.flush();
    return text.toString();
  }
}
