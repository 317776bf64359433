/** The doctor, let loose on a real set-up in which the tests break one thing at a time. */
@NullMarked
package io.hookq.daemon.doctor;

import org.jspecify.annotations.NullMarked;
