package io.hookq.daemon.intake;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * One call of the hook that no daemon answered, as it lies in the spool.
 *
 * @param path the file
 * @param writtenAt when, as its name says
 */
record SpoolFile(Path path, Instant writtenAt) implements Comparable<SpoolFile> {
  /** The longest line of the socket protocol, with its end. */
  static final int MAX_SIZE = (1 << 20) + 1;

  /** The seconds, the nanoseconds, the hook's process; a temporary name begins with a dot. */
  private static final Pattern NAME =
      Pattern.compile("\\.?0*([0-9]{1,12})-([0-9]{9})-[0-9]+\\.(?:json|tmp)");

  /** Empty for a name that the hook does not give. */
  static Optional<SpoolFile> of(Path path) {
    var name = NAME.matcher(String.valueOf(path.getFileName()));
    if (!name.matches()) {
      return Optional.empty();
    }
    var at = Instant.ofEpochSecond(Long.parseLong(name.group(1)), Long.parseLong(name.group(2)));
    return Optional.of(new SpoolFile(path, at));
  }

  boolean isTemporary() {
    return path.toString().endsWith(".tmp");
  }

  /**
   * The line in it, without its end.
   *
   * @param owners whose files are believed, by user id
   * @throws BrokenException if it is no file of the hook's, or not a whole one
   * @throws IOException if it cannot be read now
   */
  byte[] read(Set<Integer> owners) throws IOException, BrokenException {
    var attributes = Files.readAttributes(path, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
    if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
      throw new BrokenException("not a regular file");
    }
    if (!(attributes.get("uid") instanceof Integer uid) || !owners.contains(uid)) {
      throw new BrokenException("owned by user " + attributes.get("uid"));
    }
    var options = Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    try (var in = Channels.newInputStream(Files.newByteChannel(path, options))) {
      var bytes = in.readNBytes(MAX_SIZE + 1);
      if (bytes.length > MAX_SIZE) {
        throw new BrokenException("longer than " + MAX_SIZE + " bytes");
      }
      if (bytes.length == 0 || bytes[bytes.length - 1] != '\n') {
        throw new BrokenException("cut off: it does not end in a newline");
      }
      return Arrays.copyOf(bytes, bytes.length - 1);
    }
  }

  /** The oldest first. */
  @Override
  public int compareTo(SpoolFile other) {
    var byTime = writtenAt.compareTo(other.writtenAt);
    return byTime != 0 ? byTime : path.compareTo(other.path);
  }

  /** The file will never be better than it is. */
  static final class BrokenException extends Exception {
    BrokenException(String message) {
      super(message);
    }
  }
}
