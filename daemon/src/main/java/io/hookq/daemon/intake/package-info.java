/**
 * How paths come in: from the socket and from the spool.
 *
 * <pre>
 * parse ─▶ resolve outputs where only a derivation is known ─▶ root ─▶ commit ─▶ ack
 * </pre>
 *
 * An ack means durable. A spool file is what the hook left where no daemon answered, one a call,
 * named so that the order of the names is the order of the calls; its content is the very line that
 * the socket would have got. This package knows no socket.
 */
@NullMarked
package io.hookq.daemon.intake;

import org.jspecify.annotations.NullMarked;
