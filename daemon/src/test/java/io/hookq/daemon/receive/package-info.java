/** The forced command of an upload key: what it lets through, what it keeps, and for how long. */
@NullMarked
package io.hookq.daemon.receive;

import org.jspecify.annotations.NullMarked;
