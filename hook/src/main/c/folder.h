/*
 * A folder that another user may own, held by descriptor.
 *
 * The hook usually runs as root and writes where the daemon's user may write too. So a folder is opened once, without
 * following a link at its end, and everything in it is done relative to that descriptor: renaming the folder or
 * putting a link in its place leads the hook nowhere else.
 *
 * Who may own it: for root, anybody, since the owner is the daemon's user by design and gains no more than the paths
 * themselves; for others, root or the caller. Group and others must not be able to write.
 */
#ifndef HOOKQ_FOLDER_H
#define HOOKQ_FOLDER_H

#include "text.h"

#include <sys/stat.h>

struct folder {
    int descriptor;
    uid_t owner;
};

/* True if it is open; else `why` says the reason and errno is that of open, or EPERM for a wrong owner or mode. */
bool folder_open(struct folder *folder, const char *path, struct text *why);

void folder_close(struct folder *folder);

#endif
