package io.hookq.hook;

/** The hook as it is shipped. */
final class HookTest extends HookContract {
  HookTest() {
    super("hookq-hook", 10_000);
  }
}
