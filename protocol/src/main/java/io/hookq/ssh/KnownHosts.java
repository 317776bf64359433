package io.hookq.ssh;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What {@code known_hosts} files say about one host. Immutable.
 *
 * <pre>
 * line    := [ marker " " ] hosts " " type " " base64 [ " " comment ]
 * marker  := "@revoked" | "@cert-authority"
 * hosts   := hashed | pattern *( "," pattern )
 * hashed  := "|1|" base64(salt) "|" base64(HMAC-SHA1(salt, name))
 * pattern := [ "!" ] characters, "*" for any number of them, "?" for one
 * name    := host, or "[" host "]:" port where the port is not 22; lower case
 * </pre>
 *
 * Lines that make no sense are passed over, as {@code ssh} does.
 *
 * @param lines that match the host and the port, in the order of the files
 * @param portless lines for the host without a port, where the port is another than 22: such a key
 *     is good on any port, as for {@code ssh}, but another key on another port does not contradict
 *     it
 * @param unreadable what could not be read and why, to be told when the host turns out unknown
 */
record KnownHosts(List<Line> lines, List<Line> portless, List<String> unreadable) {

  /** What a line says of its key. */
  enum Mark {
    /** It is the host's. */
    HOST,
    /** It signs certificates of the host. */
    AUTHORITY,
    /** It is nobody's any more, neither a host's nor an authority's. */
    REVOKED
  }

  /** One key that a file names for the host. */
  record Line(Path file, int number, Mark mark, PublicKeyText key) {
    String where() {
      return file + ":" + number;
    }
  }

  /** What the files say about a key. */
  sealed interface Verdict {
    record Known(Line line) implements Verdict {}

    /** No file names any key for this host. */
    record Unknown() implements Verdict {}

    /** Files name keys for this host, and this is none of them. */
    record Changed(Line expected) implements Verdict {}

    record Revoked(Line line) implements Verdict {}
  }

  static KnownHosts read(List<Path> files, String host, int port) {
    String plain = host.toLowerCase(Locale.ROOT);
    String name = name(host, port);
    var lines = new ArrayList<Line>();
    var unreadable = new ArrayList<String>();
    var portless = new ArrayList<Line>();
    for (Path file : files) {
      List<String> text;
      try {
        text = Files.readAllLines(file, StandardCharsets.ISO_8859_1);
      } catch (NoSuchFileException e) {
        continue;
      } catch (IOException e) {
        unreadable.add(file + ": " + e);
        continue;
      }
      for (int i = 0; i < text.size(); i++) {
        int number = i + 1;
        String line = text.get(i);
        parse(file, number, line, name).ifPresent(lines::add);
        if (!name.equals(plain)) {
          parse(file, number, line, plain).ifPresent(portless::add);
        }
      }
    }
    return new KnownHosts(List.copyOf(lines), List.copyOf(portless), List.copyOf(unreadable));
  }

  /** How the files call that host. */
  static String name(String host, int port) {
    String lower = host.toLowerCase(Locale.ROOT);
    return port == SshEndpoint.DEFAULT_PORT ? lower : "[" + lower + "]:" + port;
  }

  Verdict judge(PublicKeyText key) {
    Optional<Line> revoked =
        marked(Mark.REVOKED).filter(line -> line.key().equals(key)).findFirst();
    if (revoked.isPresent()) {
      return new Verdict.Revoked(revoked.get());
    }
    List<Line> believed = lines.stream().filter(line -> line.mark() == Mark.HOST).toList();
    Optional<Line> known =
        (believed.isEmpty() ? portless : believed)
            .stream()
                .filter(line -> line.key().equals(key) && line.mark() == Mark.HOST)
                .findFirst();
    if (known.isPresent()) {
      return new Verdict.Known(known.get());
    }
    if (believed.isEmpty()) {
      return new Verdict.Unknown();
    }
    // The line of the same type is the one to blame and to mend.
    return new Verdict.Changed(
        believed.stream()
            .filter(line -> line.key().type().equals(key.type()))
            .findFirst()
            .orElse(believed.getFirst()));
  }

