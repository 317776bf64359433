/**
 * The torture run: real builds while everything around the daemon, and the daemon itself, breaks at
 * random; in the end nothing may be lost, failed or left over.
 *
 * <p>{@link io.hookq.daemon.torture.TortureTest} says what must hold. Two {@link
 * io.hookq.daemon.torture.Weather} threads, one for the near side and one for the far side, let
 * {@link io.hookq.daemon.torture.Fault faults} come and go, while {@link
 * io.hookq.daemon.torture.Builds} hands paths to the real hook; {@link
 * io.hookq.daemon.torture.HookLog} stands between Nix and the hook and writes down how each call
 * went. All choices come from one seed; when things happen is up to the machine.
 */
@NullMarked
package io.hookq.daemon.torture;

import org.jspecify.annotations.NullMarked;
