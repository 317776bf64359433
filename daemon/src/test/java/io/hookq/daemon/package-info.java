@NullMarked
package io.hookq.daemon;

import org.jspecify.annotations.NullMarked;
