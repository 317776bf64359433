/*
 * A bounded text: bytes are added at its end until its room is used up, then it is marked as cut.
 *
 * The hook allocates nothing; every text lives in a fixed array of its owner. Always NUL-terminated.
 */
#ifndef HOOKQ_TEXT_H
#define HOOKQ_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
    char *bytes;
    size_t room; /* of the array, the NUL included */
    size_t length;
    bool cut; /* something did not fit */
};

/* A text over a whole array: `char room[100]; struct text text = TEXT_IN(room);` */
#define TEXT_IN(array) ((struct text){.bytes = (array), .room = sizeof(array)})

/* Adds all of `length` bytes, or marks the text as cut and adds what fits. */
void text_add(struct text *text, const char *bytes, size_t length);

void text_add_string(struct text *text, const char *string);

/* Adds as printf would; what is formatted at once must be shorter than 1 KiB. */
void text_add_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes back everything after the first `length` bytes, the mark of being cut too. */
void text_rewind(struct text *text, size_t length);

#endif
