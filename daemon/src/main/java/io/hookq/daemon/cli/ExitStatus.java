package io.hookq.daemon.cli;

/** The exit statuses, a contract with scripts. */
final class ExitStatus {
  static final int FINE = 0;
  static final int FAILED = 1;
  static final int USAGE = 2;
  static final int UNREACHABLE = 3;
  static final int TIMED_OUT = 4;

  private ExitStatus() {}
}
