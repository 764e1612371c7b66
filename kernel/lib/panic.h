/* SPDX-License-Identifier: MIT */
/*
 * panic.h: the end of the kernel's patience.
 *
 * A panic means that the kernel itself is wrong. User input, however bad, is
 * answered with an error code and never comes here.
 */
#pragma once

#include "kernel/lib/defs.h"

/* Prints the reason, the held locks and a backtrace, then ends the run (SHUTDOWN_PANIC). */
noreturn void panic(const char *format, ...) printf_like(1, 2);

/* As panic, for a trap: `frame_pointer` and `address` are where the trapped code stood. */
noreturn void panic_at(uint64_t frame_pointer, uint64_t address, const char *format, ...)
    printf_like(3, 4);

noreturn void assert_failed(const char *file, int line, const char *text, uint64_t a, uint64_t b);

/* Asserts stay on in every build. */
#define assert(condition)                                                  \
    do {                                                                   \
        if (unlikely(!(condition)))                                        \
            panic("%s:%d: assertion failed: %s", __FILE__, __LINE__, #condition); \
    } while (0)

/* assert(a op b), printing both values. */
#define assert_cmp(a, op, b)                                                    \
    do {                                                                        \
        uint64_t a_ = (uint64_t)(a), b_ = (uint64_t)(b);                        \
        if (unlikely(!(a_ op b_)))                                              \
            assert_failed(__FILE__, __LINE__, #a " " #op " " #b, a_, b_);       \
    } while (0)
