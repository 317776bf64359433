package io.hookq.nar;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;

/**
 * File names and link targets as the bytes that the file system has, which Java hides.
 *
 * <p>{@code String} loses every byte that the platform's encoding does not know, and under {@code
 * LC_ALL=C}, systemd's default, that is every byte above 127. A {@link Path} that came from the
 * file system keeps them all, and shows them, percent-encoded, in its URI; a {@link Path} made from
 * a URI gets them back. Stateless.
 */
final class RawPath {
  /**
   * Whether a name whose text is pure ASCII has exactly these bytes: in these encodings no other
   * byte, and no malformed sequence, decodes to an ASCII character. Then the URI, slower by far, is
   * needed for the few other names only.
   */
  private static final boolean ASCII_IS_EXACT =
      platformCharset()
          .filter(
              Set.of(StandardCharsets.UTF_8, StandardCharsets.US_ASCII, StandardCharsets.ISO_8859_1)
                  ::contains)
          .isPresent();

  private static final String UNRESERVED = "-._~";

  private RawPath() {}

  private static Optional<Charset> platformCharset() {
    return Optional.ofNullable(System.getProperty("sun.jnu.encoding"))
        .filter(Charset::isSupported)
        .map(Charset::forName);
  }

  /** The name of a directory entry that {@code entry}, from a directory stream, stands for. */
  static byte[] name(Path entry) {
    var text = String.valueOf(entry.getFileName());
    if (ASCII_IS_EXACT && isAscii(text)) {
      return text.getBytes(StandardCharsets.US_ASCII);
    }
    var encoded = withoutSlash(entry.toUri().getRawPath());
    return decode(encoded.substring(encoded.lastIndexOf('/') + 1));
  }

  /** The bytes of a link's target, as read from the link. */
  static byte[] target(Path target) {
    var text = target.toString();
    if (ASCII_IS_EXACT && isAscii(text)) {
      return text.getBytes(StandardCharsets.US_ASCII);
    }
    var encoded = target.toUri().getRawPath();
    if (!text.endsWith("/")) {
      // The URI of something that happens to be a directory gets a slash of its own.
      encoded = withoutSlash(encoded);
    }
    if (!target.isAbsolute()) {
      // The URI of a relative path begins with the working directory.
      var prefix = withoutSlash(Path.of("").toUri().getRawPath()) + "/";
      encoded = encoded.substring(prefix.length());
    }
    return decode(encoded);
  }

  /** The entry {@code name} of {@code directory}. */
  static Path child(Path directory, byte[] name) {
    var text = new String(name, StandardCharsets.US_ASCII);
    if (ASCII_IS_EXACT && isAscii(name)) {
      return directory.resolve(text);
    }
    var parent = withoutSlash(directory.toUri().getRawPath());
    return Path.of(URI.create("file://" + parent + "/" + encode(name)));
  }

  /**
   * A path that makes a link with exactly this target. Two slashes in a row are the one thing that
   * Java cannot write.
   *
   * @throws IOException if there is no such path
   */
  static Path link(byte[] target) throws IOException {
    // An encoded slash at the end is not seen by what would take it away.
    var encoded = encode(target);
    Path path;
    if (target[0] == '/') {
      path = Path.of(URI.create("file:///" + encoded.substring("%2F".length())));
    } else {
      var absolute = Path.of(URI.create("file:///" + encoded));
      path = absolute.subpath(0, absolute.getNameCount());
    }
    if (!Arrays.equals(target(path), target)) {
      throw new IOException(
          "a link target that Java cannot write: " + new String(target, StandardCharsets.UTF_8));
    }
    return path;
  }

  private static boolean isAscii(String text) {
    for (var i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= 0x80) {
        return false;
      }
    }
    return true;
  }

  private static boolean isAscii(byte[] bytes) {
    for (var b : bytes) {
      if (b < 0) {
        return false;
      }
    }
    return true;
  }

  private static String withoutSlash(String encoded) {
    return encoded.endsWith("/") ? encoded.substring(0, encoded.length() - 1) : encoded;
  }

  private static byte[] decode(String encoded) {
    var bytes = new ByteArrayOutputStream(encoded.length());
    for (var i = 0; i < encoded.length(); i++) {
      var c = encoded.charAt(i);
      if (c == '%') {
        bytes.write(HexFormat.fromHexDigits(encoded, i + 1, i + 3));
        i += 2;
      } else {
        bytes.write(c);
      }
    }
    return bytes.toByteArray();
  }

  private static String encode(byte[] bytes) {
    var encoded = new StringBuilder(bytes.length * 3);
    for (var b : bytes) {
      var c = (char) (b & 0xff);
      if ((c >= 'a' && c <= 'z')
          || (c >= 'A' && c <= 'Z')
          || (c >= '0' && c <= '9')
          || UNRESERVED.indexOf(c) >= 0) {
        encoded.append(c);
      } else {
        encoded.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
      }
    }
    return encoded.toString();
  }
}
