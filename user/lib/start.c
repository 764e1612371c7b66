/* SPDX-License-Identifier: MIT */
/*
 * start.c: from the kernel's hands to main, and back.
 *
 * Kept small: every program carries it, and a spawn pays for each page. So exit knows
 * stdio and at_exit only by pointers, which they set when they are used.
 */
#include "user/lib/start.h"

#include "user/lib/process.h"
#include "user/lib/stdlib.h"

const struct start_info *start_info;
struct thread first_thread;
int (*exit_flush)(void);

static void (*exit_functions[AT_EXIT_MAX])(void);
static uint32_t exit_count;

int main(int argc, char **argv);
_Noreturn void start_program(const struct start_info *info);

_Noreturn void start_program(const struct start_info *info)
{
    start_info = info;
    first_thread.self = &first_thread;
    sys_thread_set_tls((uint64_t)&first_thread);
    exit(main((int)info->argc, (char **)info->argv));
}

bool at_exit(void (*function)(void))
{
    uint32_t place = __atomic_fetch_add(&exit_count, 1, __ATOMIC_RELAXED);
    if (place >= AT_EXIT_MAX) {
        __atomic_fetch_sub(&exit_count, 1, __ATOMIC_RELAXED);
        return false;
    }
    exit_functions[place] = function;
    return true;
}

_Noreturn void exit(int code)
{
    while (exit_count > 0)
        exit_functions[--exit_count]();
    if (exit_flush != NULL)
        exit_flush();
    sys_process_exit(code);
}

handle_t start_handle(unsigned place)
{
    const handle_t *handles = (const handle_t *)start_info->handles;
    return place < start_info->handle_count ? handles[place] : HANDLE_INVALID;
}

const char *program_path(void)
{
    char **argv = (char **)start_info->argv;
    return start_info->argc > 0 ? argv[0] : "?";
}

const char *program_name(void)
{
    const char *name = program_path();
    for (const char *c = name; *c != '\0'; c++)
        if (*c == '/')
            name = c + 1;
    return name;
}
