package io.hookq.daemon.demo;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** Looks into a Linux executable. Stateless. */
final class Elf {
  /** 0x7f "ELF", then 2 for 64 bits and 1 for little-endian. */
  private static final byte[] MAGIC = {0x7f, 'E', 'L', 'F', 2, 1};

  private static final int HEADER = 64;
  private static final int PT_INTERP = 3;

  private Elf() {}

  /** Whether it is an executable that needs no dynamic linker; false for what we cannot read. */
  static boolean isStatic(Path file) {
    try (var channel = FileChannel.open(file)) {
      var header = read(channel, 0, HEADER);
      for (var i = 0; i < MAGIC.length; i++) {
        if (header.get(i) != MAGIC[i]) {
          return false;
        }
      }
      var offset = header.getLong(32);
      var size = Short.toUnsignedInt(header.getShort(54));
      var count = Short.toUnsignedInt(header.getShort(56));
      var segments = read(channel, offset, size * count);
      for (var i = 0; i < count; i++) {
        if (segments.getInt(i * size) == PT_INTERP) {
          return false;
        }
      }
      return true;
    } catch (IOException | IndexOutOfBoundsException | IllegalArgumentException e) {
      return false;
    }
  }

  private static ByteBuffer read(FileChannel channel, long offset, int length) throws IOException {
    var bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    var position = offset;
    while (bytes.hasRemaining()) {
      var read = channel.read(bytes, position);
      if (read < 0) {
        break;
      }
      position += read;
    }
    return bytes.flip();
  }
}
