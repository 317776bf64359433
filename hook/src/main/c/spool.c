#include "spool.h"

#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MAX_NAME = 80 };

static void name_file(char final[static MAX_NAME], char temporary[static MAX_NAME])
{
    struct timespec time = {0};
    clock_gettime(CLOCK_REALTIME, &time);
    long long seconds = time.tv_sec < 0 ? 0 : (long long)time.tv_sec;
    snprintf(final, MAX_NAME, "%020lld-%09ld-%ld.json", seconds, time.tv_nsec, (long)getpid());
    snprintf(temporary, MAX_NAME, ".%020lld-%09ld-%ld.tmp", seconds, time.tv_nsec, (long)getpid());
}

static bool fail(struct text *why, const char *what)
{
    text_add_format(why, "%s: %s", what, errno == EINTR ? "out of time" : strerror(errno));
    return false;
}

static bool write_all(int file, const struct text *message)
{
    for (size_t written = 0; written < message->length;) {
        ssize_t count = write(file, message->bytes + written, message->length - written);
        if (count < 0)
            return false;
        written += (size_t)count;
    }
    return true;
}

/* Down to the platter: on macOS a plain fsync ends in the drive's cache. */
static bool reach_disk(int descriptor)
{
#ifdef __APPLE__
    if (fcntl(descriptor, F_FULLFSYNC) == 0)
        return true;
    if (errno != ENOTSUP && errno != EINVAL && errno != ENOTTY)
        return false;
#endif
    if (fsync(descriptor) == 0)
        return true;
    return errno == EINVAL || errno == ENOTSUP; /* a file system that has nothing to synchronise */
}

/* Fills the temporary file and makes it durable. */
static bool fill(int file, const struct folder *folder, const struct text *message, deadline until,
                 bool *synchronised, struct text *why)
{
    if (!write_all(file, message))
        return fail(why, "cannot write the spool file");
    /* The daemon's user must be able to read and remove it. */
    if (geteuid() == 0 && folder->owner != 0 && fchown(file, folder->owner, (gid_t)-1) != 0)
        return fail(why, "cannot give the spool file to the folder's owner");
    *synchronised = !deadline_passed(until);
    if (*synchronised && !reach_disk(file))
        return fail(why, "cannot synchronise the spool file");
    return true;
}

static enum spool_outcome add_to(const struct folder *folder, const struct text *message, deadline until,
                                 struct text *why)
{
    char final[MAX_NAME], temporary[MAX_NAME];
    name_file(final, temporary);

    int file = openat(folder->descriptor, temporary,
                      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file < 0) {
        fail(why, "cannot create a spool file");
        return SPOOL_LOST;
    }

    bool synchronised = false;
    bool filled = fill(file, folder, message, until, &synchronised, why);
    close(file); /* says nothing that fsync has not said */
    if (filled && renameat(folder->descriptor, temporary, folder->descriptor, final) != 0)
        filled = fail(why, "cannot rename the spool file");
    if (!filled) {
        unlinkat(folder->descriptor, temporary, 0);
        return SPOOL_LOST;
    }

    if (!synchronised || deadline_passed(until)) {
        text_add_string(why, "no time was left to synchronise the spool");
        return SPOOL_WRITTEN;
    }
    if (!reach_disk(folder->descriptor)) {
        fail(why, "cannot synchronise the spool folder");
        return SPOOL_WRITTEN;
    }
    return SPOOL_DURABLE;
}

enum spool_outcome spool_add(const char *path, const struct text *message, deadline until, struct text *why)
{
    struct folder folder;
    if (!folder_open(&folder, path, why))
        return SPOOL_LOST;
    enum spool_outcome outcome = add_to(&folder, message, until, why);
    folder_close(&folder);
    return outcome;
}
