import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import io.hookq.wire.WireReader;
import io.hookq.wire.WireWriter;
import io.hookq.zstd.ZstdInput;
import io.hookq.zstd.ZstdOffer;
import io.hookq.zstd.ZstdOutput;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * A client of {@code hookq receive}, on its stdin and stdout as sshd would be.
 *
 * <pre>
 * java -cp … ReceiveProbe.java start RUNS STORE COMMAND…       from exec to the first byte of the server's greeting
 * java -cp … ReceiveProbe.java roundtrip QUESTIONS COMMAND…    one small question at a time
 * java -cp … ReceiveProbe.java memory MIB COMMAND…             one path of so much behind zstd
 * </pre>
 *
 * STORE is a Nix store's address: what {@code nix-store --serve --write} takes without anybody in
 * between is measured beside it, in turns. Prints rows of a Markdown table.
 */
final class ReceiveProbe {
  private static final String SERVE = "nix-store --serve --write";
  private static final StoreDir DIR = StoreDir.DEFAULT;
  private static final StorePath PATH = new StorePath("0".repeat(32) + "-probe");

  private ReceiveProbe() {}

  public static void main(String[] arguments) throws Exception {
    var count = Integer.parseInt(arguments[1]);
    var words = List.of(arguments);
    switch (arguments[0]) {
      case "start" -> start(count, arguments[2], words.subList(3, words.size()));
      case "roundtrip" -> roundtrip(count, words.subList(2, words.size()));
      case "memory" -> memory(count, words.subList(2, words.size()));
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  /** A session that has been greeted. */
  private record Session(Process process, WireReader in, WireWriter out, long nanos)
      implements AutoCloseable {
    static Session open(List<String> command, boolean zstd) throws IOException {
      var start = System.nanoTime();
      var builder = new ProcessBuilder(command).redirectError(Redirect.INHERIT);
      builder.environment().put("SSH_ORIGINAL_COMMAND", (zstd ? ZstdOffer.PREFIX : "") + SERVE);
      var process = builder.start();
      InputStream in = process.getInputStream();
      OutputStream raw = process.getOutputStream();
      var greeting = new WireWriter(raw);
      greeting.writeLong(0x390c9debL);
      greeting.writeLong(2 << 8 | 7);
      greeting.flush();
      OutputStream out = new BufferedOutputStream(raw, 64 << 10);
      if (zstd) {
        if (!(ZstdOffer.await(in) instanceof ZstdOffer.Answer.Compressed)) {
          throw new IOException("the offer of zstd was not taken up");
        }
        in = new ZstdInput(in);
        out = ZstdOutput.onto(raw);
      }
      var reader = new WireReader(in);
      if (reader.readLong() != 0x5452eecbL) {
        throw new IOException("no greeting of a serve server");
      }
      var nanos = System.nanoTime() - start;
      reader.readLong();
      return new Session(process, reader, new WireWriter(out), nanos);
    }

    @Override
    public void close() throws IOException {
      process.getOutputStream().close();
      try {
        if (process.waitFor() != 0) {
          throw new IOException("ended with status " + process.exitValue());
        }
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
    }
  }

  private static void start(int runs, String store, List<String> receive) throws IOException {
    var plain = new ArrayList<String>(List.of(SERVE.split(" ")));
    plain.addAll(List.of("--store", store));
    var direct = new double[runs];
    var compressed = new double[runs];
    for (var run = 0; run < runs; run++) {
      direct[run] = startMillis(plain, false);
      compressed[run] = startMillis(receive, true);
    }
    row("start to greeting, `nix-store --serve`", median(direct), least(direct), "ms");
    row("start to greeting, `hookq receive` with zstd (wanted under 150)", median(compressed), least(compressed), "ms");
  }

  private static double startMillis(List<String> command, boolean zstd) throws IOException {
    try (var session = Session.open(command, zstd)) {
      return session.nanos() / 1e6;
    }
  }

  /** Both are open at once and asked in turns, so that other load hits each alike. */
  private static void roundtrip(int questions, List<String> receive) throws IOException {
    var plain = new double[questions];
    var compressed = new double[questions];
    try (var without = Session.open(receive, false);
        var with = Session.open(receive, true)) {
      for (var i = -questions / 10; i < questions; i++) {
        var a = ask(without);
        var b = ask(with);
        if (i >= 0) {
          plain[i] = a;
          compressed[i] = b;
        }
      }
    }
    row("round trip, `hookq receive`", median(plain), least(plain), "ms");
    row("round trip, `hookq receive` with zstd", median(compressed), least(compressed), "ms");
    System.out.printf(
        "| the difference (wanted under 1) | %.3f ms | |%n", median(compressed) - median(plain));
  }

  private static double ask(Session session) throws IOException {
    var start = System.nanoTime();
    session.out().writeLong(1);
    session.out().writeBool(false);
    session.out().writeBool(false);
    session.out().writeStorePaths(DIR, List.of(PATH));
    session.out().flush();
    if (session.in().readLong() != 0) {
      throw new IOException("that path cannot be valid");
    }
    return (System.nanoTime() - start) / 1e6;
  }

  private static void memory(int mib, List<String> receive) throws Exception {
    var size = (long) mib << 20;
    var sha = MessageDigest.getInstance("SHA-256");
    var length = nar(size, (bytes, n) -> sha.update(bytes, 0, n));
    try (var session = Session.open(receive, true)) {
      var pid = session.process().pid();
      var atStart = status(pid, "VmRSS");
      var out = session.out();
      out.writeLong(9);
      out.writeStorePath(DIR, PATH);
      out.writeOptionalStorePath(DIR, Optional.empty());
      out.writeString(HexFormat.of().formatHex(sha.digest()));
      out.writeStorePaths(DIR, List.of());
      out.writeLong(1);
      out.writeLong(length);
      out.writeBool(false);
      out.writeStrings(List.of());
      out.writeString("");
      nar(
          size,
          (bytes, n) -> {
            try {
              out.bytes().write(bytes, 0, n);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
      out.flush();
      if (session.in().readLong() != 1) {
        throw new IOException("the path was not taken");
      }
      System.out.printf("| RSS of `hookq receive`, greeted | %.1f MiB | |%n", atStart);
      System.out.printf(
          "| RSS of `hookq receive`, behind %d MiB with zstd; at most (wanted under 60) | %.1f MiB | %.1f MiB |%n",
          mib, status(pid, "VmRSS"), status(pid, "VmHWM"));
      if (System.getenv("PROBE_JCMD") != null) {
        new ProcessBuilder("/bin/sh", "-c", System.getenv("PROBE_JCMD").replace("PID", "" + pid))
            .inheritIO()
            .start()
            .waitFor();
      }
    }
  }

  private interface Sink {
    void take(byte[] bytes, int length);
  }

  /** A NAR of one file, and its length: words from a few thousand, which compress as programs do. */
  private static long nar(long size, Sink sink) throws IOException {
    var head = new java.io.ByteArrayOutputStream();
    var out = new WireWriter(head);
    for (var word : List.of("nix-archive-1", "(", "type", "regular", "contents")) {
      out.writeString(word);
    }
    out.writeLong(size);
    out.flush();
    sink.take(head.toByteArray(), head.size());
    long length = head.size() + size;
    var random = new Random(1);
    var words = new byte[4096][];
    for (var i = 0; i < words.length; i++) {
      words[i] = new byte[2 + random.nextInt(12)];
      random.nextBytes(words[i]);
    }
    var chunk = new byte[64 << 10];
    for (var left = size; left > 0; ) {
      var filled = (int) Math.min(left, chunk.length);
      for (var at = 0; at < filled; ) {
        var word = words[random.nextInt(words.length)];
        var n = Math.min(word.length, filled - at);
        System.arraycopy(word, 0, chunk, at, n);
        at += n;
      }
      sink.take(chunk, filled);
      left -= filled;
    }
    head.reset();
    out.writeString(")");
    out.flush();
    sink.take(head.toByteArray(), head.size());
    return length + head.size();
  }

  /** In MiB. */
  private static double status(long pid, String name) throws IOException {
    try (var lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
      return lines
              .filter(line -> line.startsWith(name + ":"))
              .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
              .findFirst()
              .orElseThrow()
          / 1024.0;
    }
  }

  private static void row(String name, double median, double least, String unit) {
    System.out.printf("| %s | %.3g %s | %.3g %s |%n", name, median, unit, least, unit);
  }

  private static double median(double[] values) {
    var sorted = values.clone();
    Arrays.sort(sorted);
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  private static double least(double[] values) {
    return Arrays.stream(values).min().orElseThrow();
  }
}
