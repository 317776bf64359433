/*
 * hookq-hook: what Nix runs after each build. It hands the built paths to the hookq daemon; where that fails, it leaves
 * them in the spool, rooted. Whatever happens, Nix gets its exit status 0 within about a second.
 */
#include "build.h"
#include "daemon.h"
#include "deadline.h"
#include "message.h"
#include "options.h"
#include "report.h"
#include "roots.h"
#include "spool.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#ifndef HOOKQ_VERSION
#error "the Makefile gives HOOKQ_VERSION"
#endif

enum {
    EXIT_FINE = 0, /* the only one that Nix may see: any other aborts the whole build */
    EXIT_USAGE = 2,
    TOTAL_MILLISECONDS = 1000,
};

/* Without all three, a file that the hook opens could get number 2 and the report would land in it. */
static void fill_standard_descriptors(void)
{
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++) {
        if (fcntl(descriptor, F_GETFD) < 0)
            (void)open("/dev/null", O_RDWR); /* takes the lowest free number, which is this one */
    }
}

/* A peer that hangs up and a file size limit are errors to report, not reasons to die. */
static void ignore_deadly_signals(void)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

/* For a person at a terminal or in a script; nothing was built. */
static int answer(const struct options *options)
{
    if (options->wrong.length > 0) {
        fprintf(stderr, "hookq: %s\n", options->wrong.bytes);
        return EXIT_USAGE;
    }
    switch (options->request) {
    case OPTIONS_HELP:
        fputs(options_help(), stdout);
        break;
    case OPTIONS_VERSION:
        puts("hookq-hook " HOOKQ_VERSION);
        break;
    case OPTIONS_HAND_OVER:
        break;
    }
    return EXIT_FINE;
}

static void keep_for_later(const struct options *options, const struct build *build, const struct text *message,
                           const char *trouble, deadline end, struct report *report)
{
    char what_room[STORE_PATH_MAX_BASE_NAME + 32], root_room[160], spool_room[200];
    struct text what = TEXT_IN(what_room), root_trouble = TEXT_IN(root_room), spool_trouble = TEXT_IN(spool_room);
    build_describe(build, &what);

    /* Roots first: a daemon that comes up now must find them with the spool file, not after it has dealt with it. They
       get half of the time that is left, as thousands of links must not cost the spool its turn. */
    deadline rooting = deadline_in(deadline_milliseconds_left(end) / 2);
    bool rooted = roots_add(options->gcroots, build, rooting, &root_trouble);

    switch (spool_add(options->spool, message, end, &spool_trouble)) {
    case SPOOL_DURABLE:
        report_add(report, "spooled %s because %s", what.bytes, trouble);
        break;
    case SPOOL_WRITTEN:
        report_add(report, "spooled %s because %s; %s", what.bytes, trouble, spool_trouble.bytes);
        break;
    case SPOOL_LOST:
        report_add(report, "lost %s because %s and nothing can be spooled: %s", what.bytes, trouble, spool_trouble.bytes);
        break;
    }
    if (!rooted)
        report_add(report, "not rooted: %s", root_trouble.bytes);
}

static void hand_over(const struct options *options, deadline end, struct report *report)
{
    static char message_room[MESSAGE_MAX + 1]; /* pages that no message reaches cost nothing */
    struct text message = TEXT_IN(message_room);
    struct build build;

    build_read(&build, report);
    if (build_is_empty(&build))
        return;
    size_t left_out = message_write(&message, &build);
    if (left_out > 0)
        report_add(report, "lost %zu paths because one message holds no more", left_out);

    char why_room[200];
    struct text why = TEXT_IN(why_room);
    if (!daemon_enqueue(options->socket, &message, deadline_earlier(end, deadline_in(options->timeout)), &why))
        keep_for_later(options, &build, &message, why.bytes, end, report);
}

int main(int argc, char **argv)
{
    deadline end = deadline_in(TOTAL_MILLISECONDS);
    struct options options;
    struct report report;

    fill_standard_descriptors();
    ignore_deadly_signals();
    options_read(&options, argc, argv);
    if (!build_is_announced())
        return answer(&options);

    deadline_interrupts_at(end);
    report_start(&report);
    if (options.wrong.length > 0)
        report_add(&report, "%s", options.wrong.bytes);
    else if (options.request != OPTIONS_HAND_OVER)
        report_add(&report, "--help and --version are for calls without OUT_PATHS and DRV_PATH");
    hand_over(&options, end, &report);
    report_print(&report, end);
    return EXIT_FINE;
}
