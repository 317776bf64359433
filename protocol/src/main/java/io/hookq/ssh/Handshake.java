package io.hookq.ssh;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.file.NoSuchFileException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.sshd.client.auth.keyboard.UserInteraction;
import org.apache.sshd.client.auth.pubkey.PublicKeyAuthenticationReporter;
import org.apache.sshd.client.keyverifier.ServerKeyVerifier;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.AttributeRepository;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.keyprovider.KeyIdentityProvider;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.session.SessionListener;
import org.jspecify.annotations.Nullable;

/**
 * One attempt to open a session, and what becomes of it: prepares MINA's session, gathers what the
 * peer said and how far things went, and makes the error of it. Thread-safe.
 */
final class Handshake
    implements SessionListener,
        ServerKeyVerifier,
        PublicKeyAuthenticationReporter,
        UserInteraction {
  static final AttributeRepository.AttributeKey<Handshake> KEY =
      new AttributeRepository.AttributeKey<>();

  /** Of a peer that talks and talks, this much is told. */
  private static final int MAX_WORDS = 2000;

  /** How far it went; the words are those of an error. */
  enum Phase {
    CONNECTING("connecting"),
    BANNER("waiting for the server's greeting"),
    KEY_EXCHANGE("exchanging keys"),
    AUTHENTICATION("authenticating"),
    OPEN("open");

    private final String words;

    Phase(String words) {
      this.words = words;
    }
  }

  private final SshEndpoint endpoint;
  private final HostKeyCheck hostKeys;

  /** Our keys, each with where it is from, in the order they are offered. */
  private final Map<KeyPair, SshIdentity> keys = new LinkedHashMap<>();

  /** Why default keys are not offered. */
  private final List<String> passedOver = new ArrayList<>();

  private final Set<String> offered = new LinkedHashSet<>();
  private final StringBuilder peerWords = new StringBuilder();
  private Phase phase = Phase.CONNECTING;
  private List<String> serverMethods = List.of();
  private @Nullable PublicKeyText believed;
  private @Nullable SshHostKeyException hostKeyFailure;
  private @Nullable Throwable failure;
  private @Nullable SshException end;

  /**
   * Reads keys and known hosts.
   *
   * @throws SshAuthenticationException if there is no key to offer
   */
  Handshake(SshEndpoint endpoint, List<SshIdentity> identities) throws SshException {
    this.endpoint = endpoint;
    this.hostKeys = new HostKeyCheck(endpoint);
    for (SshIdentity identity : identities) {
      switch (identity) {
        case GeneratedKey key -> keys.put(key.pair(), key);
        case SshIdentity.KeyFile file -> load(file);
      }
    }
    if (keys.isEmpty()) {
      String looked = String.join(", ", identities.stream().map(SshIdentity::toString).toList());
      throw new SshAuthenticationException(
          "no SSH key to offer to "
              + endpoint.address()
              + (passedOver.isEmpty()
                  ? ": none of " + looked + " exists"
                  : ": " + String.join("; ", passedOver)),
          "make a key for this machine (ssh-keygen -t ed25519 -N '' -f FILE) and say where it is",
          null);
    }
  }

  private void load(SshIdentity.KeyFile file) throws SshException {
    try {
      keys.put(KeyFileReader.read(file), file);
    } catch (NoSuchFileException e) {
      // Optional, and not there.
    } catch (SshAuthenticationException e) {
      if (!file.optional()) {
        throw e;
      }
      passedOver.add(e.getMessage());
    } catch (IOException e) {
      throw new SshAuthenticationException(
          "key file " + file + " cannot be read: " + e.getMessage(), null, e);
    }
  }

  SshEndpoint endpoint() {
    return endpoint;
  }

  synchronized Phase phase() {
    return phase;
  }

  private synchronized void reached(Phase next) {
    if (next.compareTo(phase) > 0) {
      phase = next;
    }
  }

  // ── MINA asks ──────────────────────────────────────────────────────────────────────────────

  /** Comes before our first packet, which names the algorithms. */
  @Override
  public void sessionCreated(Session session) {
    reached(Phase.BANNER);
    var client = (ClientSession) session;
    client.setSignatureFactories(Algorithms.signatures(hostKeys.preferredTypes()));
    client.setCompressionFactories(endpoint.zlib() ? Algorithms.ZLIB : Algorithms.NO_COMPRESSION);
    client.setServerKeyVerifier(this);
    client.setUserInteraction(this);
    client.setPublicKeyAuthenticationReporter(this);
    client.setKeyIdentityProvider(KeyIdentityProvider.wrapKeyPairs(keys.keySet()));
  }

  @Override
  public boolean verifyServerKey(ClientSession session, SocketAddress address, PublicKey key) {
    PublicKeyText shown = PublicKeyText.of(key);
    synchronized (this) {
      if (believed != null) {
        // The key exchange is repeated every now and then; who has changed by then is not let in.
        return believed.equals(shown);
      }
    }
    try {
      hostKeys.check(shown);
      synchronized (this) {
        believed = shown;
      }
      return true;
    } catch (SshHostKeyException e) {
      synchronized (this) {
        hostKeyFailure = e;
      }
      return false;
    }
  }

  @Override
  public boolean isInteractionAllowed(ClientSession session) {
    return true;
  }

  @Override
  public String[] interactive(
      ClientSession session,
      String name,
      String instruction,
      String language,
      String[] prompt,
      boolean[] echo) {
    return new String[0];
  }

  @Override
  public @Nullable String getUpdatedPassword(
      ClientSession session, String prompt, String language) {
    return null;
  }

  // ── MINA tells ─────────────────────────────────────────────────────────────────────────────

  @Override
  public void sessionPeerIdentificationLine(Session session, String line, List<String> lines) {
    // Some servers say why they close before, or instead of, the line that identifies them.
    if (!line.startsWith("SSH-")) {
      said(line);
    }
  }

  @Override
  public void sessionPeerIdentificationReceived(
      Session session, String version, List<String> lines) {
    reached(Phase.KEY_EXCHANGE);
  }

  @Override
  public void sessionEvent(Session session, Event event) {
    if (event == Event.KeyEstablished) {
      reached(Phase.AUTHENTICATION);
    }
  }

  @Override
  public void welcome(ClientSession session, String banner, String language) {
    said(banner);
  }

  @Override
  public synchronized void signalAuthenticationAttempt(
      ClientSession session, String service, KeyPair identity, String signature) {
    PublicKeyText key = PublicKeyText.of(identity.getPublic());
    SshIdentity from = keys.get(identity);
    offered.add(key.type() + " " + key.fingerprint() + " (" + from + ")");
  }

  @Override
  public synchronized void signalAuthenticationFailure(
      ClientSession session,
      String service,
      KeyPair identity,
      boolean partial,
      List<String> methods) {
    serverMethods = methods == null ? List.of() : List.copyOf(methods);
  }

  @Override
  public void sessionDisconnect(
      Session session, int reason, String message, String language, boolean initiator) {
    if (initiator) {
      return;
    }
    said(message.isBlank() ? SshConstants.getDisconnectReasonName(reason) : message);
  }

  @Override
  public synchronized void sessionException(Session session, Throwable t) {
    if (failure == null) {
      failure = t;
    }
  }

  private synchronized void said(String words) {
    if (peerWords.length() < MAX_WORDS && !words.isBlank()) {
      String clean = words.strip().replaceAll("\\p{Cntrl}+", " ");
      peerWords
          .append(peerWords.isEmpty() ? "" : " / ")
          .append(clean, 0, Math.min(clean.length(), MAX_WORDS - peerWords.length()));
    }
  }

  // ── The outcome ────────────────────────────────────────────────────────────────────────────

  void opened() {
    reached(Phase.OPEN);
  }

  /** Why the session ended, if that was decided here. */
  synchronized Optional<SshException> end() {
    return Optional.ofNullable(end);
  }

  /** The session is ended here, for that reason; the first one counts. */
  synchronized void endWith(SshException reason) {
    if (end == null) {
      end = reason;
    }
  }

  /** The error of a session that was open and is no more. */
  synchronized SshException ended(@Nullable Throwable cause) {
    if (end != null) {
      return end;
    }
    // What one stream met is only a consequence; what the session met is the reason.
    return new SshUnreachableException(
        "the SSH session with " + endpoint.address() + " ended" + because(failure) + peerSaid(),
        null,
        failure == null ? cause : failure);
  }

  /** The error of an attempt that took too long. */
  synchronized SshException timedOut() {
    if (hostKeyFailure != null) {
      return hostKeyFailure;
    }
    return new SshUnreachableException(
        "%s did not answer within %s, while %s%s"
            .formatted(
                endpoint.address(),
                Durations.words(endpoint.connectTimeout()),
                phase.words,
                peerSaid()),
        null,
        null);
  }

  /** The error of an attempt that failed. */
  synchronized SshException failed(@Nullable Throwable cause) {
    if (hostKeyFailure != null) {
      return hostKeyFailure;
    }
    if (end != null) {
      return end;
    }
    boolean refused =
        phase == Phase.AUTHENTICATION
            && (!serverMethods.isEmpty()
                || (!offered.isEmpty()
                    && peerWords.toString().contains("authentication failures")));
    if (refused) {
      return denied(cause);
    }
    Throwable why = failure == null ? cause : failure;
    return new SshUnreachableException(
        "%s cannot be reached, while %s%s%s"
            .formatted(endpoint.address(), phase.words, because(why), peerSaid()),
        null,
        why);
  }

  private SshAuthenticationException denied(@Nullable Throwable cause) {
    var text = new StringBuilder();
    text.append(endpoint.address()).append(" does not let ").append(endpoint.user()).append(" in");
    if (offered.isEmpty()) {
      text.append("; it takes no public keys, only ").append(String.join(", ", serverMethods));
    } else {
      text.append(" with ").append(String.join(", ", offered));
    }
    passedOver.forEach(reason -> text.append("; ").append(reason));
    return new SshAuthenticationException(
        text + peerSaid(),
        offered.isEmpty()
            ? "set PubkeyAuthentication yes in the server's sshd_config"
            : "add the public key to authorized_keys of "
                + endpoint.user()
                + " on the server; sshd's log there says why it refused",
        cause);
  }

  /** MINA wraps what the network said, and calls a connection that the peer closed this. */
  private static String because(@Nullable Throwable cause) {
    if (cause == null || "Session is being closed".equals(cause.getMessage())) {
      return ": it closed the connection";
    }
    Throwable root = cause;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return ": " + (root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage());
  }

  private String peerSaid() {
    return peerWords.isEmpty() ? "" : "; it said: " + peerWords;
  }
}
