#include "json.h"

#include "utf8.h"

void json_add_string(struct text *text, const char *bytes, size_t length)
{
    text_add_string(text, "\"");
    for (size_t i = 0; i < length;) {
        size_t size = utf8_character(bytes + i, length - i);
        unsigned char c = (unsigned char)bytes[i];

        if (size == 0)
            text_add_string(text, "\\ufffd");
        else if (c == '"' || c == '\\')
            text_add_format(text, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            text_add_format(text, "\\u%04x", c);
        else
            text_add(text, bytes + i, size);
        i += size == 0 ? 1 : size;
    }
    text_add_string(text, "\"");
}
