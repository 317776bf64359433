/*
 * The exchange with the hookq daemon: connect to its socket, send one line, read one line.
 */
#ifndef HOOKQ_DAEMON_H
#define HOOKQ_DAEMON_H

#include "deadline.h"
#include "text.h"

/* True if the daemon has acknowledged the message, which it does once the paths are durable; else `why` says what
   happened instead. Takes until the deadline at most, whatever the peer does. */
bool daemon_enqueue(const char *socket_path, const struct text *message, deadline until, struct text *why);

#endif
