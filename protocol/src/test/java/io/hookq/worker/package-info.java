/** Tests of the worker protocol. */
@NullMarked
package io.hookq.worker;

import org.jspecify.annotations.NullMarked;
