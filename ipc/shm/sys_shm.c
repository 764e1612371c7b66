/* SPDX-License-Identifier: MIT */
/* sys_shm.c: what a system call about shared memory makes of handles, rights and numbers. */
#include "ipc/shm/sys_shm.h"

#include "ipc/shm/shm.h"
#include "kernel/mm/space.h"
#include "kernel/object/process.h"

status_t sys_shm_create(uint64_t size)
{
    struct process *self = current_process();
    struct shm *shm;
    status_t st = shm_create(self->account, size, &shm);
    if (st < 0)
        return st;
    st = handle_open(&self->handles, &shm->object, SHM_RIGHTS);
    object_put(&shm->object);
    return st;
}

status_t sys_shm_size(uint64_t handle)
{
    struct object *object;
    status_t st = handle_get(&current_process()->handles, handle, OBJ_SHM, 0, &object);
    if (st < 0)
        return st;
    st = (status_t)shm_size(shm_of(object));
    object_put(object);
    return st;
}

/* Which rights the handle has is looked up together with it: they say what the mapping may become. */
status_t sys_shm_map(uint64_t handle, uint64_t address, uint64_t offset, uint64_t length,
                     uint64_t protection)
{
    struct object *object;
    rights_t rights;
    status_t st = handle_get_rights(&current_process()->handles, handle, OBJ_SHM, RIGHT_MAP, &object,
                                    &rights);
    if (st < 0)
        return st;
    if (protection > UINT32_MAX)
        st = ERR_INVALID_ARGUMENT;
    else
        st = shm_map(shm_of(object), rights, current_thread()->space, address, offset, length,
                     (uint32_t)protection);
    object_put(object);
    return st;
}

status_t sys_shm_unmap(uint64_t address, uint64_t length)
{
    return space_unmap_shared(current_thread()->space, address, length);
}
