/* SPDX-License-Identifier: MIT */
/*
 * input.h: what tools read: a file of the archive, a pipe, or what is typed.
 *
 * What is typed ends with Ctrl-D, and Enter ends a line; Ctrl-C ends the program. What cannot be read is told on
 * the error output and counts as the end, with `failed` set.
 */
#pragma once

#include "user/lib/defs.h"
#include "user/lib/ponte.h"

struct input {
    const char *path; /* NULL: standard input */
    uint64_t offset;  /* in the file */
    bool typed;       /* standard input is a console */
    bool ended, failed;
    char *text;       /* read and not yet given out as lines: text[at .. used - 1] */
    size_t at, used, size;
};

/* `path` NULL or "-" is standard input. */
struct input input_begin(const char *path);

/* Up to `size` bytes, at least one; 0 at the end. Not together with input_line. */
size_t input_block(struct input *input, void *buffer, size_t size);

/* The next line without its newline, NUL-terminated, good until the next call; NULL at the end. The last one needs no newline. */
char *input_line(struct input *input, size_t *length);

/* Frees what it took; the program's exit code so far: 1 if it failed. */
int input_end(struct input *input);
