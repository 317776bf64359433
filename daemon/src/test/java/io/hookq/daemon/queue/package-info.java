/** Tests of the queue: a real SQLite file, a settable clock; a kill is a copy opened again. */
@NullMarked
package io.hookq.daemon.queue;

import org.jspecify.annotations.NullMarked;
