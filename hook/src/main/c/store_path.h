/*
 * A store path in full, as Nix puts it into OUT_PATHS and DRV_PATH.
 *
 *     path      = store-dir "/" base-name        store-dir: absolute, any; UTF-8, no control characters
 *     base-name = hash-part "-" name
 *     hash-part = 32 of 0-9 a-z without e o u t
 *     name      = 1 to 211 of 0-9 a-z A-Z + - . _ ? =   but not "." or "..", nor one of them before a dash
 *
 * The grammar is the daemon's (io.hookq.store.StorePath): what it would refuse must not spoil the request.
 */
#ifndef HOOKQ_STORE_PATH_H
#define HOOKQ_STORE_PATH_H

#include <stdbool.h>
#include <stddef.h>

enum {
    STORE_PATH_HASH_PART = 32,
    STORE_PATH_MAX_NAME = 211,
    STORE_PATH_MAX_BASE_NAME = STORE_PATH_HASH_PART + 1 + STORE_PATH_MAX_NAME,
    STORE_PATH_MAX = 1023, /* the shortest PATH_MAX among our platforms, macOS's, without the NUL */
};

/* Not NUL-terminated: it lies inside the environment variable. */
struct store_path {
    const char *bytes;
    size_t length;
    const char *base_name; /* inside bytes, up to its end */
    size_t base_name_length;
};

/* False, and nothing in `path`, if the bytes are not a store path. */
bool store_path_parse(struct store_path *path, const char *bytes, size_t length);

bool store_path_is_derivation(const struct store_path *path);

#endif
