/**
 * Faults as they really happen between the daemon, here in the test's own process, and a real
 * OpenSSH server with a real Nix store: what the destination then says, whom it is held against,
 * and that all arrives once it is mended.
 *
 * <p>{@link io.hookq.daemon.fault.Near} is where paths are, {@link io.hookq.daemon.fault.Far} is
 * where they must arrive, over a {@link io.hookq.peers.FaultProxy}.
 */
@NullMarked
package io.hookq.daemon.fault;

import org.jspecify.annotations.NullMarked;
