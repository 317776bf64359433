/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing past U+10FFFF. */
#ifndef HOOKQ_UTF8_H
#define HOOKQ_UTF8_H

#include <stddef.h>

/* How many bytes the character at `bytes` takes, 1 to 4; 0 if the `available` bytes do not begin with one. */
size_t utf8_character(const char *bytes, size_t available);

#endif
