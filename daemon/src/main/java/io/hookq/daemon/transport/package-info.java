/**
 * Destinations: one lane each, which brings the queue's jobs there and says how it goes.
 *
 * <pre>
 * idle ──▶ connecting ──▶ uploading ──▶ idle          idle keeps the session warm for a while
 *              │              │
 *              └── waiting ◀──┘   the destination is the trouble: exponential, full jitter
 *
 * any ── pause ──▶ paused ── resume ──▶ idle              nothing is sent, over restarts too
 * </pre>
 *
 * A lane takes all due jobs of its destination as one batch, sends what their closures miss there,
 * and settles each job as soon as its last path is answered. One place decides what a failure
 * means:
 *
 * <ul>
 *   <li>the destination's trouble (unreachable, denied, its disk full): all go back, none is
 *       blamed, the lane waits;
 *   <li>a path's trouble (refused, corrupt, unreadable, gone): its dependants go back or end, the
 *       others go on at once over a fresh connection.
 * </ul>
 *
 * A connection that failed is never used again. Bytes, files and SQL are elsewhere.
 */
@NullMarked
package io.hookq.daemon.transport;

import org.jspecify.annotations.NullMarked;
