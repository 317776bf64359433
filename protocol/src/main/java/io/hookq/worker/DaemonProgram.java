package io.hookq.worker;

import java.io.IOException;

/**
 * {@code nix-daemon --stdio}, run anew for each connection: how a single-user installation, where
 * no daemon listens, is spoken to. What it has to say goes to our stderr.
 */
public record DaemonProgram() implements DaemonStore.Connector {
  @Override
  public DaemonStore.Streams connect() throws IOException {
    var process =
        new ProcessBuilder("nix-daemon", "--stdio")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    return new DaemonStore.Streams(
        process.getInputStream(), process.getOutputStream(), process::destroy);
  }
}
