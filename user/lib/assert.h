/* SPDX-License-Identifier: MIT */
/* assert.h: what the program takes for granted. Asserts stay on in every build. */
#pragma once

_Noreturn void assert_failed(const char *file, int line, const char *text);

#define assert(condition)                                   \
    do {                                                    \
        if (__builtin_expect(!(condition), 0))              \
            assert_failed(__FILE__, __LINE__, #condition);  \
    } while (0)
