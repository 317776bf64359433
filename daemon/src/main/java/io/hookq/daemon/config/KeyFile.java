package io.hookq.daemon.config;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A file with keys, secret or known ones, as named in the config: a path, or a systemd credential.
 *
 * @param text as written in the config
 * @param resolved where it lies; empty for a credential when the daemon was given no folder of them
 * @param credential whether systemd hands it in: then its mode is not checked
 */
public record KeyFile(String text, Optional<Path> resolved, boolean credential) {
  /**
   * Where the file lies.
   *
   * @throws IOException if it is a credential and {@code $CREDENTIALS_DIRECTORY} was not set
   */
  public Path path() throws IOException {
    return resolved.orElseThrow(
        () -> new IOException(text + ": the daemon was given no credentials directory"));
  }
}
