/**
 * The real peers that tests run against, each started for one test and gone with it: Nix stores in
 * a folder, their daemons, OpenSSH servers, and a line between the two that fails on demand.
 *
 * <p>Nothing of the machine's own Nix or SSH is read or changed: every peer has its own store root,
 * configuration, sockets, keys and a free port, all below a {@link io.hookq.peers.TempFolder}. A
 * peer that is not installed fails the test with the line that installs it; {@link
 * io.hookq.peers.Peers} says when that may be skipped instead.
 *
 * <p>Shipped in the test jar, for the daemon's tests too. It must not know the daemon.
 */
@NullMarked
package io.hookq.peers;

import org.jspecify.annotations.NullMarked;
