package io.hookq.daemon.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
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
      throw new OptionException(
          "destinations",
          "no destination; a table such as [destinations.server] with a uri is needed");
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
    return parse(read(file), file.toString(), surroundings);
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
    try {
      return new ConfigReader(surroundings).read(new TomlMapper().readTree(text));
    } catch (OptionException e) {
      var line = new KeyLines(text).of(e.option());
      var place = fileName + (line.isPresent() ? ":" + line.getAsInt() : "");
      throw new ConfigException(place + ": " + e.option() + ": " + e.getMessage(), e);
    } catch (JsonProcessingException e) {
      var repeated = new KeyLines(text).repeated();
      if (repeated.isPresent()) {
        throw new ConfigException(fileName + ":" + repeated.get(), e);
      }
      var location = e.getLocation();
      var place = fileName + (location == null ? "" : ":" + location.getLineNr());
      throw new ConfigException(place + ": not TOML: " + e.getOriginalMessage(), e);
    }
  }

  private static String read(Path file) throws ConfigException {
    try {
      var text = Files.readString(file);
      // Some editors begin every file with a byte order mark.
      return text.startsWith("\uFEFF") ? text.substring(1) : text;
    } catch (NoSuchFileException e) {
      throw new ConfigException(file + ": no such file", e);
    } catch (AccessDeniedException e) {
      throw new ConfigException(file + ": permission denied", e);
    } catch (CharacterCodingException e) {
      throw new ConfigException(file + ": not UTF-8", e);
    } catch (IOException e) {
      throw new ConfigException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** The same with another socket, as {@code --socket} and {@code HOOKQ_SOCKET} ask for. */
  public Config withSocket(Path socket) {
    return new Config(daemon.withSocket(socket), retry, destinations);
  }
}
