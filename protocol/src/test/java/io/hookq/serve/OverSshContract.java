package io.hookq.serve;

import io.hookq.peers.NixPeer;
import io.hookq.peers.SshdPeer;
import io.hookq.peers.TempFolder;
import io.hookq.ssh.HostKeyPolicy;
import io.hookq.ssh.SshConnector;
import io.hookq.ssh.SshEndpoint;
import io.hookq.ssh.SshIdentity;
import io.hookq.ssh.SshSession;
import io.hookq.store.DestinationStore;
import io.hookq.store.PathInfo;
import io.hookq.store.PeerEnd;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

/**
 * The contract over everything that will be there in earnest: our SSH client, a real OpenSSH
 * server, a real Nix behind it. One session carries all connections.
 */
public abstract class OverSshContract extends DestinationStoreContract {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final Duration EXIT = Duration.ofSeconds(2);

  private static @Nullable Shared shared;

  private record Shared(
      TempFolder folder, SshdPeer sshd, SshConnector connector, SshSession session) {}

  private final TempFolder folder = TempFolder.create();
  private final NixPeer nix = NixPeer.far(folder.resolve("far"));

  @BeforeAll
  static void logIn() throws IOException {
    var folder = TempFolder.create();
    var sshd = SshdPeer.in(folder.resolve("sshd")).start();
    var connector = new SshConnector();
    var session =
        connector.connect(
            new SshEndpoint(
                sshd.host(),
                sshd.port(),
                sshd.user(),
                List.of(SshIdentity.keyFile(sshd.userKey())),
                HostKeyPolicy.pinned(sshd.hostKey("ed25519")),
                TIMEOUT,
                TIMEOUT,
                false));
    shared = new Shared(folder, sshd, connector, session);
  }

  @AfterAll
  static void logOut() {
    var all = shared;
    if (all != null) {
      all.session().close();
      all.connector().close();
      all.sshd().close();
      all.folder().close();
    }
  }

  @AfterEach
  void deleteStore() {
    nix.close();
    folder.close();
  }

  /** What runs there, without the store that it is to open. */
  protected abstract String program();

  /** Speaks to what runs there. */
  protected abstract DestinationStore open(
      InputStream in, OutputStream out, StoreDir dir, PeerEnd.Source end) throws IOException;

  @Override
  protected DestinationStore connect() throws IOException {
    var all = shared;
    if (all == null) {
      throw new IllegalStateException("not logged in");
    }
    var command = all.session().exec("%s --store '%s'".formatted(program(), nix.localUri()));
    PeerEnd.Source end = () -> new PeerEnd(command.stderrTail(), command.awaitExit(EXIT));
    return open(command.stdout(), command.stdin(), nix.storeDir(), end);
  }

  @Override
  protected Map<StorePath, PathInfo> far() {
    return nix.pathInfos();
  }

  @Override
  protected void verify() {
    nix.verify();
  }
}
