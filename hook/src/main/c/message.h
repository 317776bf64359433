/*
 * The one line that says what was built, to the daemon's socket or into the spool, the same bytes in both:
 *
 *     {"op":"enqueue","drv":"/nix/store/….drv","paths":["/nix/store/…",…],"source":"hook"}\n
 *
 * "drv" is left out where Nix set no DRV_PATH; "paths" may be empty, and the daemon then asks Nix for the
 * derivation's outputs.
 */
#ifndef HOOKQ_MESSAGE_H
#define HOOKQ_MESSAGE_H

#include "build.h"
#include "text.h"

/* What the daemon takes as one line, its end included. */
enum { MESSAGE_MAX = 1 << 20 };

/* Writes the line into `text`, which has room for MESSAGE_MAX bytes and a NUL; returns how many paths were left
   out because it would have grown past that. */
size_t message_write(struct text *text, const struct build *build);

#endif
