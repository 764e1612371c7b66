/* SPDX-License-Identifier: MIT */
/* sys_pipe.c: what a system call about pipes makes of its arguments. */
#include "ipc/pipe/sys_pipe.h"

status_t sys_pipe_create(uaddr_t ends)
{
    return ERR_NOT_SUPPORTED;
}

status_t sys_pipe_read(uint64_t pipe, uaddr_t buffer, uint64_t size, uint64_t deadline)
{
    return ERR_NOT_SUPPORTED;
}

status_t sys_pipe_write(uint64_t pipe, uaddr_t buffer, uint64_t size, uint64_t deadline)
{
    return ERR_NOT_SUPPORTED;
}
