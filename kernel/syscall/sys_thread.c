/* SPDX-License-Identifier: MIT */
/* sys_thread.c: system calls on threads and time. */
#include "kernel/abi/layout.h"
#include "kernel/arch/init.h"
#include "kernel/mm/usercopy.h"
#include "kernel/object/process.h"
#include "kernel/sched/timer.h"
#include "kernel/syscall/syscall.h"

/* The handle is opened first: once the thread runs, nothing may fail. */
status_t sys_thread_create(uint64_t entry, uint64_t stack, uint64_t argument, uint64_t tls)
{
    struct process *p = current_process();
    struct user_thread *t;
    if (stack % 16 != 0)
        return ERR_INVALID_ARGUMENT;
    /* A stack may end where user space does. No TLS, 0, is as good as any base. */
    if (!user_range_ok(uaddr(entry), 1) || !user_range_ok(uaddr(stack), 0) || tls >= USER_END)
        return ERR_INVALID_ADDRESS;
    status_t st = user_thread_new(p, entry, stack, argument, tls, &t);
    if (st < 0)
        return st;
    st = handle_open(&p->handles, &t->object, USER_THREAD_RIGHTS);
    if (st >= 0) {
        /* Fails only while the process dies; then the handle goes with the table. */
        status_t started = user_thread_start(t);
        if (started < 0)
            st = started;
    }
    object_put(&t->object);
    return st;
}

noreturn void sys_thread_exit(uint64_t code)
{
    user_thread_exit((int64_t)code);
}

status_t sys_thread_join(uint64_t handle, uint64_t deadline, uaddr_t code)
{
    struct object *object;
    int64_t told;
    status_t st =
        handle_get(&current_process()->handles, handle, OBJ_THREAD, RIGHT_WAIT, &object);
    if (st < 0)
        return st;
    st = user_thread_join((struct user_thread *)object, deadline, &told);
    object_put(object);
    if (st == OK && code.value != 0)
        st = copy_to_user(code, &told, sizeof told);
    return st;
}

status_t sys_thread_yield(void)
{
    thread_yield();
    return OK;
}

status_t sys_thread_sleep(uint64_t deadline)
{
    return thread_sleep(deadline);
}

status_t sys_thread_set_tls(uint64_t base)
{
    if (!user_range_ok(uaddr(base), 1))
        return ERR_INVALID_ADDRESS;
    bool on = interrupts_save(); /* the thread's base and its CPU's stay the same */
    current_thread()->tls = base;
    this_cpu()->tls = base;
    cpu_set_tls(base);
    interrupts_restore(on);
    return OK;
}

status_t sys_clock_read(void)
{
    return (status_t)clock_now();
}
