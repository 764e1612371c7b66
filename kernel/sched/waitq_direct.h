/* SPDX-License-Identifier: MIT */
/*
 * waitq_direct.h: wait queues for operations that give a waiter what it waits for.
 *
 * Who is given it has no need to take the lock and look again, and who will wait for an answer has no need of the
 * CPU meanwhile: the two may change places without a detour by the run queue. Inline, for this is the
 * path that is measured; it is waitq.c's too.
 */
#pragma once

#include "kernel/lib/panic.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/waitq.h"

/* Whoever gets true has the thread in his hand, and must make it ready. */
static inline bool waitq_claim(struct thread *t, enum wait_claim why)
{
    return likely(atomic32_replace(&t->claim, WAIT_PENDING, why)) ||
           (why != WAIT_KILLED && atomic32_replace(&t->claim, WAIT_ANYWAY, why));
}

/* Takes waiters off the queue until one could be claimed; returns that one, or NULL. */
static inline struct thread *waitq_claim_first(struct waitq *wq, enum wait_claim why)
{
    while (!list_empty(&wq->waiters)) {
        struct thread *t = list_entry(wq->waiters.next, struct thread, wait_link);
        list_remove(&t->wait_link);
        if (likely(waitq_claim(t, why)))
            return t;
    }
    return NULL;
}

/*
 * Chooses the longest waiter as waitq_wake_one does, but lets it sleep on: exactly one of thread_ready, thread_hand_over
 * and waitq_sleep_unlocking must follow, soon, with or without the lock. What the waiter is to find when it
 * wakes is written in between.
 */
static inline struct thread *waitq_claim_one(struct waitq *wq)
{
    return waitq_claim_first(wq, WAIT_WOKEN);
}

/* Whether somebody waits who has not been claimed, on a queue for one. */
static inline bool waitq_waiting(const struct waitq *wq)
{
    return !list_empty(&wq->waiters) &&
           atomic32_load(&list_entry(wq->waiters.next, struct thread, wait_link)->claim) ==
               WAIT_PENDING;
}

/* On the queue before `lock` is released: from here on no wake-up is lost (P1, P11). */
static inline void waitq_announce(struct thread *t, struct waitq *wq, enum wait_claim claim)
{
    list_push_back(&wq->waiters, &t->wait_link);
    t->wait = wq;
    atomic32_store(&t->claim, claim);
}

/* Interrupts are off until the thread sleeps, so the timer and sched_switch see one CPU; on afterwards. */
static inline void waitq_block(struct thread *t, struct thread *next)
{
    /* A killer sets killed and then tries to claim; so either it finds us or we find it. */
    if (likely(!atomic32_load(&t->killed)) || !atomic32_replace(&t->claim, WAIT_PENDING, WAIT_KILLED))
        sched_switch(THREAD_BLOCKED, next);
    else if (next != NULL)
        thread_ready(next);
    interrupts_enable();
}

void waitq_block_until(struct thread *t, uint64_t deadline, struct thread *next);

/* Whether there is nothing to wait for: the deadline is past. */
static inline bool waitq_too_late(uint64_t deadline)
{
    return deadline != DEADLINE_FOREVER && (deadline == DEADLINE_POLL || clock_now() >= deadline);
}

/* Releases the lock and sleeps; why it is awake. Unless it was WOKEN it is still on the queue. */
static inline enum wait_claim waitq_go_to_sleep(struct waitq *wq, struct spinlock *lock,
                                                uint64_t deadline, struct thread *next) HOLDS(lock)
{
    struct thread *t = current_thread();
    waitq_announce(t, wq, WAIT_PENDING);
    spin_unlock_quiet(lock);
    if (likely(deadline == DEADLINE_FOREVER))
        waitq_block(t, next);
    else
        waitq_block_until(t, deadline, next);
    t->wait = NULL;
    return (enum wait_claim)atomic32_load(&t->claim);
}

/* After that, unless WOKEN: off the queue, under the condition's lock; the error that says why. */
status_t waitq_leave(enum wait_claim why);
/* The error of who comes too late. */
status_t waitq_refuse(void);

/*
 * waitq_sleep, but it returns without the lock. `next`, a waiter that the caller has claimed (waitq_claim_one) or
 * NULL, is woken in any case; if this thread does sleep, it hands the CPU over.
 */
must_check static inline status_t waitq_sleep_unlocking(struct waitq *wq, struct spinlock *lock,
                                                        uint64_t deadline, struct thread *next)
    HOLDS(lock)
{
    if (unlikely(waitq_too_late(deadline))) {
        spin_unlock(lock);
        if (next != NULL)
            thread_ready(next);
        return waitq_refuse();
    }
    enum wait_claim why = waitq_go_to_sleep(wq, lock, deadline, next);
    if (likely(why == WAIT_WOKEN))
        return OK;
    spin_lock(lock);
    status_t st = waitq_leave(why);
    spin_unlock(lock);
    return st;
}
