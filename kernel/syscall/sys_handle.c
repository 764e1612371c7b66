/* SPDX-License-Identifier: MIT */
/* sys_handle.c: system calls on handles as such. */
#include "kernel/mm/usercopy.h"
#include "kernel/object/process.h"
#include "kernel/syscall/syscall.h"

status_t sys_null(void)
{
    return OK;
}

status_t sys_handle_close(uint64_t handle)
{
    return handle_close(&current_process()->handles, handle);
}

status_t sys_handle_duplicate(uint64_t handle, uint64_t rights)
{
    if (rights > UINT32_MAX)
        return ERR_INVALID_ARGUMENT;
    return handle_duplicate(&current_process()->handles, handle, (rights_t)rights);
}

status_t sys_handle_info(uint64_t handle, uaddr_t info)
{
    struct handle_info told;
    status_t st = handle_describe(&current_process()->handles, handle, &told);
    if (st < 0)
        return st;
    return copy_to_user(info, &told, sizeof told);
}
