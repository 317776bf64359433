#include "options.h"

#include <stdlib.h>
#include <string.h>

#ifdef __APPLE__
#define DEFAULT_SOCKET "/var/lib/hookq/hookq.sock"
#else
#define DEFAULT_SOCKET "/run/hookq/hookq.sock"
#endif
#define DEFAULT_SPOOL "/var/lib/hookq/spool"
#define DEFAULT_GCROOTS "/nix/var/nix/gcroots/hookq"

static const char help[] =
    "usage: hookq-hook [--socket PATH] [--spool DIR] [--gcroots DIR] [--timeout MS]\n"
    "\n"
    "Nix runs this after each build (post-build-hook in nix.conf). It hands the built paths to the hookq daemon,\n"
    "or leaves them in the spool folder for it, and never fails the build.\n"
    "\n"
    "  --socket PATH   the daemon's socket    [HOOKQ_SOCKET, " DEFAULT_SOCKET "]\n"
    "  --spool DIR     the spool folder       [HOOKQ_SPOOL, " DEFAULT_SPOOL "]\n"
    "  --gcroots DIR   roots of what spools   [HOOKQ_GCROOTS, " DEFAULT_GCROOTS "]\n"
    "  --timeout MS    wait for the daemon    [250; 1 to 750]\n"
    "  --version       print the version\n"
    "  --help          print this\n"
    "\n"
    "environment: OUT_PATHS and DRV_PATH, as Nix sets them\n";

static void set_wrong(struct options *options, const char *what, const char *argument)
{
    if (options->wrong.length > 0)
        return;
    text_add_format(&options->wrong, "%s: '%.60s'", what, argument);
}

static const char *environment_or(const char *variable, const char *otherwise)
{
    const char *value = getenv(variable);
    return value != NULL && value[0] != '\0' ? value : otherwise;
}

static void set_timeout(struct options *options, const char *value)
{
    int milliseconds = 0;
    const char *at = value;
    while (*at >= '0' && *at <= '9' && milliseconds <= OPTIONS_MAX_TIMEOUT)
        milliseconds = milliseconds * 10 + (*at++ - '0');
    if (*at != '\0' || milliseconds < 1 || milliseconds > OPTIONS_MAX_TIMEOUT)
        set_wrong(options, "--timeout takes 1 to 750 milliseconds, not", value);
    else
        options->timeout = milliseconds;
}

/* Where the value of an option goes: to one of the paths, or, with `path` null, to the timeout. */
struct target {
    bool known;
    const char **path;
};

static struct target target_of(struct options *options, const char *name, size_t length)
{
    const struct {
        const char *name;
        const char **path;
    } all[] = {
        {"--socket", &options->socket},
        {"--spool", &options->spool},
        {"--gcroots", &options->gcroots},
        {"--timeout", NULL},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (strlen(all[i].name) == length && memcmp(all[i].name, name, length) == 0)
            return (struct target){.known = true, .path = all[i].path};
    }
    return (struct target){.known = false};
}

void options_read(struct options *options, int argc, char **argv)
{
    *options = (struct options){
        .socket = environment_or("HOOKQ_SOCKET", DEFAULT_SOCKET),
        .spool = environment_or("HOOKQ_SPOOL", DEFAULT_SPOOL),
        .gcroots = environment_or("HOOKQ_GCROOTS", DEFAULT_GCROOTS),
        .timeout = OPTIONS_DEFAULT_TIMEOUT,
    };
    options->wrong = TEXT_IN(options->wrong_room);

    /* argc is 0 where the caller gives not even a name. */
    for (int i = 1; i < argc; i++) {
        const char *argument = argv[i];
        if (strcmp(argument, "--help") == 0) {
            options->request = OPTIONS_HELP;
            continue;
        }
        if (strcmp(argument, "--version") == 0) {
            options->request = OPTIONS_VERSION;
            continue;
        }

        size_t name = strcspn(argument, "=");
        struct target target = target_of(options, argument, name);
        if (!target.known) {
            set_wrong(options, "unknown option", argument);
            continue;
        }
        const char *value = argument[name] == '=' ? argument + name + 1 : i + 1 < argc ? argv[++i] : "";
        if (value[0] == '\0')
            set_wrong(options, "option without a value", argument);
        else if (target.path != NULL)
            *target.path = value;
        else
            set_timeout(options, value);
    }
}

const char *options_help(void)
{
    return help;
}
