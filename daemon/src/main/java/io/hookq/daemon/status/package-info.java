/**
 * How things stand, as one value, and how it is shown: as JSON for scripts, as a screen for people.
 *
 * <p>{@link io.hookq.daemon.status.StatusReport} is taken in the daemon, crosses the socket as the
 * document of docs/status-json.md, and is read back by whoever draws it; so a screen shows nothing
 * that a script cannot have. Nothing here asks a clock, a terminal or a socket.
 */
@NullMarked
package io.hookq.daemon.status;

import org.jspecify.annotations.NullMarked;
