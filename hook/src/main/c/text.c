#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void text_add(struct text *text, const char *bytes, size_t length)
{
    size_t left = text->room - 1 - text->length;
    if (length > left) {
        length = left;
        text->cut = true;
    }
    if (length > 0)
        memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void text_add_string(struct text *text, const char *string)
{
    text_add(text, string, strlen(string));
}

void text_add_format(struct text *text, const char *format, ...)
{
    char formatted[1024];
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(formatted, sizeof formatted, format, arguments);
    va_end(arguments);
    if (length < 0) {
        text->cut = true;
        return;
    }
    text_add(text, formatted, (size_t)length < sizeof formatted ? (size_t)length : sizeof formatted - 1);
    if ((size_t)length >= sizeof formatted)
        text->cut = true;
}

void text_rewind(struct text *text, size_t length)
{
    text->length = length;
    text->bytes[length] = '\0';
    text->cut = false;
}
