package io.hookq.daemon.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.peers.FaultProxy;
import io.hookq.peers.NixPeer;
import io.hookq.peers.SshdPeer;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collection;

/** The far side: an empty Nix store behind an OpenSSH server behind a line that fails on demand. */
final class Far implements AutoCloseable {
  private final Path folder;
  private final SshdPeer sshd;
  private final NixPeer nix;
  private final FaultProxy line;

  private Far(Path folder) {
    this.folder = folder;
    sshd = SshdPeer.in(folder.resolve("sshd")).start();
    nix = NixPeer.far(folder.resolve("nix"));
    line = FaultProxy.to(sshd.port());
  }

  static Far in(Path folder) {
    return new Far(folder);
  }

  SshdPeer sshd() {
    return sshd;
  }

  NixPeer nix() {
    return nix;
  }

  FaultProxy line() {
    return line;
  }

  /** A destination without anything that tells host keys. */
  String bare(String host) {
    return """
    uri = "ssh://%s@%s:%d"
    ssh-key = "%s"
    ssh-config = false
    """
        .formatted(sshd.user(), host, line.port(), sshd.userKey());
  }

  /** A destination that trusts this server's host key, and the store that it opens there. */
  String settings() {
    return bare(sshd.host())
        + """
        host-key = "%s"
        remote-store = "%s"
        """
            .formatted(sshd.hostKey("ed25519"), nix.localUri());
  }

  /** A program there, a shell script with {@code $@} being what the client adds. */
  Path program(String name, String script) {
    try {
      var file = folder.resolve(name);
      Files.writeString(file, "#!/bin/sh\n" + script + "\n");
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Asserts that these are valid there, and that Nix finds nothing wrong with any path there. */
  void assertWhole(Collection<StorePath> paths) {
    assertThat(nix.validPaths()).containsAll(paths);
    nix.verify();
  }

  @Override
  public void close() {
    line.close();
    sshd.close();
    nix.close();
  }
}
