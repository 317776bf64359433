package io.hookq.daemon.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class WriterTest {
  @TempDir private Path folder;
  private Writer writer;

  @BeforeEach
  void open() {
    writer = new Writer(new Database(folder.resolve("queue.sqlite")), () -> {});
    writer.start();
  }

  @AfterEach
  void close() {
    writer.close();
  }

  private static <T> CompletableFuture<T> inBackground(Writer writer, Writer.Write<T> write) {
    var result = new CompletableFuture<T>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            result.complete(writer.submit(write));
          } catch (Exception e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  @Test
  void whatever_a_write_throws_its_caller_hears_of_it_and_the_others_are_written()
      throws Exception {
    for (var thrown : List.of(new IllegalStateException("a bug"), new OutOfMemoryError("as if"))) {
      var held = new CountDownLatch(1);
      var first =
          inBackground(
              writer,
              _ -> {
                try {
                  held.await();
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
                return 1;
              });
      var others = new ArrayList<CompletableFuture<Integer>>();
      for (var i = 0; i < 5; i++) {
        var number = i;
        others.add(inBackground(writer, _ -> number));
      }
      var failing =
          inBackground(
              writer,
              _ -> {
                switch (thrown) {
                  case RuntimeException e -> throw e;
                  case Error e -> throw e;
                  default -> throw new AssertionError(thrown);
                }
              });
      held.countDown();
      assertThatThrownBy(failing::join).hasRootCause(thrown);
      assertThat(first.join()).isEqualTo(1);
      for (var i = 0; i < 5; i++) {
        assertThat(others.get(i).join()).isEqualTo(i);
      }
    }
  }

  @Test
  void once_closed_it_takes_nothing_more() {
    writer.close();
    assertThatThrownBy(() -> writer.submit(_ -> 1))
        .isInstanceOf(QueueException.class)
        .hasMessageContaining("closed");
  }
}
