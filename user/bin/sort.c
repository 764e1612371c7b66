/* SPDX-License-Identifier: MIT */
/* sort.c: lines in order. All of them are in memory; if that is not enough it says so and prints none. */
#include "user/lib/args.h"
#include "user/lib/ctype.h"
#include "user/lib/input.h"
#include "user/lib/stdio.h"
#include "user/lib/stdlib.h"
#include "user/lib/string.h"

static struct {
    char **line;
    size_t count, room;
} lines;

static bool reverse, numeric, unique;

static void add(const char *text, size_t length)
{
    if (lines.count == lines.room) {
        size_t room = lines.room * 2 + 256;
        char **more = realloc(lines.line, room * sizeof *more);
        if (more == NULL)
            die("memory is out after %zu lines", lines.count);
        lines.line = more;
        lines.room = room;
    }
    char *copy = malloc(length + 1);
    if (copy == NULL)
        die("memory is out after %zu lines", lines.count);
    memcpy(copy, text, length + 1);
    lines.line[lines.count++] = copy;
}

static int read_all(const char *path)
{
    struct input input = input_begin(path);
    size_t length;
    for (char *line; (line = input_line(&input, &length)) != NULL;)
        add(line, length);
    return input_end(&input);
}

static int64_t number_at(const char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    bool negative = *text == '-';
    int64_t n = 0;
    for (text += negative; isdigit((unsigned char)*text); text++)
        n = n * 10 + (*text - '0');
    return negative ? -n : n;
}

static int compare(const void *one, const void *two)
{
    const char *a = *(char *const *)one, *b = *(char *const *)two;
    int order = 0;
    if (numeric) {
        int64_t x = number_at(a), y = number_at(b);
        order = (x > y) - (x < y);
    }
    if (order == 0)
        order = strcmp(a, b);
    return reverse ? -order : order;
}

int main(int argc, char **argv)
{
    struct args args = args_begin(argc, argv, "rnu", "[-r] [-n] [-u] [file...]   (reverse, by number, each once)");
    for (int option; (option = args_next(&args)) != 0;) {
        reverse |= option == 'r';
        numeric |= option == 'n';
        unique |= option == 'u';
    }
    int code = args.count == 0 ? read_all(NULL) : 0;
    for (int i = 0; i < args.count; i++)
        code |= read_all(args.rest[i]);
    if (lines.count > 0)
        qsort(lines.line, lines.count, sizeof *lines.line, compare);
    for (size_t i = 0; i < lines.count; i++)
        if (!unique || i == 0 || strcmp(lines.line[i], lines.line[i - 1]) != 0)
            puts(lines.line[i]);
    return code;
}
