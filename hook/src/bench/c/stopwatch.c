/*
 * Times commands from spawn to exit, in turn, so that noise meets all of them alike. See ../../../../bench/hook.
 *
 *     stopwatch RUNS PATHS -- NAME COMMAND [ARGUMENT…] -- NAME fsync DIR -- …
 *
 * PATHS is a file with one store path a line; each run of a command finds another one in OUT_PATHS. The command
 * `fsync` is built in: a new file of a message's size is written in DIR and synchronised. Prints one line each:
 * name, median, 95th percentile, in milliseconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { MAX_CONTESTANTS = 16, MAX_RUNS = 10000, MAX_LINE = 1024, MESSAGE_SIZE = 200 };

struct contestant {
    const char *name;
    char **command; /* ends with a null pointer */
    double *milliseconds;
};

static void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

static void die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("stopwatch: ", stderr);
    vfprintf(stderr, format, arguments);
    fputs("\n", stderr);
    va_end(arguments);
    exit(1);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static double time_command(char **command)
{
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, STDERR_FILENO, "/dev/null", O_WRONLY, 0);

    double start = now();
    pid_t child;
    int error = posix_spawn(&child, command[0], &quiet, NULL, command, environ);
    if (error != 0)
        die("%s: %s", command[0], strerror(error));
    int status;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            die("waitpid: %s", strerror(errno));
    }
    double end = now();

    posix_spawn_file_actions_destroy(&quiet);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        die("%s ended with %d", command[0], status);
    return end - start;
}

static double time_fsync(const char *folder)
{
    static const char message[MESSAGE_SIZE];
    char name[MAX_LINE];
    snprintf(name, sizeof name, "%s/stopwatch-%ld", folder, (long)getpid());

    int file = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (file < 0 || write(file, message, sizeof message) != (ssize_t)sizeof message)
        die("%s: %s", name, strerror(errno));
    double start = now();
#ifdef __APPLE__
    int failed = fcntl(file, F_FULLFSYNC);
#else
    int failed = fsync(file);
#endif
    double end = now();
    if (failed != 0)
        die("%s: %s", name, strerror(errno));
    close(file);
    unlink(name);
    return end - start;
}

static int ascending(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

static void print_figures(const struct contestant *contestant, size_t runs)
{
    double *sorted = contestant->milliseconds;
    qsort(sorted, runs, sizeof *sorted, ascending);
    double median = runs % 2 == 1 ? sorted[runs / 2] : (sorted[runs / 2 - 1] + sorted[runs / 2]) / 2;
    printf("%s %.2f %.2f\n", contestant->name, median, sorted[runs * 95 / 100]);
}

static void next_path(FILE *paths)
{
    char line[MAX_LINE];
    if (fgets(line, sizeof line, paths) == NULL)
        die("too few paths");
    line[strcspn(line, "\n")] = '\0';
    if (setenv("OUT_PATHS", line, 1) != 0)
        die("setenv: %s", strerror(errno));
}

int main(int argc, char **argv)
{
    struct contestant contestants[MAX_CONTESTANTS];
    size_t count = 0;
    long runs = argc > 3 ? strtol(argv[1], NULL, 10) : 0;
    if (runs < 1 || runs > MAX_RUNS)
        die("usage: stopwatch RUNS PATHS -- NAME COMMAND [ARGUMENT...] -- ...");
    FILE *paths = fopen(argv[2], "r");
    if (paths == NULL)
        die("%s: %s", argv[2], strerror(errno));

    for (int i = 3; i < argc; i++) {
        if (strcmp(argv[i], "--") != 0)
            continue;
        argv[i] = NULL; /* ends the command before it */
        if (count == MAX_CONTESTANTS || i + 2 >= argc)
            die("too many commands, or one without a name");
        double *milliseconds = calloc((size_t)runs, sizeof *milliseconds);
        if (milliseconds == NULL)
            die("out of memory");
        contestants[count++] =
            (struct contestant){.name = argv[i + 1], .command = argv + i + 2, .milliseconds = milliseconds};
        i += 2;
    }

    for (long run = 0; run < runs; run++) {
        next_path(paths);
        for (size_t i = 0; i < count; i++) {
            char **command = contestants[i].command;
            contestants[i].milliseconds[run] =
                strcmp(command[0], "fsync") == 0 && command[1] != NULL ? time_fsync(command[1]) : time_command(command);
        }
    }
    for (size_t i = 0; i < count; i++)
        print_figures(&contestants[i], (size_t)runs);
    fclose(paths);
    return 0;
}
