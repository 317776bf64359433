package io.hookq.daemon.story;

import io.hookq.peers.NixPeer;
import io.hookq.peers.SshdPeer;
import java.nio.file.Path;

/** The far side of a story: a real Nix store behind a real OpenSSH server. */
public final class Server implements AutoCloseable {
  private final SshdPeer sshd;
  private final NixPeer nix;

  private Server(SshdPeer sshd, NixPeer nix) {
    this.sshd = sshd;
    this.nix = nix;
  }

  /** An empty store and a server that runs, both in {@code folder}. */
  public static Server in(Path folder) {
    return new Server(
        SshdPeer.in(folder.resolve("sshd")).start(), NixPeer.far(folder.resolve("nix")));
  }

  /** The server that paths come through. */
  public SshdPeer sshd() {
    return sshd;
  }

  /** The store that paths must arrive in. */
  public NixPeer nix() {
    return nix;
  }

  /** The lines of a destination that reaches this store at {@code port} with the right keys. */
  public String settings(int port) {
    return settings(port, sshd.userKey(), sshd.hostKey("ed25519"));
  }

  /** The same with keys of the caller's choice. */
  public String settings(int port, Path userKey, String hostKey) {
    return """
    uri = "ssh://%s@%s:%d"
    ssh-key = "%s"
    ssh-config = false
    host-key = "%s"
    remote-store = "%s"
    """
        .formatted(sshd.user(), sshd.host(), port, userKey, hostKey, nix.localUri());
  }

  @Override
  public void close() {
    sshd.close();
    nix.close();
  }
}
