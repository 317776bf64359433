/** That whatever a value is, a line of the log can be taken apart again. */
@NullMarked
package io.hookq.log;

import org.jspecify.annotations.NullMarked;
