package io.hookq.daemon.cli;

import java.util.Optional;

/** A command cannot do what it was asked for: what to say, what helps, how to exit. */
final class CommandFailedException extends Exception {
  private final int exitStatus;
  private final Optional<String> hint;

  private CommandFailedException(int exitStatus, String message, Optional<String> hint) {
    super(message);
    this.exitStatus = exitStatus;
    this.hint = hint;
  }

  /** The arguments or the config are wrong. */
  static CommandFailedException usage(String message) {
    return new CommandFailedException(ExitStatus.USAGE, message, Optional.empty());
  }

  /** The arguments or the config are wrong, and this helps. */
  static CommandFailedException usage(String message, String hint) {
    return new CommandFailedException(ExitStatus.USAGE, message, Optional.of(hint));
  }

  /** It did not work out, or the answer is no. */
  static CommandFailedException failed(String message) {
    return new CommandFailedException(ExitStatus.FAILED, message, Optional.empty());
  }

  /** It did not work out, or the answer is no, and this helps. */
  static CommandFailedException failed(String message, String hint) {
    return new CommandFailedException(ExitStatus.FAILED, message, Optional.of(hint));
  }

  /** It took too long. */
  static CommandFailedException timedOut(String message) {
    return new CommandFailedException(
        ExitStatus.TIMED_OUT, message, Optional.of("hookq status shows what is still on its way"));
  }

  int exitStatus() {
    return exitStatus;
  }

  Optional<String> hint() {
    return hint;
  }
}
