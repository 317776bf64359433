package io.hookq.ssh;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.sshd.common.NamedFactory;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.apache.sshd.common.signature.Signature;

/**
 * Judges the host key of one endpoint by its policy. Files are read when it is made. Thread-safe.
 */
final class HostKeyCheck {
  /** Two sessions that meet the same new host must not both write it. */
  private static final ReentrantLock APPENDING = new ReentrantLock();

  private final SshEndpoint endpoint;
  private final KnownHosts known;

  HostKeyCheck(SshEndpoint endpoint) {
    this.endpoint = endpoint;
    this.known = read();
  }

  private KnownHosts read() {
    // An alias stands for host and port together.
    return KnownHosts.read(
        files(endpoint.hostKeys()),
        endpoint.hostKeyAlias().orElse(endpoint.host()),
        endpoint.hostKeyAlias().isPresent() ? SshEndpoint.DEFAULT_PORT : endpoint.port());
  }

  private static List<Path> files(HostKeyPolicy policy) {
    return switch (policy) {
      case HostKeyPolicy.Strict(List<Path> knownHosts) -> knownHosts;
      case HostKeyPolicy.Pinned _ -> List.of();
      case HostKeyPolicy.AcceptNew(List<Path> knownHosts, Path appendTo) -> {
        var files = new ArrayList<>(knownHosts);
        if (!files.contains(appendTo)) {
          files.add(appendTo);
        }
        yield files;
      }
    };
  }

  /**
   * The key types to ask for first. A server with several keys shows the one that is asked for;
   * shown another than the one we know, it would look changed.
   */
  List<String> preferredTypes() {
    return endpoint.hostKeys() instanceof HostKeyPolicy.Pinned pinned
        ? List.of(pinned.type())
        : known.types();
  }

  /**
   * Returns if the key is believed.
   *
   * @throws SshHostKeyException if not
   */
  void check(PublicKeyText key) throws SshHostKeyException {
    switch (endpoint.hostKeys()) {
      case HostKeyPolicy.Strict _ -> {
        if (known.judge(key) instanceof KnownHosts.Verdict.Unknown) {
          throw unknown(key);
        }
        refuseChanged(known.judge(key), key);
      }
      case HostKeyPolicy.Pinned(String type, String base64) -> {
        var pinned = new PublicKeyText(type, base64);
        if (!pinned.equals(key)) {
          throw new SshHostKeyException(
              "the host key of %s is not the pinned one: it is %s %s, pinned is %s %s"
                  .formatted(
                      endpoint.address(),
                      key.type(),
                      key.fingerprint(),
                      pinned.type(),
                      pinned.fingerprint()),
              key.fingerprint(),
              "if the server has a new key, pin it: " + key,
              null);
        }
      }
      case HostKeyPolicy.AcceptNew(List<Path> _, Path appendTo) -> {
        if (known.judge(key) instanceof KnownHosts.Verdict.Unknown) {
          learn(key, appendTo);
        } else {
          refuseChanged(known.judge(key), key);
        }
      }
    }
  }

  /** Whether to ask for a host certificate: it is of use only where its authority is known. */
  boolean asksForCertificates() {
    return known.hasAuthority();
  }

  /**
   * Returns if the certificate is believed, or if its bare key is.
   *
   * @throws SshHostKeyException if not
   */
  void check(OpenSshCertificate certificate) throws SshHostKeyException {
    var key = PublicKeyText.of(certificate.getCertPubKey());
    var authority = PublicKeyText.of(certificate.getCaPubKey());
    switch (known.judgeAuthority(authority)) {
      case KnownHosts.Verdict.Known(KnownHosts.Line line) -> {
        if (known.judge(key) instanceof KnownHosts.Verdict.Revoked revoked) {
          refuseChanged(revoked, key);
        }
        Optional<String> flaw = flaw(certificate);
        if (flaw.isPresent()) {
          throw new SshHostKeyException(
              "the host certificate of %s, \"%s\" of the authority in %s, %s"
                  .formatted(endpoint.address(), certificate.getId(), line.where(), flaw.get()),
              key.fingerprint(),
              "have the authority sign the host's key again:"
                  + " ssh-keygen -s AUTHORITY -h -I ID -n %s -V +52w HOST_KEY.pub"
                      .formatted(certifiedName()),
              null);
        }
      }
      case KnownHosts.Verdict.Revoked(KnownHosts.Line line) ->
          throw new SshHostKeyException(
              "the host certificate of %s is signed by a key that is revoked by %s: %s %s"
                  .formatted(
                      endpoint.address(), line.where(), authority.type(), authority.fingerprint()),
              authority.fingerprint(),
              "somebody holds an authority's key that was given up; the host needs a new certificate",
              null);
      case KnownHosts.Verdict.Unknown _, KnownHosts.Verdict.Changed _ -> check(key);
    }
  }

  /** The name that a certificate must have: without a port, as it is for the host. */
  private String certifiedName() {
    return endpoint.hostKeyAlias().orElse(endpoint.host()).toLowerCase(Locale.ROOT);
  }

