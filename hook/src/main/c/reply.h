/*
 * The daemon's answer: one line, a JSON object whose "ok" says whether the paths are safe with it.
 *
 *     {"ok": true, "jobs": 2}
 *     {"ok": false, "error": "not a store path: …", "class": "bad-request"}
 *
 * An ack lets the hook forget the paths, so the line is parsed strictly and in full: a half-written line, an "ok"
 * inside a string or a nested object, or two that disagree, are no ack. Unknown members are skipped.
 */
#ifndef HOOKQ_REPLY_H
#define HOOKQ_REPLY_H

#include <stdbool.h>
#include <stddef.h>

/* The longest line that is looked at. */
enum { REPLY_MAX = 16 * 1024 };

struct reply {
    bool ok;         /* the daemon has the paths, durably */
    char error[256]; /* its words where it has not, cut to this; may be empty */
};

/* False if the bytes are not one JSON object with blanks around it. */
bool reply_parse(struct reply *reply, const char *bytes, size_t length);

#endif
