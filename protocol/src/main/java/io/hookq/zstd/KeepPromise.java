package io.hookq.zstd;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What hookq on the far side keeps of what a key pushes, as it says itself where it is asked.
 *
 * @param name under which it is kept: 1 to 64 letters, digits, dots, underscores and dashes
 * @param age for how long after it was last pushed; empty is for ever
 * @param bytes how much, the newest first; empty is no bound
 */
public record KeepPromise(String name, Optional<Duration> age, Optional<Long> bytes) {
  /** What a client writes before its command; a shell takes it for a variable's assignment. */
  public static final String PREFIX = "HOOKQ_WIRE=1:keep ";

  private static final int MAX_LINE = 256;
  private static final Pattern LINE =
      Pattern.compile(
          "hookq-wire 1 keep ([A-Za-z0-9._-]{1,64})(?: age=([0-9]{1,12})s)?(?: size=([0-9]{1,18}))?");

  /** The server's half: says it, before anything of the conversation. */
  public void write(OutputStream out) throws IOException {
    var line = new StringBuilder("hookq-wire 1 keep ").append(name);
    age.ifPresent(kept -> line.append(" age=").append(kept.toSeconds()).append('s'));
    bytes.ifPresent(kept -> line.append(" size=").append(kept));
    out.write(line.append('\n').toString().getBytes(StandardCharsets.US_ASCII));
    out.flush();
  }

  /**
   * The client's half: the first line of the far side; empty if that is none of these, as from
   * whoever does not know the question.
   *
   * @throws IOException if the carrier breaks
   */
  public static Optional<KeepPromise> read(InputStream in) throws IOException {
    var line = new ByteArrayOutputStream();
    for (int b; (b = in.read()) != '\n'; line.write(b)) {
      if (b < 0 || line.size() == MAX_LINE) {
        return Optional.empty();
      }
    }
    var said = LINE.matcher(line.toString(StandardCharsets.ISO_8859_1));
    return said.matches()
        ? Optional.of(
            new KeepPromise(
                said.group(1),
                Optional.ofNullable(said.group(2)).map(Long::valueOf).map(Duration::ofSeconds),
                Optional.ofNullable(said.group(3)).map(Long::valueOf)))
        : Optional.empty();
  }
}
