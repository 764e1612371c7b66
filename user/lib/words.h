/* SPDX-License-Identifier: MIT */
/*
 * words.h: a command line, taken apart into words.
 *
 * Blanks separate words; '...' and "..." keep them, and a backslash keeps the character after it
 * (not inside '...'). # begins a comment where a word could begin. & at the end asks for a
 * background job. | goes between commands of which each reads what the one before it writes.
 */
#pragma once

#include "user/lib/defs.h"

#define WORDS_MAX    64
#define COMMANDS_MAX 16 /* in one line */

struct words {
    int count;
    char *word[WORDS_MAX + 1]; /* the last is followed by NULL; they lie in the line */
    bool background;
    const char *error; /* NULL, or what is wrong and what to do about it */
};

/* Takes `line` apart in place; false, with `error` set, when it makes no sense. */
bool words_split(struct words *words, char *line);

/*
 * Takes a line of commands with | between them apart, in place. Returns how many there are (one, without words, for an empty
 * line); -1, with commands[0].error set, when it makes no sense.
 */
int commands_split(struct words commands[COMMANDS_MAX], char *line);
