package io.hookq.daemon.demo;

import io.hookq.ssh.EmbeddedSshServer;
import io.hookq.ssh.GeneratedKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Our own SSH server in this process. */
final class EmbeddedDoor implements SshDoor {
  private static final int NOT_FOUND = 127;

  private final EmbeddedSshServer server;

  private EmbeddedDoor(EmbeddedSshServer server) {
    this.server = server;
  }

  /** Lets the owner of {@code key} in to {@code far} and nothing else. */
  static EmbeddedDoor open(GeneratedKey key, FarStore far) throws IOException {
    return new EmbeddedDoor(
        EmbeddedSshServer.start(
            List.of(key.publicLine()),
            (command, in, out, err) -> {
              if (command.contains("--serve")) {
                return far.serve(in, out, err);
              }
              err.write(("not for this server: " + command).getBytes(StandardCharsets.UTF_8));
              return NOT_FOUND;
            }));
  }

  @Override
  public String user() {
    // Any would do. This process's own may have no name, as in a container.
    return "demo";
  }

  @Override
  public String description() {
    return "hookq's own SSH server";
  }

  @Override
  public int port() {
    return server.port();
  }

  @Override
  public String hostKey() {
    return server.hostKey();
  }

  @Override
  public void close() {
    server.close();
  }
}
