/* SPDX-License-Identifier: MIT */
/* yes.c: says so until nobody listens. */
#include "user/lib/stdio.h"

int main(int argc, char **argv)
{
    for (;;) {
        for (int i = 1; i < argc; i++)
            if (printf("%s%s", argv[i], i + 1 < argc ? " " : "") < 0)
                return 1;
        if (puts(argc > 1 ? "" : "y") < 0)
            return 1;
    }
}
