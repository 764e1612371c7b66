/* SPDX-License-Identifier: MIT */
/*
 * line.c: the line editor.
 *
 * Invariants: cursor <= length < LINE_MAX; window <= cursor; text[length] is NUL.
 */
#include "user/lib/line.h"

#include "user/lib/ctype.h"
#include "user/lib/stdio.h"
#include "user/lib/string.h"

#define CONTROL(letter) ((letter) - 'A' + 1)

enum { KEY_BACKSPACE = 8, KEY_TAB = 9, KEY_ESCAPE = 27, KEY_DELETE = 127 };

/* VT220 sequences "ESC [ number ~". */
enum {
    SEQUENCE_HOME = 1,
    SEQUENCE_DELETE = 3,
    SEQUENCE_END = 4,
    SEQUENCE_HOME_2 = 7,
    SEQUENCE_END_2 = 8,
};

static void write_text(struct line *line, const char *text)
{
    line->write(text, strlen(text));
}

/* Characters of the line that fit behind the prompt; one column stays free for the cursor. */
static size_t room(const struct line *line)
{
    size_t prompt = strlen(line->prompt);
    return prompt + 20 < LINE_COLUMNS ? LINE_COLUMNS - 1 - prompt : 20;
}

void line_refresh(struct line *line)
{
    if (line->cursor < line->window)
        line->window = line->cursor;
    else if (line->cursor - line->window > room(line))
        line->window = line->cursor - room(line);
    size_t shown = line->length - line->window;
    if (shown > room(line))
        shown = room(line);

    char out[LINE_MAX + 64];
    int n = snprintf(out, sizeof out, "\r%s%.*s\x1b[K", line->prompt, (int)shown,
                     line->text + line->window);
    size_t back = shown - (line->cursor - line->window);
    if (back > 0 && n < (int)sizeof out)
        snprintf(out + n, sizeof out - (size_t)n, "\x1b[%zuD", back);
    write_text(line, out);
}

void line_init(struct line *line, void (*write)(const char *, size_t),
               void (*complete)(struct line *))
{
    line->write = write;
    line->complete = complete;
}

void line_begin(struct line *line, const char *prompt)
{
    line->prompt = prompt;
    line->length = line->cursor = line->window = 0;
    line->text[0] = '\0';
    line->state = LINE_PLAIN;
    line->back = 0;
    write_text(line, prompt);
}

void line_insert(struct line *line, const char *text, size_t length)
{
    size_t fits = LINE_MAX - 1 - line->length;
    if (length > fits)
        length = fits;
    bool at_end = line->cursor == line->length;
    memmove(line->text + line->cursor + length, line->text + line->cursor,
            line->length - line->cursor + 1);
    memcpy(line->text + line->cursor, text, length);
    line->length += length;
    line->cursor += length;
    if (at_end && line->cursor - line->window <= room(line))
        line->write(text, length); /* plain typing: nothing else has moved */
    else
        line_refresh(line);
}

/* Deletes from `from` up to `to`, and leaves the cursor there. */
static void delete(struct line *line, size_t from, size_t to)
{
    memmove(line->text + from, line->text + to, line->length - to + 1);
    line->length -= to - from;
    line->cursor = from;
    line_refresh(line);
}

static void move_to(struct line *line, size_t cursor)
{
    if (cursor == line->cursor)
        return;
    line->cursor = cursor;
    line_refresh(line);
}

static void move_left(struct line *line)
{
    if (line->cursor > 0)
        move_to(line, line->cursor - 1);
}

static void move_right(struct line *line)
{
    if (line->cursor < line->length)
        move_to(line, line->cursor + 1);
}

static void delete_back(struct line *line)
{
    if (line->cursor > 0)
        delete(line, line->cursor - 1, line->cursor);
}

static void delete_here(struct line *line)
{
    if (line->cursor < line->length)
        delete(line, line->cursor, line->cursor + 1);
}

static void delete_word(struct line *line)
{
    size_t start = line->cursor;
    while (start > 0 && isspace(line->text[start - 1]))
        start--;
    while (start > 0 && !isspace(line->text[start - 1]))
        start--;
    delete(line, start, line->cursor);
}

static void show(struct line *line, const char *text)
{
    string_copy(line->text, text, sizeof line->text);
    line->length = line->cursor = strlen(line->text);
    line->window = 0;
    line_refresh(line);
}

