@NullMarked
package io.hookq.store;

import org.jspecify.annotations.NullMarked;
