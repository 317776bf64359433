/**
 * Commands on another machine, over SSH: a pair of byte streams, an exit status, and errors that
 * say what to do.
 *
 * <p>This is the wall around Apache MINA SSHD: no other package names {@code org.apache.sshd}, and
 * no type of it is in the signatures here. Whoever speaks a protocol over a {@link
 * io.hookq.ssh.RemoteCommand} sees an {@link java.io.InputStream} and an {@link
 * java.io.OutputStream}, never a channel.
 *
 * <pre>
 * SshConnector ── connect(SshEndpoint) ─▶ SshSession ── exec(command) ─▶ RemoteCommand
 *
 * session:  tcp ─▶ key exchange ─▶ authentication ─▶ open ─▶ closed
 *             │          │               │             └── stall, reset, close()
 *             │          │               └── SshAuthenticationException
 *             │          └── SshHostKeyException
 *             └── SshUnreachableException (from every phase, if the peer goes away or silent)
 * </pre>
 *
 * Everything before {@code open} shares one deadline, the endpoint's connect timeout. An open
 * session is watched: it asks for an answer when nothing came for a while, and is closed when
 * nothing came for the stall timeout. Nothing else ends an idle session.
 *
 * <p>{@link io.hookq.ssh.SshConfig} reads OpenSSH's own configuration files; whoever makes the
 * endpoint decides what of them counts.
 *
 * <p>Nothing in this package knows of Nix, of a configuration file of ours, or of trying again.
 */
@NullMarked
package io.hookq.ssh;

import org.jspecify.annotations.NullMarked;
