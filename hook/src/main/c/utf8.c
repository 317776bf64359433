#include "utf8.h"

size_t utf8_character(const char *bytes, size_t available)
{
    if (available == 0)
        return 0;

    unsigned char first = (unsigned char)bytes[0];
    /* The second byte's range is narrower where the full one would let in overlong forms,
       surrogates, or what lies past U+10FFFF. */
    unsigned char low = 0x80, high = 0xbf;
    size_t length;

    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf) {
        length = 2;
    } else if (first >= 0xe0 && first <= 0xef) {
        length = 3;
        if (first == 0xe0)
            low = 0xa0;
        if (first == 0xed)
            high = 0x9f;
    } else if (first >= 0xf0 && first <= 0xf4) {
        length = 4;
        if (first == 0xf0)
            low = 0x90;
        if (first == 0xf4)
            high = 0x8f;
    } else {
        return 0;
    }

    if (available < length)
        return 0;
    for (size_t i = 1; i < length; i++) {
        unsigned char next = (unsigned char)bytes[i];
        if (next < low || next > high)
            return 0;
        low = 0x80;
        high = 0xbf;
    }
    return length;
}
