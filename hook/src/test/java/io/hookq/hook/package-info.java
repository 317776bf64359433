/**
 * What the hook promises, tried on the built executable: real processes, real sockets, real
 * folders.
 *
 * <p>{@link io.hookq.hook.HookContract} holds the promises; it is run with the executable that is
 * shipped and with one that carries AddressSanitizer and UndefinedBehaviorSanitizer. What the hook
 * sends is parsed by Jackson, so that no JSON code of ours judges itself.
 */
@NullMarked
package io.hookq.hook;

import org.jspecify.annotations.NullMarked;
