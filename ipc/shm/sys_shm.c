/* SPDX-License-Identifier: MIT */
/* sys_shm.c: what a system call about shared memory makes of its arguments. */
#include "ipc/shm/sys_shm.h"

status_t sys_shm_create(uint64_t size)
{
    return ERR_NOT_SUPPORTED;
}

status_t sys_shm_size(uint64_t shm)
{
    return ERR_NOT_SUPPORTED;
}

status_t sys_shm_map(uint64_t shm, uint64_t address, uint64_t offset, uint64_t length, uint64_t protection)
{
    return ERR_NOT_SUPPORTED;
}

status_t sys_shm_unmap(uint64_t address, uint64_t length)
{
    return ERR_NOT_SUPPORTED;
}
