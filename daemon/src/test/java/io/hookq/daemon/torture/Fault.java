package io.hookq.daemon.torture;

/**
 * Something that goes wrong for a while.
 *
 * @param name for the event log
 * @param inject makes it so
 * @param lift makes all well again; what passes by itself has nothing to lift
 */
record Fault(String name, Runnable inject, Runnable lift) {
  /** Over as soon as it has happened. */
  static Fault momentary(String name, Runnable inject) {
    return new Fault(name, inject, () -> {});
  }
}
