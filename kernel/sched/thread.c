/* SPDX-License-Identifier: MIT */
/*
 * thread.c: making and ending threads.
 *
 * Lock: thread_list_lock, rank THREAD_LIST: the list of all threads, for reports.
 */
#include "kernel/sched/thread.h"

#include "kernel/abi/layout.h"
#include "kernel/arch/cpu.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/kmalloc.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/waitq.h"

_Static_assert(KERNEL_STACK_SIZE == PAGE_SIZE << KERNEL_STACK_ORDER, "a stack is one block of frames");

struct spinlock thread_list_lock = SPINLOCK_INIT(RANK_THREAD_LIST, "thread list");
struct list thread_list = LIST_INIT(thread_list); /* [thread_list_lock] */
static uint64_t alive;                            /* [thread_list_lock] */
static atomic32_t next_id;

status_t thread_init(struct thread *t, const char *name, struct space *space,
                     void (*entry)(void *), void *argument)
{
    t->stack = frame_alloc(KERNEL_STACK_ORDER);
    if (t->stack == NULL)
        return ERR_OUT_OF_MEMORY;
    if (space != NULL) {
        t->fpu = kmalloc(sizeof *t->fpu);
        if (t->fpu == NULL) {
            frame_put(t->stack);
            return ERR_OUT_OF_MEMORY;
        }
        fpu_state_init(t->fpu);
    }
    *(uint64_t *)t->stack = STACK_CANARY;
    t->context = context_prepare((char *)t->stack + KERNEL_STACK_SIZE, sched_begin, t);
    t->space = space;
    t->entry = entry;
    t->argument = argument;
    t->state = THREAD_NEW;
    t->id = atomic32_add(&next_id, 1);
    list_init(&t->run_link);
    list_init(&t->wait_link);
    list_init(&t->all_link);
    list_init(&t->destroying);
    timer_init(&t->timer, thread_wait_expired);
    string_copy(t->name, name, sizeof t->name);
    return OK;
}

void thread_fini(struct thread *t)
{
    frame_put(t->stack);
    kfree(t->fpu);
}

void thread_start(struct thread *t)
{
    spin_lock(&thread_list_lock);
    list_push_back(&thread_list, &t->all_link);
    alive++;
    spin_unlock(&thread_list_lock);
    bool on = interrupts_save();
    t->home = this_cpu()->queue;
    interrupts_restore(on);
    thread_ready(t);
}

noreturn void thread_exit(void)
{
    assert_no_spinlock("ending a thread");
    struct thread *t = current_thread();
    assert(list_empty(&t->destroying));
    spin_lock(&thread_list_lock);
    list_remove(&t->all_link);
    alive--;
    spin_unlock(&thread_list_lock);
    interrupts_disable();
    sched_switch(THREAD_DEAD, NULL);
    panic("a dead thread ran again");
}

void thread_kill(struct thread *t)
{
    atomic32_store(&t->killed, 1);
    if (!thread_claim(t, WAIT_KILLED))
        sched_notify_killed(t);
}

void thread_yield(void)
{
    assert_no_spinlock("yielding");
    interrupts_disable();
    sched_switch(THREAD_READY, NULL);
    interrupts_enable();
}

/* Nobody wakes this queue: its sleepers have their timers. */
status_t thread_sleep(uint64_t deadline)
{
    static struct spinlock lock = SPINLOCK_INIT(RANK_IPC, "sleep");
    static struct waitq sleepers = {
        .waiters = LIST_INIT(sleepers.waiters),
        .what = "a deadline",
    };
    spin_lock(&lock);
    status_t st = waitq_sleep(&sleepers, &lock, deadline);
    spin_unlock(&lock);
    return st == ERR_TIMED_OUT ? OK : st;
}

uint64_t thread_count(void)
{
    return __atomic_load_n(&alive, __ATOMIC_RELAXED);
}