  /** What is wrong with it, apart from who signed it. */
  private Optional<String> flaw(OpenSshCertificate certificate) {
    if (certificate.getType() != OpenSshCertificate.Type.HOST) {
      return Optional.of("is one for users");
    }
    if (!OpenSshCertificate.isValidNow(certificate)) {
      return Optional.of("is valid " + Keyring.validity(certificate) + " only");
    }
    if (certificate.getPrincipals().isEmpty()) {
      return Optional.of("is for no host in particular, which would let it pass for any");
    }
    if (certificate.getPrincipals().stream()
        .noneMatch(name -> name.toLowerCase(Locale.ROOT).equals(certifiedName()))) {
      return Optional.of(
          "is for %s, not for %s"
              .formatted(String.join(", ", certificate.getPrincipals()), certifiedName()));
    }
    if (!certificate.getCriticalOptions().isEmpty()) {
      return Optional.of("has conditions that nobody knows: " + certificate.getCriticalOptions());
    }
    return isSigned(certificate)
        ? Optional.empty()
        : Optional.of("has no good signature (" + certificate.getSignatureAlgorithm() + ")");
  }

  private static boolean isSigned(OpenSshCertificate certificate) {
    try {
      Signature signature =
          NamedFactory.create(
              Algorithms.signatures(List.of()), certificate.getSignatureAlgorithm());
      if (signature == null) {
        return false;
      }
      signature.initVerifier(null, certificate.getCaPubKey());
      signature.update(null, certificate.getMessage());
      return signature.verify(null, certificate.getSignature());
    } catch (Exception e) {
      // Whatever makes it impossible to check makes it no signature.
      return false;
    }
  }

  private void refuseChanged(KnownHosts.Verdict verdict, PublicKeyText key)
      throws SshHostKeyException {
    switch (verdict) {
      case KnownHosts.Verdict.Known _, KnownHosts.Verdict.Unknown _ -> {}
      case KnownHosts.Verdict.Changed(KnownHosts.Line expected) ->
          throw new SshHostKeyException(
              "the host key of %s has changed: it is %s %s, %s says %s %s"
                  .formatted(
                      endpoint.address(),
                      key.type(),
                      key.fingerprint(),
                      expected.where(),
                      expected.key().type(),
                      expected.key().fingerprint()),
              key.fingerprint(),
              "somebody may stand between; if the server has a new key, remove the old one (ssh-keygen"
                  + " -R '%s' -f %s) and add the new one, or replace line %d of %s by: %s %s"
                      .formatted(
                          name(), expected.file(), expected.number(), expected.file(), name(), key),
              null);
      case KnownHosts.Verdict.Revoked(KnownHosts.Line line) ->
          throw new SshHostKeyException(
              "the host key of %s, %s %s, is revoked by %s"
                  .formatted(endpoint.address(), key.type(), key.fingerprint(), line.where()),
              key.fingerprint(),
              "somebody holds a key that was given up; the server needs a new one",
              null);
    }
  }

  private SshHostKeyException unknown(PublicKeyText key) {
    String files =
        String.join(", ", files(endpoint.hostKeys()).stream().map(Path::toString).toList());
    String unreadable =
        known.unreadable().isEmpty()
            ? ""
            : " (cannot read " + String.join(", ", known.unreadable()) + ")";
    Optional<Path> target = files(endpoint.hostKeys()).stream().findFirst();
    return new SshHostKeyException(
        "the host key of %s is unknown: it is %s %s, and %s it%s"
            .formatted(
                endpoint.address(),
                key.type(),
                key.fingerprint(),
                files.isEmpty()
                    ? "no known_hosts file is there to name"
                    : (known.hasAuthority() ? "no certificate, and no line of " : "no line of ")
                        + files
                        + " names",
                unreadable),
        key.fingerprint(),
        "compare it with ssh-keygen -lf on the server's own /etc/ssh/ssh_host_*_key.pub, then run"
            + " ssh-keyscan -t %s -p %d %s >> %s, or add this line there: %s %s"
                .formatted(
                    scanType(key),
                    endpoint.port(),
                    endpoint.host(),
                    target.map(Path::toString).orElse("a known_hosts file"),
                    name(),
                    key),
        null);
  }

  /** As {@code ssh-keyscan -t} calls it. */
  private static String scanType(PublicKeyText key) {
    return key.type().startsWith("ecdsa-") ? "ecdsa" : key.type().replace("ssh-", "");
  }

  /** How {@code known_hosts} calls the endpoint. */
  private String name() {
    return endpoint
        .hostKeyAlias()
        .map(alias -> alias.toLowerCase(Locale.ROOT))
        .orElseGet(() -> KnownHosts.name(endpoint.host(), endpoint.port()));
  }

  private void learn(PublicKeyText key, Path file) throws SshHostKeyException {
    APPENDING.lock();
    try {
      // Another session may have learned something since we read the files.
      var now = read();
      KnownHosts.Verdict verdict = now.judge(key);
      if (!(verdict instanceof KnownHosts.Verdict.Unknown)) {
        refuseChanged(verdict, key);
        return;
      }
      append(file, name() + " " + key + "\n");
    } catch (SshHostKeyException e) {
      throw e;
    } catch (IOException e) {
      // Believing it without writing it down would believe anyone the next time too.
      throw new SshHostKeyException(
          "the new host key of %s, %s %s, cannot be written to %s: %s"
              .formatted(endpoint.address(), key.type(), key.fingerprint(), file, e),
          key.fingerprint(),
          "let the user this runs as write that file",
          e);
    } finally {
      APPENDING.unlock();
    }
  }

  private static void append(Path file, String line) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    try (var channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long size = channel.size();
      var last = ByteBuffer.allocate(1);
      boolean midLine = size > 0 && channel.read(last, size - 1) == 1 && last.get(0) != '\n';
      channel.position(size);
      var bytes = ByteBuffer.wrap(((midLine ? "\n" : "") + line).getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
  }
}
