/* SPDX-License-Identifier: MIT */
/* sys_process.c: system calls on processes. */
#include "kernel/mm/kmalloc.h"
#include "kernel/mm/usercopy.h"
#include "kernel/object/process.h"
#include "kernel/syscall/syscall.h"

struct spawn {
    char path[SPAWN_MAX_PATH];
    char *args; /* kmalloc'ed copy */
    size_t args_size;
    handle_t handles[SPAWN_MAX_HANDLES];
    uint32_t handle_count;
};

/*
 * With everything in kernel memory. The slot for the new handle is reserved before the
 * handles move and the program starts, so that afterwards nothing can fail.
 */
static status_t spawn(const struct spawn *s)
{
    struct process *self = current_process(), *child;
    struct handle_ref refs[SPAWN_MAX_HANDLES];
    handle_t number;
    status_t st = handles_reserve(&self->handles, &number, 1);
    if (st < 0)
        return st;
    st = handles_begin_move(&self->handles, s->handles, s->handle_count, true, refs);
    if (st < 0)
        goto unreserve;
    st = process_create(s->path, s->args, s->args_size, self->account->limit, refs,
                        s->handle_count, &child);
    if (st < 0)
        goto cancel;

    handles_finish_move(&self->handles, s->handles, s->handle_count);
    struct handle_ref ref = { &child->object, PROCESS_RIGHTS };
    object_handle_opened(&child->object);
    handles_install(&self->handles, &number, &ref, 1);
    object_put(&child->object);
    return number;

cancel:
    handles_cancel_move(&self->handles, s->handles, s->handle_count);
unreserve:
    handles_unreserve(&self->handles, &number, 1);
    return st;
}

status_t sys_process_spawn(uaddr_t path, uaddr_t args, uint64_t args_size, uaddr_t handles,
                           uint64_t handle_count)
{
    struct spawn s;
    if (args_size > SPAWN_MAX_ARGS || handle_count > SPAWN_MAX_HANDLES)
        return ERR_TOO_BIG;
    s.args_size = args_size;
    s.handle_count = (uint32_t)handle_count;
    status_t st = copy_string_from_user(s.path, path, sizeof s.path);
    if (st >= 0)
        st = copy_from_user(s.handles, handles, handle_count * sizeof s.handles[0]);
    if (st < 0)
        return st;
    s.args = kmalloc(args_size > 0 ? args_size : 1);
    if (s.args == NULL)
        return ERR_OUT_OF_MEMORY;
    st = copy_from_user(s.args, args, args_size);
    if (st == OK)
        st = spawn(&s);
    kfree(s.args);
    return st;
}

noreturn void sys_process_exit(uint64_t code)
{
    process_exit(EXIT_RETURNED, (int32_t)code);
}

static status_t get_process(uint64_t handle, rights_t rights, struct process **process)
{
    struct object *object;
    status_t st = handle_get(&current_process()->handles, handle, OBJ_PROCESS, rights, &object);
    if (st >= 0)
        *process = (struct process *)object;
    return st;
}

status_t sys_process_wait(uint64_t handle, uint64_t deadline, uaddr_t info)
{
    struct process *p;
    struct exit_info told;
    status_t st = get_process(handle, RIGHT_WAIT, &p);
    if (st < 0)
        return st;
    st = process_wait(p, deadline, &told);
    object_put(&p->object);
    if (st == OK && info.value != 0)
        st = copy_to_user(info, &told, sizeof told);
    return st;
}

status_t sys_process_kill(uint64_t handle)
{
    struct process *p;
    status_t st = get_process(handle, RIGHT_MANAGE, &p);
    if (st < 0)
        return st;
    process_kill(p, EXIT_KILLED, 0);
    object_put(&p->object);
    return OK;
}

status_t sys_process_open(uint64_t system, uint64_t pid)
{
    struct handle_table *table = &current_process()->handles;
    struct object *object;
    struct process *p;
    status_t st = handle_get(table, system, OBJ_SYSTEM, RIGHT_MANAGE, &object);
    if (st < 0)
        return st;
    object_put(object);
    st = process_find(pid, &p);
    if (st < 0)
        return st;
    st = handle_open(table, &p->object, RIGHT_WAIT | RIGHT_MANAGE);
    object_put(&p->object);
    return st;
}
