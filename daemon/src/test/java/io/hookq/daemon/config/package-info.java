@NullMarked
package io.hookq.daemon.config;

import org.jspecify.annotations.NullMarked;
