/**
 * Standing between a client and a store: requests are read, judged and passed on, answers brought
 * back.
 *
 * <pre>
 * client ── requests ──▶ relay ── those that are let through ──▶ server
 *        ◀── answers ───       ◀── answers ─────────────────────
 * </pre>
 *
 * What goes through is written anew, field by field as it is read, never as a copy of bytes that
 * nobody understood, so that the server cannot read anything else than was judged. Nothing is held
 * back: whatever is written leaves before the relay waits for more. NARs are streamed, sets of
 * paths too.
 *
 * <p>The protocols themselves are in {@code serve} and {@code worker}. Nothing here knows who the
 * client is, nor what is done with the paths.
 */
@NullMarked
package io.hookq.relay;

import org.jspecify.annotations.NullMarked;
