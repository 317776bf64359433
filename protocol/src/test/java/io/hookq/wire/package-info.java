@NullMarked
package io.hookq.wire;

import org.jspecify.annotations.NullMarked;
