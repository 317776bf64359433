package io.hookq.hook;

/**
 * The hook with AddressSanitizer and UndefinedBehaviorSanitizer, which end it with a status of
 * their own.
 */
final class SanitizedHookTest extends HookContract {
  SanitizedHookTest() {
    super("hookq-hook-sanitize", 1_000); // ten times as slow to start
  }
}
