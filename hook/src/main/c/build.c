#include "build.h"

#include <stdlib.h>
#include <string.h>

/* Nix separates by one blank; people who call the hook by hand also use new lines and tabs. */
static const char separators[] = " \t\r\n";

/* The next run of other bytes: its length, 0 at the end; `*cursor` is left behind it. */
static size_t next_word(const char **cursor, const char **word)
{
    *word = *cursor + strspn(*cursor, separators);
    size_t length = strcspn(*word, separators);
    *cursor = *word + length;
    return length;
}

bool build_next_path(const char **cursor, struct store_path *path)
{
    const char *word;
    size_t length;

    while ((length = next_word(cursor, &word)) > 0) {
        if (store_path_parse(path, word, length))
            return true;
    }
    return false;
}

static void report_not_a_path(struct report *report, const char *what, const char *word, size_t length)
{
    /* Enough of it to be recognised, and to leave room for the rest of the line. */
    int shown = length > 100 ? 100 : (int)length;
    report_add(report, "%s: '%.*s%s'", what, shown, word, length > 100 ? "..." : "");
}

static void read_out_paths(struct build *build, struct report *report)
{
    const char *cursor = build->out_paths, *word, *first_wrong = NULL;
    size_t length, first_wrong_length = 0, wrong = 0;
    struct store_path path;

    while ((length = next_word(&cursor, &word)) > 0) {
        if (store_path_parse(&path, word, length)) {
            build->paths++;
        } else if (wrong++ == 0) {
            first_wrong = word;
            first_wrong_length = length;
        }
    }
    if (wrong == 1)
        report_not_a_path(report, "left out what is not a store path", first_wrong, first_wrong_length);
    if (wrong > 1) {
        char what[80];
        struct text text = TEXT_IN(what);
        text_add_format(&text, "left out %zu words that are not store paths, the first", wrong);
        report_not_a_path(report, what, first_wrong, first_wrong_length);
    }
}

bool build_is_announced(void)
{
    return getenv("OUT_PATHS") != NULL || getenv("DRV_PATH") != NULL;
}

void build_read(struct build *build, struct report *report)
{
    const char *out_paths = getenv("OUT_PATHS");
    const char *drv = getenv("DRV_PATH");

    *build = (struct build){.out_paths = out_paths != NULL ? out_paths : ""};
    read_out_paths(build, report);

    if (drv == NULL || drv[0] == '\0')
        return;
    struct store_path path;
    if (store_path_parse(&path, drv, strlen(drv)) && store_path_is_derivation(&path))
        build->drv = path;
    else
        report_not_a_path(report, "left out a DRV_PATH that is not a derivation's path", drv, strlen(drv));
}

bool build_is_empty(const struct build *build)
{
    return build->paths == 0 && build->drv.bytes == NULL;
}

void build_describe(const struct build *build, struct text *text)
{
    if (build->paths > 0)
        text_add_format(text, "%zu path%s", build->paths, build->paths == 1 ? "" : "s");
    else
        text_add_format(text, "the outputs of %.*s", (int)build->drv.base_name_length, build->drv.base_name);
}
