package io.hookq.daemon.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What a process finds around it and the config does not say: environment, home, system.
 *
 * @param environment the variables
 * @param home of the user that runs us
 * @param mac whether this is macOS
 */
public record Surroundings(Map<String, String> environment, Path home, boolean mac) {
  private static final Path SYSTEM_CONFIG = Path.of("/etc/hookq/hookq.toml");
  private static final Path SYSTEM_STATE = Path.of("/var/lib/hookq");
  private static final String SOCKET_NAME = "hookq.sock";

  /** Copies the variables. */
  public Surroundings {
    environment = Map.copyOf(environment);
  }

  /** Those of this process. */
  public static Surroundings here() {
    return new Surroundings(
        System.getenv(),
        Path.of(System.getProperty("user.home")),
        isMac(System.getProperty("os.name")));
  }

  /** Whether the system property {@code os.name} is that of macOS. */
  public static boolean isMac(String osName) {
    return osName.toLowerCase(Locale.ROOT).startsWith("mac");
  }

  /**
   * The config file where no option names one: {@code HOOKQ_CONFIG}, else on macOS the user's own
   * if there is one, else the system's.
   */
  public Path configFile() {
    return variable("HOOKQ_CONFIG").orElseGet(() -> isAgent() ? agentConfig() : SYSTEM_CONFIG);
  }

  /** Whether {@code HOOKQ_CONFIG} names a config file. */
  public boolean namesConfig() {
    return variable("HOOKQ_CONFIG").isPresent();
  }

  /** {@code HOOKQ_SOCKET}, which goes before the config's socket. */
  public Optional<Path> socket() {
    return variable("HOOKQ_SOCKET");
  }

  /** {@code HOOKQ_SPOOL}, which goes before the state folder's. */
  public Optional<Path> spool() {
    return variable("HOOKQ_SPOOL");
  }

  /** {@code HOOKQ_GCROOTS}, which goes before the store's own folder. */
  public Optional<Path> gcRoots() {
    return variable("HOOKQ_GCROOTS");
  }

  /** Where systemd put the credentials of this service. */
  public Optional<Path> credentialsDirectory() {
    return variable("CREDENTIALS_DIRECTORY");
  }

  /** The state folder where the config names none. */
  public Path defaultStateDir() {
    return isAgent() ? home.resolve("Library/Application Support/hookq") : SYSTEM_STATE;
  }

  /** The socket where neither the config nor {@link #socket} names one. */
  public Path defaultSocket() {
    return mac ? defaultStateDir().resolve(SOCKET_NAME) : Path.of("/run/hookq", SOCKET_NAME);
  }

  /** On macOS one user may run hookq for themselves: then their config lies in their home. */
  private boolean isAgent() {
    return mac && Files.exists(agentConfig());
  }

  private Path agentConfig() {
    return home.resolve(".config/hookq/hookq.toml");
  }

  private Optional<Path> variable(String name) {
    var value = environment.get(name);
    return value == null || value.isEmpty() ? Optional.empty() : Optional.of(Path.of(value));
  }
}
