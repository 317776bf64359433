#include "deadline.h"

#include <signal.h>
#include <stddef.h>
#include <sys/time.h>
#include <time.h>

enum {
    NANOSECONDS_A_MILLISECOND = 1000000,
    NANOSECONDS_A_MICROSECOND = 1000,
    MICROSECONDS_A_SECOND = 1000000,
    INTERRUPT_AGAIN_MICROSECONDS = 20000,
};

static int64_t now(void)
{
    struct timespec time = {0};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 * NANOSECONDS_A_MILLISECOND + time.tv_nsec;
}

deadline deadline_in(int milliseconds)
{
    return now() + (int64_t)milliseconds * NANOSECONDS_A_MILLISECOND;
}

deadline deadline_earlier(deadline one, deadline other)
{
    return one < other ? one : other;
}

bool deadline_passed(deadline moment)
{
    return now() >= moment;
}

int deadline_milliseconds_left(deadline moment)
{
    int64_t left = moment - now();
    return left <= 0 ? 0 : (int)((left + NANOSECONDS_A_MILLISECOND - 1) / NANOSECONDS_A_MILLISECOND);
}

static void interrupt(int signal)
{
    (void)signal; /* having interrupted a call is all it is for */
}

void deadline_interrupts_at(deadline moment)
{
    /* No SA_RESTART: the interrupted call has to fail. */
    struct sigaction action = {.sa_handler = interrupt};
    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);

    /* The mask is inherited, and may block it. */
    sigset_t alarm_only;
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    sigprocmask(SIG_UNBLOCK, &alarm_only, NULL);

    int64_t microseconds = (moment - now()) / NANOSECONDS_A_MICROSECOND;
    if (microseconds < 1)
        microseconds = 1; /* zero would switch the timer off */
    /* Repeated, since one signal may come just before the call that it should have interrupted. */
    struct itimerval timer = {
        .it_value = {.tv_sec = (time_t)(microseconds / MICROSECONDS_A_SECOND),
                     .tv_usec = (suseconds_t)(microseconds % MICROSECONDS_A_SECOND)},
        .it_interval = {.tv_usec = INTERRUPT_AGAIN_MICROSECONDS},
    };
    setitimer(ITIMER_REAL, &timer, NULL);
}
