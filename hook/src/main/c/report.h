/*
 * The one line that the hook may print: everything that went wrong, on stderr, after "hookq: ".
 *
 * Nix shows what a hook prints to whoever waits for the build, so success is silent and trouble is short.
 */
#ifndef HOOKQ_REPORT_H
#define HOOKQ_REPORT_H

#include "deadline.h"
#include "text.h"

/* A write of at most _POSIX_PIPE_BUF bytes to a pipe that poll calls writable never blocks and is never
   mixed with another hook's line. */
enum { REPORT_MAX = 512 };

struct report {
    char line[REPORT_MAX];
    struct text text;
};

void report_start(struct report *report);

/* Adds one trouble; several share the line, separated by semicolons. */
void report_add(struct report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints the line if there is one; what is not printable ASCII becomes a question mark. */
void report_print(struct report *report, deadline until);

#endif
