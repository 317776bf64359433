/*
 * A moment on the monotonic clock after which the hook stops waiting.
 *
 * Nix waits for its hook without any limit of its own, so every wait in here ends at a deadline.
 */
#ifndef HOOKQ_DEADLINE_H
#define HOOKQ_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

typedef int64_t deadline; /* nanoseconds of CLOCK_MONOTONIC */

deadline deadline_in(int milliseconds);

deadline deadline_earlier(deadline one, deadline other);

bool deadline_passed(deadline moment);

/* Rounded up, for poll; 0 once it has passed. */
int deadline_milliseconds_left(deadline moment);

/*
 * From that moment on, SIGALRM interrupts system calls again and again, so that those which the kernel can
 * interrupt (a hung FUSE file system, say) fail with EINTR. Nothing else in the hook sends itself signals: EINTR
 * means out of time, but for poll.
 */
void deadline_interrupts_at(deadline moment);

#endif
