/* SPDX-License-Identifier: MIT */
/*
 * grep.c: the lines in which a pattern is found.
 *
 * A pattern is what it says, but: ^ at its beginning is the line's beginning, $ at its end the line's end, . any
 * character, and * any number of the character before it.
 */
#include "user/lib/args.h"
#include "user/lib/ctype.h"
#include "user/lib/input.h"
#include "user/lib/stdio.h"

static bool invert, ignore_case, numbers, only_count;

static bool same(char pattern, char c)
{
    if (ignore_case)
        return pattern == '.' || tolower((unsigned char)pattern) == tolower((unsigned char)c);
    return pattern == '.' || pattern == c;
}

/* Whether the pattern matches at the beginning of the text. After "c*" it is tried behind each c in turn. */
static bool matches_here(const char *pattern, const char *text)
{
    for (; *pattern != '\0'; pattern++, text++) {
        if (pattern[0] == '$' && pattern[1] == '\0')
            return *text == '\0';
        if (pattern[1] == '*') {
            do {
                if (matches_here(pattern + 2, text))
                    return true;
            } while (*text != '\0' && same(pattern[0], *text++));
            return false;
        }
        if (*text == '\0' || !same(*pattern, *text))
            return false;
    }
    return true;
}

static bool matches(const char *pattern, const char *text)
{
    if (pattern[0] == '^')
        return matches_here(pattern + 1, text);
    do {
        if (matches_here(pattern, text))
            return true;
    } while (*text++ != '\0');
    return false;
}

/* Returns the lines found; `name` goes before them unless it is NULL. */
static uint64_t search(const char *pattern, const char *path, const char *name, int *code)
{
    struct input input = input_begin(path);
    uint64_t found = 0, number = 0;
    size_t length;
    for (char *line; (line = input_line(&input, &length)) != NULL;) {
        number++;
        if (matches(pattern, line) == invert)
            continue;
        found++;
        if (only_count)
            continue;
        if (name != NULL)
            printf("%s:", name);
        if (numbers)
            printf("%lu:", number);
        puts(line);
    }
    if (only_count)
        printf("%s%s%lu\n", name != NULL ? name : "", name != NULL ? ":" : "", found);
    *code |= input_end(&input);
    return found;
}

int main(int argc, char **argv)
{
    struct args args = args_begin(argc, argv, "vinc",
                                  "[-v] [-i] [-n] [-c] pattern [file...]   (all others, any case, numbers, count)");
    for (int option; (option = args_next(&args)) != 0;) {
        invert |= option == 'v';
        ignore_case |= option == 'i';
        numbers |= option == 'n';
        only_count |= option == 'c';
    }
    if (args.count == 0)
        args_wrong(&args, "what is to be found?");
    const char *pattern = args.rest[0];
    uint64_t found = 0;
    int code = 0;
    if (args.count == 1)
        found = search(pattern, NULL, NULL, &code);
    for (int i = 1; i < args.count; i++)
        found += search(pattern, args.rest[i], args.count > 2 ? args.rest[i] : NULL, &code);
    return code != 0 ? 2 : found > 0 ? 0 : 1;
}
