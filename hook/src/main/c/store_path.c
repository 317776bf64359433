#include "store_path.h"

#include "utf8.h"

#include <string.h>

/* strchr would find the NUL too. */
static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static bool is_hash_part(const char *bytes)
{
    for (size_t i = 0; i < STORE_PATH_HASH_PART; i++) {
        if (!is_one_of(bytes[i], "0123456789abcdfghijklmnpqrsvwxyz"))
            return false;
    }
    return true;
}

static bool is_name(const char *bytes, size_t length)
{
    if (length == 0 || length > STORE_PATH_MAX_NAME)
        return false;
    for (size_t i = 0; i < length; i++) {
        char c = bytes[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool digit = c >= '0' && c <= '9';
        if (!letter && !digit && !is_one_of(c, "+-._?="))
            return false;
    }
    /* "." and "..", alone or before a dash, are refused by newer Nix. */
    size_t dots = bytes[0] != '.' ? 0 : length > 1 && bytes[1] == '.' ? 2 : 1;
    return dots == 0 || (length > dots && bytes[dots] != '-');
}

/* Any absolute directory in plain form: no empty component, no "." or "..". */
static bool is_store_dir(const char *bytes, size_t length)
{
    if (length < 2 || bytes[0] != '/')
        return false;

    size_t component = 1; /* where the current component begins */
    for (size_t i = 1; i <= length; i++) {
        if (i < length && bytes[i] != '/')
            continue;
        size_t size = i - component;
        if (size == 0 || (size == 1 && bytes[component] == '.')
            || (size == 2 && bytes[component] == '.' && bytes[component + 1] == '.'))
            return false;
        component = i + 1;
    }

    for (size_t i = 0; i < length;) {
        size_t size = utf8_character(bytes + i, length - i);
        unsigned char c = (unsigned char)bytes[i];
        bool c1_control = size == 2 && c == 0xc2 && (unsigned char)bytes[i + 1] < 0xa0;
        if (size == 0 || c < 0x20 || c == 0x7f || c1_control)
            return false;
        i += size;
    }
    return true;
}

bool store_path_parse(struct store_path *path, const char *bytes, size_t length)
{
    if (length > STORE_PATH_MAX)
        return false;

    size_t base = length;
    while (base > 0 && bytes[base - 1] != '/')
        base--;
    if (base == 0 || !is_store_dir(bytes, base - 1))
        return false;

    size_t base_length = length - base;
    if (base_length < STORE_PATH_HASH_PART + 2 || !is_hash_part(bytes + base)
        || bytes[base + STORE_PATH_HASH_PART] != '-')
        return false;
    if (!is_name(bytes + base + STORE_PATH_HASH_PART + 1, base_length - STORE_PATH_HASH_PART - 1))
        return false;

    *path = (struct store_path){
        .bytes = bytes, .length = length, .base_name = bytes + base, .base_name_length = base_length};
    return true;
}

bool store_path_is_derivation(const struct store_path *path)
{
    static const char suffix[] = ".drv";
    size_t length = sizeof suffix - 1;
    return path->base_name_length > length
        && memcmp(path->bytes + path->length - length, suffix, length) == 0;
}
