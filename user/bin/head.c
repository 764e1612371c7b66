/* SPDX-License-Identifier: MIT */
/* head.c: the first lines; then it ends, and whoever writes to it learns that nobody reads any more. */
#include "user/lib/args.h"
#include "user/lib/ctype.h"
#include "user/lib/input.h"
#include "user/lib/stdio.h"

static int print(const char *path, uint64_t lines)
{
    struct input input = input_begin(path);
    size_t length;
    for (char *line; lines > 0 && (line = input_line(&input, &length)) != NULL; lines--) {
        print_bytes(line, length);
        putchar('\n');
    }
    return input_end(&input);
}

/* "-3" is short for "-n3". */
static void expand(int argc, char **argv)
{
    static char text[32];
    if (argc > 1 && argv[1][0] == '-' && isdigit((unsigned char)argv[1][1])) {
        snprintf(text, sizeof text, "-n%s", argv[1] + 1);
        argv[1] = text;
    }
}

int main(int argc, char **argv)
{
    uint64_t lines = 10;
    expand(argc, argv);
    struct args args = args_begin(argc, argv, "n:", "[-n lines | -lines] [file...]");
    while (args_next(&args) != 0)
        lines = args_number(&args, 0, UINT32_MAX);
    int code = args.count == 0 ? print(NULL, lines) : 0;
    for (int i = 0; i < args.count; i++)
        code |= print(args.rest[i], lines);
    return code;
}