/* Goes to the line that is `back` lines old, if there is one. */
static void show_history(struct line *line, unsigned back)
{
    unsigned kept = line->remembered < LINE_HISTORY ? line->remembered : LINE_HISTORY;
    if (back > kept)
        return;
    if (line->back == 0)
        string_copy(line->unfinished, line->text, sizeof line->unfinished);
    line->back = back;
    if (back == 0)
        show(line, line->unfinished);
    else
        show(line, line->history[(line->remembered - back) % LINE_HISTORY]);
}

static void older(struct line *line)
{
    show_history(line, line->back + 1);
}

static void newer(struct line *line)
{
    if (line->back > 0)
        show_history(line, line->back - 1);
}

void line_remember(struct line *line, const char *text)
{
    if (text[strspn(text, " \t")] == '\0')
        return;
    if (line->remembered > 0 &&
        strcmp(line->history[(line->remembered - 1) % LINE_HISTORY], text) == 0)
        return;
    string_copy(line->history[line->remembered++ % LINE_HISTORY], text, LINE_MAX);
}

/* The last byte of "ESC [ number letter" or "ESC O letter". */
static void sequence(struct line *line, uint8_t byte)
{
    switch (byte) {
    case 'A':
        older(line);
        break;
    case 'B':
        newer(line);
        break;
    case 'C':
        move_right(line);
        break;
    case 'D':
        move_left(line);
        break;
    case 'H':
        move_to(line, 0);
        break;
    case 'F':
        move_to(line, line->length);
        break;
    case '~':
        if (line->parameter == SEQUENCE_DELETE)
            delete_here(line);
        else if (line->parameter == SEQUENCE_HOME || line->parameter == SEQUENCE_HOME_2)
            move_to(line, 0);
        else if (line->parameter == SEQUENCE_END || line->parameter == SEQUENCE_END_2)
            move_to(line, line->length);
        break;
    }
}

/* A byte within an escape sequence; unknown sequences are swallowed whole. */
static void escape(struct line *line, uint8_t byte)
{
    if (line->state == LINE_ESCAPE) {
        line->state = byte == '[' || byte == 'O' ? LINE_SEQUENCE : LINE_PLAIN;
        line->parameter = 0;
    } else if (isdigit(byte)) {
        line->parameter = (line->parameter * 10 + (byte - '0')) % 1000;
    } else if (byte >= '@' && byte <= '~') { /* ECMA-48: a final byte */
        line->state = LINE_PLAIN;
        sequence(line, byte);
    }
}

static enum line_event enter(struct line *line)
{
    move_to(line, line->length);
    write_text(line, "\r\n");
    return LINE_DONE;
}

static void edit(struct line *line, uint8_t byte)
{
    switch (byte) {
    case CONTROL('A'):
        move_to(line, 0);
        break;
    case CONTROL('B'):
        move_left(line);
        break;
    case CONTROL('D'):
        delete_here(line);
        break;
    case CONTROL('E'):
        move_to(line, line->length);
        break;
    case CONTROL('F'):
        move_right(line);
        break;
    case KEY_BACKSPACE:
    case KEY_DELETE:
        delete_back(line);
        break;
    case KEY_TAB:
        if (line->complete != NULL)
            line->complete(line);
        break;
    case CONTROL('K'):
        delete(line, line->cursor, line->length);
        break;
    case CONTROL('L'):
        write_text(line, "\x1b[H\x1b[2J");
        line_refresh(line);
        break;
    case CONTROL('N'):
        newer(line);
        break;
    case CONTROL('P'):
        older(line);
        break;
    case CONTROL('U'):
        delete(line, 0, line->cursor);
        break;
    case CONTROL('W'):
        delete_word(line);
        break;
    case KEY_ESCAPE:
        line->state = LINE_ESCAPE;
        break;
    default:
        if (isprint(byte))
            line_insert(line, (const char *)&byte, 1);
    }
}

enum line_event line_feed(struct line *line, uint8_t byte)
{
    bool after_return = line->after_return;
    line->after_return = byte == '\r';
    if (byte == '\n' && after_return)
        return LINE_MORE;
    if (byte == '\r' || byte == '\n')
        return enter(line);
    if (byte == CONTROL('C')) {
        write_text(line, "^C\r\n");
        return LINE_INTERRUPTED;
    }
    if (line->state != LINE_PLAIN)
        escape(line, byte);
    else if (byte == CONTROL('D') && line->length == 0)
        return LINE_END;
    else
        edit(line, byte);
    return LINE_MORE;
}
