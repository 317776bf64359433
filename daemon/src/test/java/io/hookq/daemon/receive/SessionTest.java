package io.hookq.daemon.receive;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.docs.Operations;
import io.hookq.relay.Admission;
import io.hookq.serve.ServeRelay;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class SessionTest {
  /** Lets everything in. */
  private static final class Open implements Admission {
    @Override
    public void rely(StorePath path) {}

    @Override
    public void add(StorePath path) {}

    @Override
    public void narBytes(long count) {}
  }

  @Test
  @Timeout(60)
  void a_program_that_works_on_without_its_client_is_ended() throws Exception {
    var program = new ProcessBuilder("sleep", "1000").start();
    try {
      var relay = new ServeRelay(StoreDir.DEFAULT, new Open());
      var ending =
          new Session(relay, program, () -> {}, Duration.ofMillis(100))
              .run(
                  new ByteArrayInputStream(new byte[0]),
                  OutputStream.nullOutputStream(),
                  Optional.empty());
      assertThat(ending.complaint())
          .hasValue("the program worked on for 100 ms after its client had ended");
      assertThat("hookq receive: " + ending.complaint().orElseThrow())
          .is(Operations.says("hookq receive: the program worked on for …"));
      assertThat(ending.status()).isNotZero();
    } finally {
      program.destroyForcibly();
    }
  }
}
