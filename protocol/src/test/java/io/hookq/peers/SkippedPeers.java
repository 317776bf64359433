package io.hookq.peers;

import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Prints once, at the end of a run, how many tests {@code HOOKQ_SKIP_PEERS=1} skipped; nothing
 * where none were. JUnit finds it by itself (META-INF/services, junit-platform.properties).
 */
public final class SkippedPeers implements BeforeAllCallback {
  @Override
  public void beforeAll(ExtensionContext context) {
    context
        .getRoot()
        .getStore(ExtensionContext.Namespace.create(SkippedPeers.class))
        .getOrComputeIfAbsent("count", key -> (AutoCloseable) SkippedPeers::print);
  }

  private static void print() {
    if (Peers.skipped() > 0) {
      System.out.println(
          "HOOKQ_SKIP_PEERS=1: "
              + Peers.skipped()
              + " tests or test classes skipped for want of a real peer");
    }
  }
}
