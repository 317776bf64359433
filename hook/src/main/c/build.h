/*
 * What Nix says it has built: OUT_PATHS and DRV_PATH, taken from the environment and never trusted.
 *
 * OUT_PATHS is walked where it lies, as often as needed, and hands out its valid store paths only.
 */
#ifndef HOOKQ_BUILD_H
#define HOOKQ_BUILD_H

#include "report.h"
#include "store_path.h"
#include "text.h"

struct build {
    const char *out_paths; /* never null */
    struct store_path drv; /* bytes is null: there is none */
    size_t paths;          /* valid ones in out_paths */
};

/* Whether Nix, or someone in its place, is calling: a wrong exit status would abort its build. */
bool build_is_announced(void);

/* Reads both variables; what is not a store path is reported and left out. */
void build_read(struct build *build, struct report *report);

bool build_is_empty(const struct build *build);

/* The next valid path; `*cursor` begins as out_paths. False at the end. */
bool build_next_path(const char **cursor, struct store_path *path);

/* "3 paths", or "the outputs of …-hello.drv" where Nix did not name them. */
void build_describe(const struct build *build, struct text *text);

#endif
