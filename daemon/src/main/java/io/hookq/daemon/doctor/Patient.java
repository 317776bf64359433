package io.hookq.daemon.doctor;

import io.hookq.daemon.config.Config;
import io.hookq.daemon.config.Surroundings;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What is looked at. Tests hand in folders of their own.
 *
 * @param configFile the config file that counts here
 * @param config what it says; empty if it cannot be used
 * @param configTrouble why it cannot
 * @param socket the daemon's, by option, variable or config
 * @param surroundings environment, home, system
 * @param root {@code /}: below it lie {@code etc/nix} and what else a system has
 * @param write whether the server may be sent a tiny throw-away path
 */
public record Patient(
    Path configFile,
    Optional<Config> config,
    Optional<String> configTrouble,
    Path socket,
    Surroundings surroundings,
    Path root,
    boolean write) {

  /** The folder of {@code nix.conf}. */
  Path nixConfDir() {
    var named = surroundings.environment().getOrDefault("NIX_CONF_DIR", "");
    return named.isEmpty() ? root.resolve("etc/nix") : Path.of(named);
  }

  /** Where the queue is, by config or by default. */
  Path stateDir() {
    return config.map(known -> known.daemon().stateDir()).orElseGet(surroundings::defaultStateDir);
  }

  /** Where the hook leaves what the daemon does not take. */
  Path spool() {
    return surroundings.spool().orElseGet(() -> stateDir().resolve("spool"));
  }
}
