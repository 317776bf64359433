/** Tests of the planner package, over stores in memory. */
@NullMarked
package io.hookq.daemon.planner;

import org.jspecify.annotations.NullMarked;
