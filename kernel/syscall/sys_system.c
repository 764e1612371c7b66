/* SPDX-License-Identifier: MIT */
/* sys_system.c: system calls on the machine as a whole. */
#include "kernel/abi/system.h"
#include "kernel/arch/cpu.h"
#include "kernel/lib/hooks.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/kmalloc.h"
#include "kernel/mm/usercopy.h"
#include "kernel/object/process.h"
#include "kernel/syscall/syscall.h"

uint64_t system_seed, system_boot_time, system_frames_boot;

status_t sys_system_info(uaddr_t info)
{
    struct frame_figures frames = frame_figures();
    struct kmalloc_figures blocks = kmalloc_figures();
    struct system_info told = {
        .seed = system_seed,
        .boot_time = system_boot_time,
        .cpus = cpu_count(),
        .frames_total = frames.total,
        .frames_free = frames.free,
        .frames_boot = system_frames_boot,
        .cache_bytes = blocks.cache_bytes,
        .frames_live = frames.used - blocks.frames,
        .objects_live = blocks.objects_live,
        .bytes_live = blocks.bytes_live,
        .handles_live = object_handles_live(),
        .threads_live = thread_count(),
        .threads_own = process_stacks(current_process()),
    };
    return copy_to_user(info, &told, sizeof told);
}

static status_t check_system(uint64_t handle, rights_t rights)
{
    struct object *object;
    status_t st = handle_get(&current_process()->handles, handle, OBJ_SYSTEM, rights, &object);
    if (st == OK)
        object_put(object); /* it is never freed */
    return st;
}

/* One row at a time, for none can be copied out under the list's lock; by id, so none comes twice. */
status_t sys_system_processes(uint64_t system, uaddr_t rows, uint64_t count)
{
    struct process_info row = { .pid = 0 };
    uint64_t n = 0;
    status_t st = check_system(system, RIGHT_READ);
    if (st < 0)
        return st;
    while (process_next(row.pid, &row)) {
        if (n < count)
            st = copy_to_user(uaddr_add(rows, n * sizeof row), &row, sizeof row);
        if (st < 0)
            return st;
        n++;
    }
    return (status_t)n;
}

status_t sys_system_shutdown(uint64_t system, uint64_t code)
{
    status_t st = check_system(system, RIGHT_MANAGE);
    if (st < 0)
        return st;
    switch (code) {
    case SHUTDOWN_POWEROFF:
    case SHUTDOWN_PASS:
    case SHUTDOWN_FAIL:
    case SHUTDOWN_FAULT:
    case SHUTDOWN_INFRA:
        machine_shutdown((uint32_t)code);
    default:
        return ERR_INVALID_ARGUMENT;
    }
}
