#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char *objection(const struct stat *status)
{
    uid_t user = geteuid();
    if (user != 0 && status->st_uid != user && status->st_uid != 0)
        return "it belongs to another user";
    if ((status->st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return "group or others may write there";
    return NULL;
}

bool folder_open(struct folder *folder, const char *path, struct text *why)
{
    folder->descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder->descriptor < 0) {
        int error = errno;
        text_add_format(why, "%s: %s", path, strerror(error));
        errno = error;
        return false;
    }

    struct stat status;
    const char *objected =
        fstat(folder->descriptor, &status) == 0 ? objection(&status) : strerror(errno);
    if (objected != NULL) {
        text_add_format(why, "%s: %s", path, objected);
        folder_close(folder);
        errno = EPERM;
        return false;
    }
    folder->owner = status.st_uid;
    return true;
}

void folder_close(struct folder *folder)
{
    close(folder->descriptor);
    folder->descriptor = -1;
}
