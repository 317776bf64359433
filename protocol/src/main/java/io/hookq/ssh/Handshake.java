package io.hookq.ssh;

import java.net.SocketAddress;
import java.security.KeyPair;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.sshd.client.auth.keyboard.UserInteraction;
import org.apache.sshd.client.auth.pubkey.PublicKeyAuthenticationReporter;
import org.apache.sshd.client.keyverifier.ServerKeyVerifier;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.AttributeRepository;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
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

  /** What OpenSSH's MaxAuthTries is where nobody has set it. */
  private static final int USUAL_ATTEMPTS = 6;

  private final SshEndpoint endpoint;
  private final HostKeyCheck hostKeys;

  private final Keyring keyring;
  private final @Nullable TunnelChannel through;

  /** What agents would not sign. */
  private final List<String> unsigned = new ArrayList<>();

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
    this(endpoint, identities, null);
  }

  /** As the other, for a connection through a tunnel. */
  Handshake(SshEndpoint endpoint, List<SshIdentity> identities, @Nullable TunnelChannel through)
      throws SshException {
    this.endpoint = endpoint;
    this.through = through;
    this.hostKeys = new HostKeyCheck(endpoint);
    this.keyring = Keyring.of(identities);
    if (keyring.keys().isEmpty()) {
      String looked = String.join(", ", identities.stream().map(SshIdentity::toString).toList());
      throw new SshAuthenticationException(
          "no SSH key to offer to "
              + endpoint.address()
              + (keyring.passedOver().isEmpty()
                  ? ": none of " + looked + " exists"
                  : ": " + String.join("; ", keyring.passedOver())),
          keyring
              .hint()
              .orElse(
                  "make a key for this machine (ssh-keygen -t ed25519 -N '' -f FILE) and say where"
                      + " it is"),
          null);
    }
  }

  /** The tunnel to connect through, if it is not to be directly. */
  Optional<TunnelChannel> through() {
    return Optional.ofNullable(through);
  }

  List<OfferedKey> keys() {
    return keyring.keys();
  }

  synchronized void unsigned(OfferedKey.Unsigned e) {
    unsigned.add(String.valueOf(e.getMessage()));
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
    client.setSignatureFactories(
        hostKeys.asksForCertificates()
            ? Algorithms.certifiedSignatures(hostKeys.preferredTypes())
            : Algorithms.signatures(hostKeys.preferredTypes()));
    client.setCompressionFactories(endpoint.zlib() ? Algorithms.ZLIB : Algorithms.NO_COMPRESSION);
    client.setServerKeyVerifier(this);
    client.setUserInteraction(this);
    client.setPublicKeyAuthenticationReporter(this);
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
      if (key instanceof OpenSshCertificate certificate) {
        hostKeys.check(certificate);
      } else {
        hostKeys.check(shown);
      }
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
    keyring.keys().stream()
        .filter(key -> key.getKeyIdentity() == identity)
        .forEach(key -> offered.add(key.toString()));
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
                || !unsigned.isEmpty()
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
    unsigned.forEach(reason -> text.append("; ").append(reason));
    keyring.passedOver().forEach(reason -> text.append("; ").append(reason));
    return SshAuthenticationException.denied(text + peerSaid(), denialHint(), cause);
  }

  private String denialHint() {
    if (offered.isEmpty()) {
      return "set PubkeyAuthentication yes in the server's sshd_config";
    }
    if (!unsigned.isEmpty()) {
      return "unlock the ssh-agent (ssh-add -X), or have it not ask before it signs";
    }
    // Its parting words can be lost with the connection.
    if (peerWords.toString().contains("authentication failures")
        || offered.size() >= USUAL_ATTEMPTS) {
      return "the server allows fewer attempts than there are keys: name the right one with"
          + " ssh-key, or with IdentityFile and IdentitiesOnly in ~/.ssh/config";
    }
    return keyring.hint().map(hint -> hint + "; or ").orElse("")
        + "add the public key to authorized_keys of "
        + endpoint.user()
        + " on the server; sshd's log there says why it refused";
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
