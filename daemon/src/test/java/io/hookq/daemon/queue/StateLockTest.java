package io.hookq.daemon.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StateLockTest {
  @TempDir private Path folder;

  @Test
  void a_second_daemon_on_the_same_folder_is_told_who_has_it() throws Exception {
    try (var _ = StateLock.acquire(folder)) {
      assertThatThrownBy(() -> StateLock.acquire(folder))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("another daemon")
          .hasMessageContaining(Long.toString(ProcessHandle.current().pid()))
          .hasMessageContaining(folder.toString());
    }
  }

  @Test
  void a_lock_that_was_given_up_can_be_taken() throws Exception {
    StateLock.acquire(folder).close();
    try (var lock = StateLock.acquire(folder)) {
      assertThat(lock).isNotNull();
    }
  }
}
