/*
 * The command line, the environment behind it, the platform's defaults behind that.
 *
 * Nix gives its hook no arguments; a wrapper script, a test or a person does.
 */
#ifndef HOOKQ_OPTIONS_H
#define HOOKQ_OPTIONS_H

#include "text.h"

enum {
    OPTIONS_DEFAULT_TIMEOUT = 250, /* milliseconds */
    OPTIONS_MAX_TIMEOUT = 750,     /* leaves the spool its part of the whole second */
};

enum options_request { OPTIONS_HAND_OVER, OPTIONS_HELP, OPTIONS_VERSION };

struct options {
    const char *socket;  /* the daemon's socket */
    const char *spool;   /* the folder that takes what the daemon does not */
    const char *gcroots; /* the folder for GC roots of what is spooled */
    int timeout;         /* milliseconds for the whole exchange with the daemon */
    enum options_request request;
    char wrong_room[160];
    struct text wrong; /* the first thing wrong with the command line; empty if nothing is */
};

/* Reads them all. What is right counts even where something else is wrong: under Nix the hook goes on. */
void options_read(struct options *options, int argc, char **argv);

/* What --help prints. */
const char *options_help(void);

#endif
