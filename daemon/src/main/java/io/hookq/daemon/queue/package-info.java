/**
 * The durable queue: which store path must still reach which destination, and how that went.
 *
 * <p>A job is (store path, destination), one row. It is an intent, never a plan: closures and
 * missing sets are worked out anew each time and appear nowhere in here.
 *
 * <pre>
 * enqueue ─▶ queued ── on the wire ──▶ uploading ── closure valid there ──▶ done
 *              ▲                         │  │  └── attempts spent ──▶ failed
 *              └── not yet ◀─────────────┘  └───── not valid here ──▶ gone
 * </pre>
 *
 * {@link io.hookq.daemon.queue.Transition} is the whole table and pure; {@link
 * io.hookq.daemon.queue.JobQueue} writes what it says by compare-and-set on the job's revision: no
 * row is a lost race, more than one is a bug. An event that comes too late (the answer for a job
 * that was dropped meanwhile) changes nothing.
 *
 * <p>The only package that knows SQL. Knows nothing of stores, connections, sockets or
 * configuration; time is an argument.
 */
@NullMarked
package io.hookq.daemon.queue;

import org.jspecify.annotations.NullMarked;
