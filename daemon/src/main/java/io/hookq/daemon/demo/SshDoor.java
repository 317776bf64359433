package io.hookq.daemon.demo;

import java.io.Closeable;

/** The SSH server in front of the far store, on the loopback address. */
sealed interface SshDoor extends Closeable permits EmbeddedDoor, LocalSshd {
  /** What it is, for people. */
  String description();

  /** The port on 127.0.0.1. */
  int port();

  /** The account that it lets in. */
  String user();

  /** The host key as a line, {@code ssh-ed25519 AAAA…}. */
  String hostKey();
}
