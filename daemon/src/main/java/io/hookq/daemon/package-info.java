/** The hookq daemon: the wiring diagram and nothing else; the rooms are the packages below. */
@NullMarked
package io.hookq.daemon;

import org.jspecify.annotations.NullMarked;
