package io.hookq.hook;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;

/** How one call of the hook ended. */
record HookRun(int status, String stdout, String stderr, Duration duration) {
  /** What Nix must see, whatever happened: status 0, nothing on stdout, at most one line. */
  HookRun harmless() {
    assertThat(status).as("exit status; stderr: %s", stderr).isZero();
    assertThat(stdout).isEmpty();
    if (!stderr.isEmpty()) {
      assertThat(stderr).matches("hookq: [ -~]+\n");
    }
    // The limit is one second; ten times that allows for a loaded machine.
    assertThat(duration).isLessThan(Duration.ofSeconds(10));
    return this;
  }

  void silent() {
    harmless();
    assertThat(stderr).isEmpty();
  }

  void reports(String... parts) {
    harmless();
    assertThat(stderr).contains(parts);
  }
}
