@NullMarked
package io.hookq.nar;

import org.jspecify.annotations.NullMarked;
