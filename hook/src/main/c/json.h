/* JSON strings, written: RFC 8259, ASCII control characters escaped, always valid UTF-8. */
#ifndef HOOKQ_JSON_H
#define HOOKQ_JSON_H

#include "text.h"

/* Adds the bytes as a string with its quotes; what is not UTF-8 becomes U+FFFD, a byte each. */
void json_add_string(struct text *text, const char *bytes, size_t length);

#endif
