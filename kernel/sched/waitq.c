/* SPDX-License-Identifier: MIT */
/*
 * waitq.c: see waitq.h for the contract.
 *
 * thread->claim decides who ends a sleep. It goes from PENDING to exactly one of WOKEN,
 * TIMED_OUT, CANCELED, KILLED, by compare-and-swap; whoever makes the change calls
 * thread_ready, once. A waker holds the condition's lock and takes the thread off the queue; the
 * timer and the killer do not know the queue, so the thread takes itself off when it
 * runs again. Until then a waker may meet it on the queue; its swap fails and it goes
 * on to the next waiter (P7).
 */
#include "kernel/sched/waitq.h"

#include "kernel/sched/waitq_direct.h"

void waitq_init(struct waitq *wq, const char *what, uint64_t id)
{
    list_init(&wq->waiters);
    wq->what = what;
    wq->id = id;
    wq->hexadecimal = false;
    wq->private = false;
}

bool thread_claim(struct thread *t, enum wait_claim why)
{
    if (!waitq_claim(t, why))
        return false;
    thread_ready(t);
    return true;
}

void thread_wait_expired(struct timer *timer)
{
    thread_claim(container_of(timer, struct thread, timer), WAIT_TIMED_OUT);
}

static status_t why_awake(enum wait_claim claim)
{
    switch (claim) {
    case WAIT_TIMED_OUT:
        return ERR_TIMED_OUT;
    case WAIT_CANCELED:
        return ERR_CANCELED;
    case WAIT_KILLED:
        return ERR_KILLED;
    default:
        panic("a thread woke from a wait queue unclaimed (%u)", claim);
    }
}

void waitq_block_until(struct thread *t, uint64_t deadline, struct thread *next)
{
    timer_arm(&t->timer, deadline);
    waitq_block(t, next);
    timer_cancel(&t->timer);
}

status_t waitq_leave(enum wait_claim why)
{
    list_remove(&current_thread()->wait_link);
    return why_awake(why);
}

status_t waitq_refuse(void)
{
    return atomic32_load(&current_thread()->killed) ? ERR_KILLED : ERR_TIMED_OUT;
}

status_t waitq_sleep(struct waitq *wq, struct spinlock *lock, uint64_t deadline)
{
    if (unlikely(waitq_too_late(deadline)))
        return waitq_refuse();
    enum wait_claim why = waitq_go_to_sleep(wq, lock, deadline, NULL);
    spin_lock(lock);
    return likely(why == WAIT_WOKEN) ? OK : waitq_leave(why);
}

void waitq_sleep_anyway(struct waitq *wq, struct spinlock *lock)
{
    struct thread *t = current_thread();
    waitq_announce(t, wq, WAIT_ANYWAY);
    spin_unlock_quiet(lock);
    sched_switch(THREAD_BLOCKED, NULL);
    interrupts_enable();
    t->wait = NULL;
    spin_lock(lock);
}

struct thread *waitq_wake_one(struct waitq *wq)
{
    struct thread *t = waitq_claim_one(wq);
    if (t != NULL)
        thread_ready(t);
    return t;
}

static uint32_t take_all(struct waitq *wq, enum wait_claim why)
{
    uint32_t n = 0;
    for (struct thread *t; (t = waitq_claim_first(wq, why)) != NULL; n++)
        thread_ready(t);
    return n;
}

uint32_t waitq_wake_all(struct waitq *wq)
{
    return take_all(wq, WAIT_WOKEN);
}

uint32_t waitq_cancel(struct waitq *wq)
{
    return take_all(wq, WAIT_CANCELED);
}
