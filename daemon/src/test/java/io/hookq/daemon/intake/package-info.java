@NullMarked
package io.hookq.daemon.intake;

import org.jspecify.annotations.NullMarked;
