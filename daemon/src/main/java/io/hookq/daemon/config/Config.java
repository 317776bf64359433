package io.hookq.daemon.config;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/**
 * All that the config file says. Immutable; whoever has one has a valid one.
 *
 * @param daemon the daemon itself
 * @param retry how destinations wait
 * @param destinations by name, in the file's order; at least one
 */
public record Config(
    DaemonConfig daemon, RetryConfig retry, Map<String, DestinationConfig> destinations) {

  /**
   * Checks that there is somewhere to send paths to.
   *
   * @throws OptionException if there is no destination
   */
  public Config {
    SequencedMap<String, DestinationConfig> copy = new LinkedHashMap<>(destinations);
    destinations = Collections.unmodifiableSequencedMap(copy);
    if (destinations.isEmpty()) {
      throw new OptionException("destinations", "no destination");
    }
  }

  /**
   * Reads {@code file}.
   *
   * @throws ConfigException if it cannot be read, or says something impossible
   */
  public static Config load(Path file) throws ConfigException {
    return load(file, Surroundings.here());
  }

  /**
   * Reads {@code file} as a process in {@code surroundings} would.
   *
   * @throws ConfigException if it cannot be read, or says something impossible
   */
  public static Config load(Path file, Surroundings surroundings) throws ConfigException {
    return parse("", file.toString(), surroundings);
  }

  /**
   * Reads {@code text}; {@code fileName} is for messages.
   *
   * @throws ConfigException if it says something impossible
   */
  public static Config parse(String text, String fileName) throws ConfigException {
    return parse(text, fileName, Surroundings.here());
  }

  /**
   * Reads {@code text} as a process in {@code surroundings} would.
   *
   * @throws ConfigException if it says something impossible
   */
  public static Config parse(String text, String fileName, Surroundings surroundings)
      throws ConfigException {
    if (text.isBlank()) {
      throw new ConfigException(fileName + ": empty, in " + surroundings.home());
    }
    throw new UnsupportedOperationException(fileName);
  }

  /** The same with another socket, as {@code --socket} and {@code HOOKQ_SOCKET} ask for. */
  public Config withSocket(Path socket) {
    return new Config(daemon.withSocket(socket), retry, destinations);
  }
}
