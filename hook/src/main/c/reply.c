#include "reply.h"

#include "text.h"
#include "utf8.h"

#include <string.h>

/* Far more than any answer has, far less than the stack. */
enum { MAX_DEPTH = 32 };

struct cursor {
    const char *at, *end;
};

/* What the members of the outermost object amount to. */
struct verdict {
    bool ok_seen, ok_denied;
    struct text error;
};

static bool value(struct cursor *cursor, int depth);

static void skip_blanks(struct cursor *cursor)
{
    while (cursor->at < cursor->end && *cursor->at != '\0' && strchr(" \t\r\n", *cursor->at) != NULL)
        cursor->at++;
}

static bool take(struct cursor *cursor, char c)
{
    if (cursor->at == cursor->end || *cursor->at != c)
        return false;
    cursor->at++;
    return true;
}

static bool take_word(struct cursor *cursor, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, word, length) != 0)
        return false;
    cursor->at += length;
    return true;
}

static bool take_digits(struct cursor *cursor)
{
    const char *start = cursor->at;
    while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9')
        cursor->at++;
    return cursor->at > start;
}

static bool number(struct cursor *cursor)
{
    take(cursor, '-');
    if (!take(cursor, '0') && !take_digits(cursor))
        return false;
    if (take(cursor, '.') && !take_digits(cursor))
        return false;
    if (take(cursor, 'e') || take(cursor, 'E')) {
        if (!take(cursor, '+'))
            take(cursor, '-');
        return take_digits(cursor);
    }
    return true;
}

/* Four hexadecimal digits; -1 if they are not. */
static int hex4(struct cursor *cursor)
{
    int code = 0;
    for (int i = 0; i < 4; i++) {
        if (cursor->at == cursor->end)
            return -1;
        char c = *cursor->at++;
        if (c >= '0' && c <= '9')
            code = code * 16 + (c - '0');
        else if (c >= 'a' && c <= 'f')
            code = code * 16 + (c - 'a' + 10);
        else if (c >= 'A' && c <= 'F')
            code = code * 16 + (c - 'A' + 10);
        else
            return -1;
    }
    return code;
}

/* What follows a backslash. Characters past ASCII become a question mark, as the hook prints no others. */
static bool escape(struct cursor *cursor, struct text *out)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";

    if (cursor->at == cursor->end)
        return false;
    char c = *cursor->at++;
    if (c == 'u') {
        int code = hex4(cursor);
        if (code < 0)
            return false;
        text_add(out, code > 0 && code < 0x80 ? &(char){(char)code} : "?", 1);
        return true;
    }
    const char *letter = c == '\0' ? NULL : strchr(letters, c);
    if (letter == NULL)
        return false;
    text_add(out, meanings + (letter - letters), 1);
    return true;
}

/* A string, its text added to `out` as far as that has room. */
static bool string(struct cursor *cursor, struct text *out)
{
    if (!take(cursor, '"'))
        return false;
    while (cursor->at < cursor->end) {
        if (take(cursor, '"'))
            return true;
        if (take(cursor, '\\')) {
            if (!escape(cursor, out))
                return false;
            continue;
        }
        size_t size = utf8_character(cursor->at, (size_t)(cursor->end - cursor->at));
        if (size == 0 || (unsigned char)*cursor->at < 0x20)
            return false;
        text_add(out, size == 1 ? cursor->at : "?", 1);
        cursor->at += size;
    }
    return false;
}

static bool skip_string(struct cursor *cursor)
{
    char nowhere[1];
    return string(cursor, &TEXT_IN(nowhere));
}

static bool array(struct cursor *cursor, int depth)
{
    if (!take(cursor, '['))
        return false;
    skip_blanks(cursor);
    if (take(cursor, ']'))
        return true;
    do {
        if (!value(cursor, depth))
            return false;
    } while (take(cursor, ','));
    return take(cursor, ']');
}

/* The value of one member of the outermost object. */
static bool outermost_member(struct cursor *cursor, const char *name, struct verdict *verdict)
{
    skip_blanks(cursor);
    const char *start = cursor->at;
    if (strcmp(name, "error") == 0 && start < cursor->end && *start == '"') {
        text_rewind(&verdict->error, 0);
        bool complete = string(cursor, &verdict->error);
        skip_blanks(cursor);
        return complete;
    }
    if (!value(cursor, 1))
        return false;
    if (strcmp(name, "ok") == 0) {
        verdict->ok_seen = true;
        if (*start != 't') /* a value that begins so can only be true */
            verdict->ok_denied = true;
    }
    return true;
}

/* `verdict` is null for an inner object. */
static bool object(struct cursor *cursor, int depth, struct verdict *verdict)
{
    if (!take(cursor, '{'))
        return false;
    skip_blanks(cursor);
    if (take(cursor, '}'))
        return true;
    do {
        char name[8];
        struct text text = TEXT_IN(name);
        name[0] = '\0';
        skip_blanks(cursor);
        if (!string(cursor, &text))
            return false;
        skip_blanks(cursor);
        if (!take(cursor, ':'))
            return false;
        if (!(verdict != NULL ? outermost_member(cursor, name, verdict) : value(cursor, depth)))
            return false;
    } while (take(cursor, ','));
    return take(cursor, '}');
}

/* Any value with the blanks around it. */
static bool value(struct cursor *cursor, int depth)
{
    skip_blanks(cursor);
    if (cursor->at == cursor->end || depth >= MAX_DEPTH)
        return false;
    bool valid;
    switch (*cursor->at) {
    case '{':
        valid = object(cursor, depth + 1, NULL);
        break;
    case '[':
        valid = array(cursor, depth + 1);
        break;
    case '"':
        valid = skip_string(cursor);
        break;
    case 't':
        valid = take_word(cursor, "true");
        break;
    case 'f':
        valid = take_word(cursor, "false");
        break;
    case 'n':
        valid = take_word(cursor, "null");
        break;
    default:
        valid = number(cursor);
    }
    skip_blanks(cursor);
    return valid;
}

bool reply_parse(struct reply *reply, const char *bytes, size_t length)
{
    struct cursor cursor = {.at = bytes, .end = bytes + length};
    struct verdict verdict = {.error = TEXT_IN(reply->error)};

    reply->ok = false;
    reply->error[0] = '\0';
    skip_blanks(&cursor);
    bool valid = object(&cursor, 0, &verdict);
    skip_blanks(&cursor);
    if (!valid || cursor.at != cursor.end)
        return false;
    reply->ok = verdict.ok_seen && !verdict.ok_denied;
    return true;
}
