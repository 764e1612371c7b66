/* SPDX-License-Identifier: MIT */
/* sys_channel.c: what a system call about channels makes of its arguments. */
#include "ipc/channel/sys_channel.h"

status_t sys_channel_create(uaddr_t ends)
{
    return ERR_NOT_SUPPORTED;
}

status_t sys_channel_send(uint64_t end, uaddr_t args, uint64_t deadline)
{
    return ERR_NOT_SUPPORTED;
}

status_t sys_channel_try_recv(uint64_t end, uaddr_t args)
{
    return ERR_NOT_SUPPORTED;
}

status_t sys_channel_recv(uint64_t end, uaddr_t args, uint64_t deadline)
{
    return ERR_NOT_SUPPORTED;
}

status_t sys_channel_call(uint64_t end, uaddr_t out, uaddr_t in, uint64_t deadline)
{
    return ERR_NOT_SUPPORTED;
}
