/*
 * GC roots of what is spooled: links `spool-<base name>` in a folder below Nix's gcroots.
 *
 * While Nix runs the hook, the outputs are temporary roots of the build. The daemon roots what it acknowledges; what
 * it does not hear of, the hook has to root itself before it exits, or a garbage collection while the daemon is down
 * would take it. The daemon removes these links once it has its own.
 */
#ifndef HOOKQ_ROOTS_H
#define HOOKQ_ROOTS_H

#include "build.h"
#include "deadline.h"
#include "text.h"

/* Roots every valid path of the build until the deadline. False if some are not rooted, with the reason; a missing
   folder is none: not every machine has one, and the daemon makes indirect roots there. */
bool roots_add(const char *path, const struct build *build, deadline until, struct text *why);

#endif
