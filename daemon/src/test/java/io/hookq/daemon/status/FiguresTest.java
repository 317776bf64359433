package io.hookq.daemon.status;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FiguresTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "1023, 1023 B",
    "1024, 1.0 KiB",
    "1048471, 1023.9 KiB",
    "1048575, 1.0 MiB",
    "800063488, 763.0 MiB",
    "40909000000, 38.1 GiB",
    "9223372036854775807, 8192.0 PiB"
  })
  void sizes_have_one_digit_after_the_point(long bytes, String text) {
    assertThat(Figures.bytes(bytes)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"432111616, 800063488, 412.1 / 763.0 MiB", "0, 2048, 0.0 / 2.0 KiB", "7, 9, 7 / 9 B"})
  void a_part_is_written_in_the_unit_of_the_whole(long part, long whole, String text) {
    assertThat(Figures.bytesOf(part, whole)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "PT-5S, 0s, 0s",
    "PT19S, 19s, 19s",
    "PT12M5S, 12m 5s, 12m",
    "PT12M, 12m, 12m",
    "PT3H0M7S, 3h, 3h",
    "PT76H12M, 3d 4h, 3d"
  })
  void lengths_of_time_have_two_units_at_most(Duration time, String whole, String glance) {
    assertThat(Figures.duration(time)).isEqualTo(whole);
    assertThat(Figures.age(time)).isEqualTo(glance);
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "999, 999", "1204, '1,204'", "12345678, '12,345,678'"})
  void counts_have_thousands_separators(long count, String text) {
    assertThat(Figures.count(count)).isEqualTo(text);
  }
}
