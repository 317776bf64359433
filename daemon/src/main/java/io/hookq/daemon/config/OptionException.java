package io.hookq.daemon.config;

/** An option of the config has an impossible value; names the option and says what is allowed. */
public final class OptionException extends IllegalArgumentException {
  private final String option;

  /** {@code option} as written in the config, such as {@code retry.max}. */
  public OptionException(String option, String message) {
    super(message);
    this.option = option;
  }

  OptionException(String option, String message, Throwable cause) {
    super(message, cause);
    this.option = option;
  }

  /** The option's full key, without the message. */
  public String option() {
    return option;
  }
}
