/* SPDX-License-Identifier: MIT */
/*
 * line.h: editing one line on a terminal, a byte at a time.
 *
 *     arrows, Home, End, Ctrl-A Ctrl-E Ctrl-B Ctrl-F    move
 *     Backspace, Delete, Ctrl-D                         delete a character
 *     Ctrl-U Ctrl-K Ctrl-W                              delete to the start, the end, a word back
 *     Up, Down, Ctrl-P Ctrl-N                           history
 *     Tab                                               the program's own completion
 *     Ctrl-L                                            clear the screen
 *     Ctrl-C, Ctrl-D on an empty line, Enter            reported
 *
 * The editor asks for nothing and waits for nothing: it is given bytes and writes what the
 * terminal should do. A line longer than the terminal is shown through a window that follows the
 * cursor. No locks: one thread.
 */
#pragma once

#include "user/lib/defs.h"

#define LINE_MAX     256 /* bytes, with the NUL */
#define LINE_HISTORY 32  /* lines */
#define LINE_COLUMNS 80  /* what every terminal has */

enum line_event {
    LINE_MORE,        /* go on */
    LINE_DONE,        /* Enter: text is complete */
    LINE_INTERRUPTED, /* Ctrl-C: the line is given up */
    LINE_END,         /* Ctrl-D on an empty line */
};

/* How much of an escape sequence has come: none, ESC, "ESC [" or "ESC O". */
enum line_state { LINE_PLAIN, LINE_ESCAPE, LINE_SEQUENCE };

struct line {
    const char *prompt;
    void (*write)(const char *text, size_t length);
    void (*complete)(struct line *line); /* Tab; may be NULL */
    char text[LINE_MAX];                 /* always ended by a NUL */
    size_t length, cursor;
    size_t window; /* the first character that is shown */

    enum line_state state;
    unsigned parameter; /* the number in an escape sequence so far */
    bool after_return;  /* "\r\n" is one Enter */

    char history[LINE_HISTORY][LINE_MAX]; /* a ring */
    unsigned remembered;                  /* lines ever remembered */
    unsigned back;                        /* how far back the shown line is; 0: the new one */
    char unfinished[LINE_MAX];            /* the new one, while an old one is shown */
};

/* `line` is zeroed. */
void line_init(struct line *line, void (*write)(const char *, size_t),
               void (*complete)(struct line *));

/* Starts an empty line and shows the prompt. */
void line_begin(struct line *line, const char *prompt);

/*
 * One byte from the terminal. After LINE_DONE and LINE_INTERRUPTED the cursor stands on a new
 * line.
 */
enum line_event line_feed(struct line *line, uint8_t byte);

/* Puts text in at the cursor, as much as fits; shows the line anew: for completion. */
void line_insert(struct line *line, const char *text, size_t length);
void line_refresh(struct line *line);

/* Adds a line to the history, unless it is empty or the same as the last one. */
void line_remember(struct line *line, const char *text);
