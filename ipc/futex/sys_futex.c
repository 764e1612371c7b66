/* SPDX-License-Identifier: MIT */
/* sys_futex.c: what a system call about futexes makes of its arguments. */
#include "ipc/futex/sys_futex.h"

status_t sys_futex_wait(uaddr_t address, uint64_t expected, uint64_t deadline)
{
    return ERR_NOT_SUPPORTED;
}

status_t sys_futex_wake(uaddr_t address, uint64_t count)
{
    return ERR_NOT_SUPPORTED;
}

status_t sys_futex_requeue(uaddr_t address, uint64_t expected, uint64_t wake, uaddr_t to, uint64_t move)
{
    return ERR_NOT_SUPPORTED;
}
