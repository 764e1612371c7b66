/* SPDX-License-Identifier: MIT */
/* input.c: see input.h. */
#include "user/lib/input.h"

#include "user/lib/process.h"
#include "user/lib/status.h"
#include "user/lib/stdio.h"
#include "user/lib/stdlib.h"
#include "user/lib/stream.h"
#include "user/lib/string.h"

#define BLOCK 4096

enum { CTRL_C = 3, CTRL_D = 4 };

static void fail(struct input *input, status_t why)
{
    input->ended = input->failed = true;
    if (why == ERR_NOT_FOUND)
        warn("there is no file '%s'; `ls` lists them", input->path);
    else
        warn("%s: %s", input->path != NULL ? input->path : "standard input", status_text(why));
}

struct input input_begin(const char *path)
{
    struct handle_info info;
    struct input input = { .path = path };
    if (path != NULL && strcmp(path, "-") != 0)
        return input;
    input.path = NULL;
    if (sys_handle_info(start_handle(START_STDIN), &info) < 0) {
        input.ended = input.failed = true;
        warn("nothing to read: name a file, put it behind a |, or start it with `input`");
    } else {
        input.typed = info.type == OBJ_CONSOLE;
    }
    return input;
}

/* Typed bytes as a tool wants to see them; returns how many there are before the end. */
static size_t take_typed(struct input *input, char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == CTRL_C)
            exit(130);
        if (bytes[i] == CTRL_D) {
            input->ended = true;
            return i;
        }
        if (bytes[i] == '\r')
            bytes[i] = '\n';
    }
    print_bytes(bytes, n); /* nobody else shows what is typed */
    flush();
    return n;
}

size_t input_block(struct input *input, void *buffer, size_t size)
{
    if (input->ended)
        return 0;
    status_t n;
    if (input->path != NULL)
        n = sys_file_read(input->path, input->offset, buffer, size);
    else
        n = stream_read(start_handle(START_STDIN), buffer, size, DEADLINE_FOREVER);
    if (n < 0)
        fail(input, n);
    if (n <= 0) {
        input->ended = true;
        return 0;
    }
    input->offset += (uint64_t)n;
    return input->typed ? take_typed(input, buffer, (size_t)n) : (size_t)n;
}

/* Room for one more block and a NUL, what is there moved to the front. */
static bool make_room(struct input *input)
{
    memmove(input->text, input->text + input->at, input->used - input->at);
    input->used -= input->at;
    input->at = 0;
    if (input->size - input->used > BLOCK)
        return true;
    size_t size = input->size * 2 + 2 * BLOCK;
    char *text = realloc(input->text, size);
    if (text == NULL) {
        fail(input, ERR_OUT_OF_MEMORY);
        return false;
    }
    input->text = text;
    input->size = size;
    return true;
}

char *input_line(struct input *input, size_t *length)
{
    size_t looked = 0; /* there is no newline in so many bytes of the line */
    for (;;) {
        char *line = input->text + input->at;
        size_t there = input->used - input->at;
        char *newline = there > looked ? memchr(line + looked, '\n', there - looked) : NULL;
        if (newline != NULL || (input->ended && there > 0 && !input->failed)) {
            *length = newline != NULL ? (size_t)(newline - line) : there;
            line[*length] = '\0';
            input->at += *length + (newline != NULL);
            return line;
        }
        looked = there;
        if (input->ended || !make_room(input))
            return NULL;
        input->used += input_block(input, input->text + input->used, BLOCK);
    }
}

int input_end(struct input *input)
{
    free(input->text);
    input->text = NULL;
    return input->failed;
}
