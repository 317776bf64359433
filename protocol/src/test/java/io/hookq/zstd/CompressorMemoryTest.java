package io.hookq.zstd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** What a compressor takes of the machine, where the kernel tells. */
class CompressorMemoryTest {
  private static final int MIB = 1 << 20;
  private static final int COMPRESSORS = 8;

  /** More than the window, so that all of it was written to. */
  private static final int MIB_EACH = 20;

  /** What is documented is 23 MiB; the heap of this JVM may grow a little meanwhile. */
  private static final long MOST_MIB = 27;

  @Test
  @EnabledOnOs(OS.LINUX)
  void a_compressor_at_the_highest_level_takes_its_window_and_little_more() throws Exception {
    var bytes = new byte[MIB];
    var random = new Random(1);
    var compressors = new ArrayList<ZstdOutput>();
    try {
      var before = residentMib();
      for (var i = 0; i < COMPRESSORS; i++) {
        var pace = new Pace();
        // So slow a line is not forgotten within what is written here.
        pace.passed(MIB, MIB / 3, 1_000_000, 1_000_000_000_000L);
        assertThat(pace.level()).isEqualTo(Pace.MAX_LEVEL);
        var compressor = new ZstdOutput(OutputStream.nullOutputStream(), pace);
        compressors.add(compressor);
        for (var written = 0; written < MIB_EACH; written++) {
          random.nextBytes(bytes);
          compressor.write(bytes);
        }
        assertThat(pace.level()).isEqualTo(Pace.MAX_LEVEL);
      }

      assertThat(residentMib() - before).isBetween(COMPRESSORS * 16L, COMPRESSORS * MOST_MIB);
    } finally {
      for (var compressor : compressors) {
        compressor.close();
      }
    }
  }

  private static long residentMib() throws IOException {
    System.gc();
    try (var lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
              .filter(line -> line.startsWith("VmRSS:"))
              .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
              .findFirst()
              .orElseThrow()
          / 1024;
    }
  }
}
