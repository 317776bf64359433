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
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

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
    this.known = KnownHosts.read(files(endpoint.hostKeys()), endpoint.host(), endpoint.port());
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
              "somebody may stand between; if the server has a new key, replace line %d of %s by: %s %s"
                  .formatted(expected.number(), expected.file(), name(), key),
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
                    : "no line of " + files + " names",
                unreadable),
        key.fingerprint(),
        "compare it with ssh-keygen -lf on the server's own /etc/ssh/ssh_host_*_key.pub, then add to %s: %s %s"
            .formatted(target.map(Path::toString).orElse("a known_hosts file"), name(), key),
        null);
  }

  /** How {@code known_hosts} calls the endpoint. */
  private String name() {
    return KnownHosts.name(endpoint.host(), endpoint.port());
  }

  private void learn(PublicKeyText key, Path file) throws SshHostKeyException {
    APPENDING.lock();
    try {
      // Another session may have learned something since we read the files.
      var now = KnownHosts.read(files(endpoint.hostKeys()), endpoint.host(), endpoint.port());
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
