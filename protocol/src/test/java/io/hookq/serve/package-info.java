/** Tests of the serve protocol, and the peers in memory that other tests use too. */
@NullMarked
package io.hookq.serve;

import org.jspecify.annotations.NullMarked;
