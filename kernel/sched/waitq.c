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

#include "kernel/arch/cpu.h"
#include "kernel/lib/panic.h"
#include "kernel/sched/sched.h"

void waitq_init(struct waitq *wq, const char *what, uint64_t id)
{
    list_init(&wq->waiters);
    wq->what = what;
    wq->id = id;
}

bool thread_claim(struct thread *t, enum wait_claim why)
{
    bool claimed = atomic32_replace(&t->claim, WAIT_PENDING, why) ||
                   (why != WAIT_KILLED && atomic32_replace(&t->claim, WAIT_ANYWAY, why));
    if (!claimed)
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

/* On the queue before `lock` is released: from here on no wake-up is lost (P1, P11). */
static void announce(struct thread *t, struct waitq *wq, enum wait_claim claim)
{
    list_push_back(&wq->waiters, &t->wait_link);
    t->wait = wq;
    atomic32_store(&t->claim, claim);
}

/* Interrupts are off until the thread sleeps, so the timer and sched_switch see one CPU; on afterwards. */
static inline void block(struct thread *t)
{
    /* A killer sets killed and then tries to claim; so either it finds us or we find it. */
    if (likely(!atomic32_load(&t->killed)) || !atomic32_replace(&t->claim, WAIT_PENDING, WAIT_KILLED))
        sched_switch(THREAD_BLOCKED);
    interrupts_enable();
}

static rarely void block_until(struct thread *t, uint64_t deadline)
{
    timer_arm(&t->timer, deadline);
    block(t);
    timer_cancel(&t->timer);
}

status_t waitq_sleep(struct waitq *wq, struct spinlock *lock, uint64_t deadline)
{
    struct thread *t = current_thread();
    if (atomic32_load(&t->killed))
        return ERR_KILLED;
    if (deadline != DEADLINE_FOREVER && (deadline == DEADLINE_POLL || clock_now() >= deadline))
        return ERR_TIMED_OUT;

    announce(t, wq, WAIT_PENDING);
    spin_unlock_quiet(lock);
    if (likely(deadline == DEADLINE_FOREVER))
        block(t);
    else
        block_until(t, deadline);

    enum wait_claim claim = (enum wait_claim)atomic32_load(&t->claim);
    t->wait = NULL;
    spin_lock(lock);
    if (likely(claim == WAIT_WOKEN))
        return OK;
    list_remove(&t->wait_link);
    return why_awake(claim);
}

void waitq_sleep_anyway(struct waitq *wq, struct spinlock *lock)
{
    struct thread *t = current_thread();
    announce(t, wq, WAIT_ANYWAY);
    spin_unlock_quiet(lock);
    sched_switch(THREAD_BLOCKED);
    interrupts_enable();
    t->wait = NULL;
    spin_lock(lock);
}

/* Takes waiters off until one could be claimed; returns that one, or NULL. */
static inline struct thread *take_one(struct waitq *wq, enum wait_claim why)
{
    while (!list_empty(&wq->waiters)) {
        struct thread *t = list_entry(wq->waiters.next, struct thread, wait_link);
        list_remove(&t->wait_link);
        if (thread_claim(t, why))
            return t;
    }
    return NULL;
}

struct thread *waitq_wake_one(struct waitq *wq)
{
    return take_one(wq, WAIT_WOKEN);
}

static uint32_t take_all(struct waitq *wq, enum wait_claim why)
{
    uint32_t n = 0;
    while (take_one(wq, why) != NULL)
        n++;
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
