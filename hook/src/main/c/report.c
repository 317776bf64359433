#include "report.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char prefix[] = "hookq: ";
static const char ellipsis[] = "...\n";

void report_start(struct report *report)
{
    report->text = TEXT_IN(report->line);
    text_add_string(&report->text, prefix);
}

static bool is_empty(const struct report *report)
{
    return report->text.length == sizeof prefix - 1;
}

void report_add(struct report *report, const char *format, ...)
{
    char trouble[REPORT_MAX];
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(trouble, sizeof trouble, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    if (!is_empty(report))
        text_add_string(&report->text, "; ");
    text_add_string(&report->text, trouble);
}

void report_print(struct report *report, deadline until)
{
    if (is_empty(report))
        return;

    struct text *text = &report->text;
    if (text->cut || text->length + 1 >= text->room) {
        text_rewind(text, text->room - sizeof ellipsis);
        text_add_string(text, ellipsis);
    } else {
        text_add_string(text, "\n");
    }
    for (size_t i = 0; i + 1 < text->length; i++) {
        char c = text->bytes[i];
        if (c < 0x20 || c > 0x7e)
            text->bytes[i] = '?';
    }

    /* Nobody may be reading: rather lose the line than hold up the build. */
    struct pollfd standard_error = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&standard_error, 1, deadline_milliseconds_left(until)) == 1
        && (standard_error.revents & POLLOUT) != 0
        && write(STDERR_FILENO, text->bytes, text->length) < 0)
        return; /* nowhere left to say so */
}
