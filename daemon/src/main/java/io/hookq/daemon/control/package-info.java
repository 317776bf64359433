/**
 * The daemon's Unix socket: one JSON object a line, one reply a request, in order.
 *
 * <pre>
 * request := { "op": NAME, … } "\n"                     at most 1 MiB, UTF-8
 * reply   := { "ok": true, … } "\n"
 *          | { "ok": false, "error": TEXT, "class": CLASS } "\n"
 * </pre>
 *
 * docs/socket-protocol.md is the contract. One record an operation, with its reply's record inside,
 * decode beside encode; {@link io.hookq.daemon.control.ControlServer} and {@link
 * io.hookq.daemon.control.ControlClient} move lines and know no operation. Fields that are unknown
 * are ignored, so that either side may be older.
 */
@NullMarked
package io.hookq.daemon.control;

import org.jspecify.annotations.NullMarked;
