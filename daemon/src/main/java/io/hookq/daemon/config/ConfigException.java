package io.hookq.daemon.config;

/**
 * The config cannot be used. The message is one line for a person: {@code file:line: key: what is
 * wrong and what is allowed}, as far as each is known.
 */
public final class ConfigException extends Exception {
  /** Says what is wrong, where. */
  public ConfigException(String message) {
    super(message);
  }

  ConfigException(String message, Throwable cause) {
    super(message, cause);
  }
}
