/* SPDX-License-Identifier: MIT */
/* echo.c: prints its arguments. */
#include "user/lib/stdio.h"
#include "user/lib/string.h"

int main(int argc, char **argv)
{
    bool newline = true;
    int first = 1;
    if (argc > 1 && strcmp(argv[1], "-n") == 0) {
        newline = false;
        first = 2;
    }
    for (int i = first; i < argc; i++)
        printf("%s%s", i > first ? " " : "", argv[i]);
    if (newline)
        putchar('\n');
    return 0;
}