  /** The types of the keys that would be believed, without doubles. */
  List<String> types() {
    return marked(Mark.HOST).map(line -> line.key().type()).distinct().toList();
  }

  /** Whether any authority is named for the host. */
  boolean hasAuthority() {
    return marked(Mark.AUTHORITY).findAny().isPresent();
  }

  /** What the files say about the key that signed a certificate of the host. */
  Verdict judgeAuthority(PublicKeyText key) {
    Optional<Line> revoked =
        marked(Mark.REVOKED).filter(line -> line.key().equals(key)).findFirst();
    if (revoked.isPresent()) {
      return new Verdict.Revoked(revoked.get());
    }
    return marked(Mark.AUTHORITY)
        .filter(line -> line.key().equals(key))
        .findFirst()
        .<Verdict>map(Verdict.Known::new)
        .orElseGet(Verdict.Unknown::new);
  }

  private Stream<Line> marked(Mark mark) {
    return Stream.concat(lines.stream(), portless.stream()).filter(line -> line.mark() == mark);
  }

  private static Optional<Line> parse(Path file, int number, String line, String name) {
    List<String> words = List.of(line.strip().split("[ \t]+", -1));
    int at = words.getFirst().startsWith("@") ? 1 : 0;
    Mark mark;
    switch (at == 0 ? "" : words.getFirst()) {
      case "" -> mark = Mark.HOST;
      case "@cert-authority" -> mark = Mark.AUTHORITY;
      case "@revoked" -> mark = Mark.REVOKED;
      default -> {
        return Optional.empty();
      }
    }
    if (words.size() < at + 3 || words.get(at).startsWith("#") || !names(words.get(at), name)) {
      return Optional.empty();
    }
    try {
      // Decoded and encoded again, so that two spellings of one key are equal.
      byte[] blob = Base64.getDecoder().decode(words.get(at + 2));
      var key = new PublicKeyText(words.get(at + 1), Base64.getEncoder().encodeToString(blob));
      return Optional.of(new Line(file, number, mark, key));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static boolean names(String hosts, String name) {
    return hosts.startsWith("|")
        ? matchesHash(hosts, name)
        : matches(hosts.toLowerCase(Locale.ROOT), name);
  }

  /**
   * Whether a list of patterns with commas between them matches; one with a {@code !} rules out.
   */
  static boolean matches(String patterns, String name) {
    boolean matched = false;
    for (String pattern : patterns.split(",", -1)) {
      boolean negated = pattern.startsWith("!");
      if (glob(negated ? pattern.substring(1) : pattern, name)) {
        if (negated) {
          return false;
        }
        matched = true;
      }
    }
    return matched;
  }

  private static boolean matchesHash(String hosts, String name) {
    List<String> parts = List.of(hosts.split("\\|", -1));
    if (parts.size() != 4 || !parts.get(1).equals("1")) {
      return false;
    }
    try {
      byte[] salt = Base64.getDecoder().decode(parts.get(2));
      byte[] expected = Base64.getDecoder().decode(parts.get(3));
      Mac mac = Mac.getInstance("HmacSHA1");
      mac.init(new SecretKeySpec(salt, "HmacSHA1"));
      return MessageDigest.isEqual(mac.doFinal(name.getBytes(StandardCharsets.UTF_8)), expected);
    } catch (IllegalArgumentException | GeneralSecurityException e) {
      return false;
    }
  }

  /** Linear in time, whatever the pattern: it goes back to the last star only. */
  static boolean glob(String pattern, String text) {
    int p = 0;
    int t = 0;
    int star = -1;
    int mark = 0;
    while (t < text.length()) {
      if (p < pattern.length() && pattern.charAt(p) == '*') {
        star = p++;
        mark = t;
      } else if (p < pattern.length()
          && (pattern.charAt(p) == '?' || pattern.charAt(p) == text.charAt(t))) {
        p++;
        t++;
      } else if (star >= 0) {
        p = star + 1;
        t = ++mark;
      } else {
        return false;
      }
    }
    while (p < pattern.length() && pattern.charAt(p) == '*') {
      p++;
    }
    return p == pattern.length();
  }
}
