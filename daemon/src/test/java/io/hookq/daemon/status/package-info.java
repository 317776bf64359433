@NullMarked
package io.hookq.daemon.status;

import org.jspecify.annotations.NullMarked;
