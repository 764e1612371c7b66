/* SPDX-License-Identifier: MIT */
/* words.c: reads and writes in one buffer: what is written never overtakes what is read. */
#include "user/lib/words.h"

#include "user/lib/ctype.h"
#include "user/lib/string.h"

static bool wrong(struct words *words, const char *error)
{
    words->error = error;
    return false;
}

/* Copies one word from *from to *to, without its quotes. */
static bool copy_word(struct words *words, char **from, char **to)
{
    char *r = *from, *w = *to;
    char quote = '\0';
    for (; *r != '\0'; r++) {
        if (quote != '\0' && *r == quote) {
            quote = '\0';
        } else if (quote == '\0' && (*r == '\'' || *r == '"')) {
            quote = *r;
        } else if (*r == '\\' && quote != '\'') {
            if (r[1] == '\0')
                return wrong(words, "nothing follows the last \\; write \\\\ for a backslash");
            *w++ = *++r;
        } else if (quote == '\0' && strchr("<>;", *r) != NULL) {
            return wrong(words, "< > and ; mean nothing here; quote them to pass them on");
        } else if (quote == '\0' && (isspace(*r) || *r == '&')) {
            break;
        } else {
            *w++ = *r;
        }
    }
    if (quote != '\0')
        return wrong(words, quote == '"' ? "a \" is not closed" : "a ' is not closed");
    *from = r;
    *to = w;
    return true;
}

bool words_split(struct words *words, char *line)
{
    char *r = line, *w = line;
    words->count = 0;
    words->background = false;
    words->error = NULL;
    for (;;) {
        while (isspace(*r))
            r++;
        if (*r == '\0' || *r == '#')
            break;
        if (words->background)
            return wrong(words, "& stands at the end of a line; quote it to pass it on");
        if (*r == '&') {
            if (words->count == 0)
                return wrong(words, "a command goes before &");
            words->background = true;
            r++;
            continue;
        }
        if (words->count == WORDS_MAX)
            return wrong(words, "that is too many words");
        words->word[words->count++] = w;
        if (!copy_word(words, &r, &w))
            return false;
        /* The NUL may take the place of what ended the word: look at that first. */
        if (*r == '&')
            words->background = true;
        if (*r != '\0')
            r++;
        *w++ = '\0';
    }
    words->word[words->count] = NULL;
    return true;
}

/* The next | of `line` that is none of a word's, or the NUL at its end. */
static char *find_bar(char *line)
{
    const char *start = line;
    char quote = '\0';
    for (; *line != '\0'; line++) {
        if (*line == '\\' && quote != '\'' && line[1] != '\0')
            line++;
        else if (quote != '\0')
            quote = *line == quote ? '\0' : quote;
        else if (*line == '\'' || *line == '"')
            quote = *line;
        else if (*line == '|')
            break;
        else if (*line == '#' && (line == start || line[-1] == ' '))
            return line + strlen(line); /* a comment: nothing more counts */
    }
    return line;
}

int commands_split(struct words commands[COMMANDS_MAX], char *line)
{
    int count = 0;
    bool more = true;
    while (more) {
        if (count == COMMANDS_MAX)
            return wrong(&commands[0], "that are too many commands in one line") ? 0 : -1;
        struct words *words = &commands[count++];
        char *bar = find_bar(line);
        more = *bar == '|';
        *bar = '\0';
        if (!words_split(words, line))
            return wrong(&commands[0], words->error) ? 0 : -1;
        if (words->count == 0 && (more || count > 1))
            return wrong(&commands[0], "a command goes before and after |") ? 0 : -1;
        if (words->background && more)
            return wrong(&commands[0], "& goes at the end of the last command") ? 0 : -1;
        line = bar + 1;
    }
    return count;
}
