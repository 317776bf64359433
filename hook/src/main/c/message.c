#include "message.h"

#include "json.h"

static const char head[] = "{\"op\":\"enqueue\",";
static const char tail[] = "],\"source\":\"hook\"}\n";

size_t message_write(struct text *text, const struct build *build)
{
    text_add_string(text, head);
    if (build->drv.bytes != NULL) {
        text_add_string(text, "\"drv\":");
        json_add_string(text, build->drv.bytes, build->drv.length);
        text_add_string(text, ",");
    }
    text_add_string(text, "\"paths\":[");

    const char *cursor = build->out_paths;
    struct store_path path;
    size_t written = 0, left_out = 0;
    while (build_next_path(&cursor, &path)) {
        size_t before = text->length;
        if (written > 0)
            text_add_string(text, ",");
        json_add_string(text, path.bytes, path.length);
        if (text->cut || text->length + sizeof tail > text->room) {
            text_rewind(text, before);
            left_out++;
        } else {
            written++;
        }
    }
    text_add_string(text, tail);
    return left_out;
}
