/** Tests of the lanes: stores in memory, our own serve server behind pipes, a settable clock. */
@NullMarked
package io.hookq.daemon.transport;

import org.jspecify.annotations.NullMarked;
