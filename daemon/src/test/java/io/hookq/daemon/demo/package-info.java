@NullMarked
package io.hookq.daemon.demo;

import org.jspecify.annotations.NullMarked;
