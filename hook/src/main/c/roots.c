#include "roots.h"

#include "folder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MAX_LINK_NAME = sizeof "spool-" + STORE_PATH_MAX_BASE_NAME, MAX_TEMPORARY_NAME = 80 };

/* A symlink appears whole or not at all, so only one that is there already, from an earlier build, is replaced by way
   of a temporary one: at no moment is there none. */
static bool link_path(const struct folder *folder, const struct store_path *path, const char *temporary)
{
    char target[STORE_PATH_MAX + 1], name[MAX_LINK_NAME];
    memcpy(target, path->bytes, path->length);
    target[path->length] = '\0';
    snprintf(name, sizeof name, "spool-%.*s", (int)path->base_name_length, path->base_name);

    if (symlinkat(target, folder->descriptor, name) == 0)
        return true;
    if (errno != EEXIST)
        return false;
    if (symlinkat(target, folder->descriptor, temporary) != 0)
        return false;
    if (renameat(folder->descriptor, temporary, folder->descriptor, name) == 0)
        return true;
    int error = errno;
    unlinkat(folder->descriptor, temporary, 0);
    errno = error;
    return false;
}

bool roots_add(const char *path, const struct build *build, deadline until, struct text *why)
{
    if (build->paths == 0)
        return true;
    struct folder folder;
    if (!folder_open(&folder, path, why))
        return errno == ENOENT;

    char temporary[MAX_TEMPORARY_NAME];
    struct timespec time = {0};
    clock_gettime(CLOCK_REALTIME, &time);
    snprintf(temporary, sizeof temporary, ".tmp-%lld-%09ld-%ld", (long long)time.tv_sec, time.tv_nsec,
             (long)getpid());

    const char *cursor = build->out_paths;
    struct store_path store_path;
    size_t rooted = 0;
    bool linked = true;
    while (linked && build_next_path(&cursor, &store_path)) {
        linked = !deadline_passed(until) && link_path(&folder, &store_path, temporary);
        if (linked)
            rooted++;
        else
            text_add_format(why, "%zu of %zu, %s: %s", build->paths - rooted, build->paths, path,
                            deadline_passed(until) ? "out of time" : strerror(errno));
    }
    folder_close(&folder);
    return linked;
}
