/* SPDX-License-Identifier: MIT */
/* process.c: from argv and handles as C has them to what sys_process_spawn takes. */
#include "user/lib/process.h"

#include "user/lib/ipc.h"
#include "user/lib/stdio.h"
#include "user/lib/string.h"

status_t process_spawn(const char *path, const char *const argv[], const handle_t *handles,
                       size_t count)
{
    char args[SPAWN_MAX_ARGS];
    size_t used = 0;
    for (size_t i = 0; argv[i] != NULL; i++) {
        size_t size = strlen(argv[i]) + 1;
        if (size > sizeof args - used)
            return ERR_TOO_BIG;
        memcpy(args + used, argv[i], size);
        used += size;
    }
    return sys_process_spawn(path, args, used, handles, count);
}

status_t process_start(const char *path, const char *const argv[], unsigned give,
                       const handle_t *handles, size_t count)
{
    handle_t all[SPAWN_MAX_HANDLES];
    if (count > SPAWN_MAX_HANDLES - START_USER)
        return ERR_TOO_BIG;
    for (unsigned i = 0; i < START_USER; i++) {
        status_t copy = HANDLE_INVALID;
        if ((give & 1u << i) && start_handle(i) != HANDLE_INVALID)
            copy = sys_handle_duplicate(start_handle(i), RIGHTS_SAME);
        if (copy < 0) {
            handles_close(all, i);
            return copy;
        }
        all[i] = (handle_t)copy;
    }
    for (size_t i = 0; i < count; i++)
        all[START_USER + i] = handles[i];
    status_t process = process_spawn(path, argv, all, START_USER + count);
    if (process < 0)
        handles_close(all, START_USER);
    return process;
}

status_t process_finish(handle_t process, uint64_t deadline, struct exit_info *info)
{
    status_t st = sys_process_wait(process, deadline, info);
    if (st != ERR_TIMED_OUT)
        sys_handle_close(process);
    return st;
}

static const char *fault_name(int32_t vector)
{
    switch (vector) {
    case 0:
        return "a division by zero";
    case 1:
    case 3:
        return "a breakpoint";
    case 4:
        return "an overflow trap";
    case 6:
        return "an invalid instruction";
    case 13:
        return "a general protection fault";
    case 14:
        return "a page fault";
    case 17:
        return "a misaligned access";
    case 16:
    case 19:
        return "a floating-point error";
    default:
        return "a processor exception";
    }
}

void exit_describe(const struct exit_info *info, char *text, size_t size)
{
    switch (info->reason) {
    case EXIT_RETURNED:
        snprintf(text, size, "exited with code %d", info->code);
        break;
    case EXIT_KILLED:
        snprintf(text, size, "was killed");
        break;
    case EXIT_FAULT:
        snprintf(text, size, "was ended by %s (vector %d)", fault_name(info->code), info->code);
        break;
    case EXIT_MEMORY:
        snprintf(text, size, "was ended because no memory was left for a page it touched");
        break;
    default:
        snprintf(text, size, "ended for reason %u", info->reason);
    }
}
