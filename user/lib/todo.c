/* SPDX-License-Identifier: MIT */
/* todo.c: see todo.h. */
#include "user/lib/todo.h"

#include "user/lib/process.h"
#include "user/lib/stdio.h"

status_t lab_todo(const char *exercise)
{
    static const char *said;
    char line[64];
    if (__atomic_exchange_n(&said, exercise, __ATOMIC_RELAXED) != exercise) {
        int n = snprintf(line, sizeof line, "# todo %s\n", exercise);
        sys_console_write(start_handle(START_RESULTS), line, (uint64_t)n);
    }
    return ERR_NOT_SUPPORTED;
}
