/*
 * The spool: a folder with one file a hook call, which the daemon takes in when it comes back.
 *
 *     <unix seconds, 20 digits>-<nanoseconds, 9 digits>-<pid>.json      the message, mode 0600, its owner the folder's
 *     .<the same>.tmp                                                   one that is being written, or was given up
 *
 * The names sort by age. A file appears under its final name only when its content is on the disk.
 */
#ifndef HOOKQ_SPOOL_H
#define HOOKQ_SPOOL_H

#include "deadline.h"
#include "text.h"

enum spool_outcome {
    SPOOL_DURABLE,
    SPOOL_WRITTEN, /* the file is there, but a power failure now may take it: `why` says the reason */
    SPOOL_LOST,    /* nothing is there: `why` says the reason */
};

/* Writes one file. No fsync is begun after the deadline, and one of the file and one of the folder at most. */
enum spool_outcome spool_add(const char *path, const struct text *message, deadline until, struct text *why);

#endif
