@NullMarked
package io.hookq.daemon.roots;

import org.jspecify.annotations.NullMarked;
