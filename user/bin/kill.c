/* SPDX-License-Identifier: MIT */
/* kill.c: ends processes by their ids. */
#include "user/lib/args.h"
#include "user/lib/process.h"
#include "user/lib/status.h"
#include "user/lib/stdio.h"
#include "user/lib/stdlib.h"

static status_t kill(uint64_t pid)
{
    status_t process = sys_process_open(start_handle(START_SYSTEM), pid);
    if (process < 0)
        return process;
    status_t st = sys_process_kill((handle_t)process);
    sys_handle_close((handle_t)process);
    return st;
}

int main(int argc, char **argv)
{
    struct args args = args_begin(argc, argv, "", "pid...   (`ps` shows them)");
    args_next(&args);
    if (args.count == 0)
        args_wrong(&args, "which process?");
    int code = 0;
    for (int i = 0; i < args.count; i++) {
        uint64_t pid;
        if (!parse_number(args.rest[i], &pid))
            args_wrong(&args, "a pid is a number, not '%s'", args.rest[i]);
        status_t st = kill(pid);
        if (st == ERR_NOT_FOUND)
            warn("there is no process %lu; `ps` lists them", pid);
        else if (st < 0)
            warn("process %lu: %s", pid, status_text(st));
        code |= st < 0;
    }
    return code;
}
