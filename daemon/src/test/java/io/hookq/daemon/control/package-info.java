@NullMarked
package io.hookq.daemon.control;

import org.jspecify.annotations.NullMarked;
