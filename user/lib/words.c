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
        } else if (quote == '\0' && strchr("|<>;", *r) != NULL) {
            return wrong(words, "| < > and ; mean nothing here; quote them to pass them on");
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
