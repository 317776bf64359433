/**
 * Stories: a real Nix build, the real hook, the real daemon as a process of its own, a real OpenSSH
 * server and a second real Nix store, from end to end, in good times and bad.
 *
 * <p>{@link io.hookq.daemon.story.Machine} is where things are built, {@link
 * io.hookq.daemon.story.Server} is where they must arrive. Tests look at what users see: the
 * commands, the socket, and what Nix itself says of the far store.
 */
@NullMarked
package io.hookq.daemon.story;

import org.jspecify.annotations.NullMarked;
