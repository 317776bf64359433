package io.hookq.daemon.torture;

import io.hookq.peers.PeerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A small file system of its own, mounted on a folder, which can be filled to the last byte.
 *
 * <p>Filled and freed by one thread. Closing unmounts it, with whatever is still open there.
 */
final class SmallDisk implements AutoCloseable {
  private static final int BLOCK = 64 * 1024;

  private final Path folder;

  private SmallDisk(Path folder) {
    this.folder = folder;
  }

  /** Mounts one on {@code folder}; empty where this user may not mount. */
  static Optional<SmallDisk> on(Path folder, long mebibytes) {
    try {
      Files.createDirectories(folder);
      var mounted =
          PeerProcess.run(
              new ProcessBuilder(
                  "mount",
                  "-t",
                  "tmpfs",
                  "-o",
                  "mode=700,size=" + mebibytes + "m",
                  "tmpfs",
                  "" + folder));
      return mounted.exitStatus() == 0 ? Optional.of(new SmallDisk(folder)) : Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Takes all the room but {@code left} bytes. */
  void fill(long left) {
    try {
      var room = Math.max(0, Files.getFileStore(folder).getUsableSpace() - left);
      var block = new byte[BLOCK];
      try (var out = Files.newOutputStream(filler())) {
        for (var n = 0L; n < room; n += BLOCK) {
          out.write(block, 0, (int) Math.min(BLOCK, room - n));
        }
      }
    } catch (IOException e) {
      // Full, which is what was wanted: others write there too.
    }
  }

  /** Gives the room back. */
  void free() {
    try {
      Files.deleteIfExists(filler());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path filler() {
    return folder.resolve("filler");
  }

  @Override
  public void close() {
    PeerProcess.run(new ProcessBuilder("umount", "--lazy", folder.toString())).orFail("umount");
  }
}
