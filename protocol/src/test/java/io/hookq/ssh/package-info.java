/** Tests of {@code io.hookq.ssh}: against OpenSSH's own server, dead peers, and ourselves. */
@NullMarked
package io.hookq.ssh;

import org.jspecify.annotations.NullMarked;
