package io.hookq.peers;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Lets Awaitility wait a minute where a test does not say for how long: a machine that does other
 * things too needs more than its ten seconds to start a process. JUnit finds it by itself
 * (META-INF/services, junit-platform.properties).
 */
public final class PatientWaits implements BeforeAllCallback {
  /** What a test waits for what will happen, however busy the machine is. */
  public static final Duration LIMIT = Duration.ofSeconds(60);

  @Override
  public void beforeAll(ExtensionContext context) {
    Awaitility.setDefaultTimeout(LIMIT);
  }
}
