package io.hookq.daemon.queue;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * The right to be the one daemon of a state folder; given up by {@link #close} and by the process's
 * end, however it ends.
 *
 * <p>Lies in {@code lock} in that folder, which stays there: deleting it would let two daemons hold
 * two locks. Holds the process id for whoever looks.
 */
public final class StateLock implements Closeable {
  private final FileChannel channel;

  private StateLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock of {@code stateDir}, which must exist.
   *
   * @throws IOException if another daemon has it, or the file cannot be made
   */
  public static StateLock acquire(Path stateDir) throws IOException {
    var file = stateDir.resolve("lock");
    var channel =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      if (!locked(channel)) {
        var owner = Files.readString(file).strip();
        throw new IOException(
            "another daemon%s uses %s"
                .formatted(owner.isEmpty() ? "" : " (process " + owner + ")", stateDir));
      }
      channel.truncate(0);
      var pid =
          ByteBuffer.wrap(
              (ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII));
      channel.write(pid);
      return new StateLock(channel);
    } catch (IOException e) {
      try {
        channel.close();
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  private static boolean locked(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException _) {
      // Held by this very process, as in tests that start two daemons in one.
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
