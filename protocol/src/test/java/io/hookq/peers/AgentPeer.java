package io.hookq.peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;

/** A real {@code ssh-agent} with a socket in a folder of the test's. Not thread-safe. */
public final class AgentPeer implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(60);

  private final Path folder;
  private final PeerProcess process;

  private AgentPeer(Path folder, PeerProcess process) {
    this.folder = folder;
    this.process = process;
  }

  /** Starts one that holds no keys; the folder's name must be short, as sockets' names must. */
  public static AgentPeer in(Path folder) {
    var socket = folder.resolve("agent.sock");
    var process =
        PeerProcess.start(
            "ssh-agent",
            new ProcessBuilder(
                Peers.require("ssh-agent").toString(), "-D", "-a", socket.toString()),
            folder.resolve("agent.log"));
    Awaitility.await("ssh-agent listens").atMost(START).until(() -> Files.exists(socket));
    return new AgentPeer(folder, process);
  }

  public Path socket() {
    return folder.resolve("agent.sock");
  }

  /** Runs {@code ssh-add} with these words. */
  public void add(String... words) {
    PeerProcess.run(sshAdd(words)).orFail("ssh-add");
  }

  /** Runs {@code ssh-add} with these words and that answer to whatever it asks. */
  public void addAnswering(String answer, String... words) {
    try {
      var script = folder.resolve("askpass.sh");
      Files.writeString(script, "#!/bin/sh\necho '" + answer + "'\n");
      Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
      var builder = sshAdd(words);
      builder.environment().put("SSH_ASKPASS", script.toString());
      builder.environment().put("SSH_ASKPASS_REQUIRE", "force");
      PeerProcess.run(builder).orFail("ssh-add");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ProcessBuilder sshAdd(String... words) {
    var command = new ArrayList<>(List.of(Peers.require("ssh-add").toString()));
    command.addAll(List.of(words));
    var builder = new ProcessBuilder(command);
    builder.environment().put("SSH_AUTH_SOCK", socket().toString());
    return builder;
  }

  @Override
  public void close() {
    process.close();
  }
}
