/** Streams that come out as they went in, and never hang. */
@NullMarked
package io.hookq.zstd;

import org.jspecify.annotations.NullMarked;
