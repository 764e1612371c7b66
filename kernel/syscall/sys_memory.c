/* SPDX-License-Identifier: MIT */
/* sys_memory.c: system calls on private memory; the rules are space_map's and its sisters'. */
#include "kernel/mm/space.h"
#include "kernel/sched/thread.h"
#include "kernel/syscall/syscall.h"

status_t sys_vm_map(uint64_t address, uint64_t length, uint64_t protection)
{
    if (protection > UINT32_MAX)
        return ERR_INVALID_ARGUMENT;
    return space_map(current_thread()->space, address, length, (uint32_t)protection);
}

status_t sys_vm_unmap(uint64_t address, uint64_t length)
{
    return space_unmap(current_thread()->space, address, length);
}

status_t sys_vm_protect(uint64_t address, uint64_t length, uint64_t protection)
{
    if (protection > UINT32_MAX)
        return ERR_INVALID_ARGUMENT;
    return space_protect(current_thread()->space, address, length, (uint32_t)protection);
}
