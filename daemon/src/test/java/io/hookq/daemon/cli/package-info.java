@NullMarked
package io.hookq.daemon.cli;

import org.jspecify.annotations.NullMarked;
