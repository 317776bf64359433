/** What standing between a client and a store must let through, and what it must not. */
@NullMarked
package io.hookq.relay;

import org.jspecify.annotations.NullMarked;
