/* SPDX-License-Identifier: MIT */
/*
 * thread.c: a thread's mapping, from its creation to its join.
 *
 *     base                                                   base + length
 *     | guard page: reads only | stack, grows down | struct thread |
 *
 * The guard is mapped, so that no later mapping can take its place; a stack that grows
 * into it does so by writing, and faults.
 */
#include "user/lib/thread.h"

#include "user/lib/start.h"

#define MAPPING_SIZE (PAGE_SIZE + THREAD_STACK_SIZE)

static uint32_t unjoined; /* atomic */

_Static_assert(THREAD_STACK_SIZE % PAGE_SIZE == 0, "mappings are whole pages");
_Static_assert(offsetof(struct thread, self) == 0, "thread_self reads FS:0");

_Noreturn void thread_begin(struct thread *t);

/* Called by thread_entry. */
_Noreturn void thread_begin(struct thread *t)
{
    thread_exit(t->run(t->argument));
}

static _Noreturn void leave(struct thread *self, int64_t code)
{
    /*@ after futex Whoever joins this thread waits for its handle. */
    self->code = code;
    thread_leave(&self->ended, code);
    /*@ end => sys_thread_exit(code); */
}

_Noreturn void thread_exit(int64_t code)
{
    if (exit_flush != NULL)
        exit_flush();
    leave(thread_self(), code);
}

status_t thread_create(struct thread **thread, int64_t (*run)(void *), void *argument)
{
    status_t base = sys_vm_map(0, MAPPING_SIZE, PROT_READ | PROT_WRITE);
    if (base < 0)
        return base;
    status_t st = sys_vm_protect((uint64_t)base, PAGE_SIZE, PROT_READ);
    if (st < 0)
        goto unmap;

    uint64_t top = ((uint64_t)base + MAPPING_SIZE - sizeof(struct thread)) & ~63ull;
    struct thread *t = (struct thread *)top;
    t->self = t;
    t->base = (uint64_t)base;
    t->length = MAPPING_SIZE;
    t->run = run;
    t->argument = argument;
    st = sys_thread_create(thread_entry, t, (uint64_t)t, (uint64_t)t);
    if (st < 0)
        goto unmap;
    t->handle = (handle_t)st;
    __atomic_fetch_add(&unjoined, 1, __ATOMIC_RELAXED);
    *thread = t;
    return OK;

unmap:
    sys_vm_unmap((uint64_t)base, MAPPING_SIZE);
    return st;
}

/* Until it has ended: its exit code, or why the wait is over. */
static status_t wait_for_end(struct thread *thread, uint64_t deadline, int64_t *code)
{
    /*@ after futex As long as there are no futexes, the kernel's own join does. */
    while (__atomic_load_n(&thread->ended, __ATOMIC_ACQUIRE) == 0) {
        status_t st = sys_futex_wait(&thread->ended, 0, deadline);
        if (st < 0 && st != ERR_WOULD_BLOCK)
            return st;
    }
    *code = thread->code;
    return OK;
    /*@ end => return sys_thread_join(thread->handle, deadline, code); */
}

status_t thread_join(struct thread *thread, uint64_t deadline, int64_t *code)
{
    int64_t ignored;
    if (thread == thread_self())
        return ERR_INVALID_ARGUMENT;
    status_t st = wait_for_end(thread, deadline, code != NULL ? code : &ignored);
    if (st < 0)
        return st;
    sys_handle_close(thread->handle);
    sys_vm_unmap(thread->base, thread->length); /* the struct with it */
    __atomic_fetch_sub(&unjoined, 1, __ATOMIC_RELAXED);
    return OK;
}

uint32_t thread_unjoined(void)
{
    return __atomic_load_n(&unjoined, __ATOMIC_RELAXED);
}
