/* SPDX-License-Identifier: MIT */
/*
 * waitq.h: wait queues, the one way to block.
 *
 * The contract. A thread that finds its condition false, with the lock that
 * guards the condition held, calls waitq_sleep(wq, lock, deadline) in a loop:
 *
 *     spin_lock(&p->lock);
 *     while (nothing there) {
 *         st = waitq_sleep(&p->readers, &p->lock, deadline);
 *         if (st < 0)
 *             break;
 *     }
 *
 * The lock guards the queue too: the thread is on it before the lock is released, and
 * whoever changes the condition does so, and wakes, with the lock held. So no wake-up
 * falls between the test and the sleep.
 *
 * A waiter may be claimed once, by whoever comes first: a waker, its timer, or
 * process_kill. A waker that finds a waiter already claimed by another takes the
 * next one: a waiter that leaves for another reason never swallows a wake-up.
 */
#pragma once

#include "kernel/abi/time.h"
#include "kernel/lib/list.h"
#include "kernel/sync/spinlock.h"

struct thread;

/* [c] the lock that guards the condition: the one given to waitq_sleep */
struct waitq {
    struct list waiters; /* [c] struct thread, oldest first */
    const char *what;    /* [I] what waiting here means, for reports: "message in port" */
    uint64_t id;         /* [I] the id of the object it belongs to */
    bool hexadecimal;    /* [I] the id is an address */
    bool private;        /* [I] only threads of the waiters' own process can ever wake them */
    /* A futex's waiter has a queue of its own, which is renamed when it is moved: there these are [c]. */
};

/* Decimal, not private: for either, set the field afterwards. */
void waitq_init(struct waitq *wq, const char *what, uint64_t id);

/*
 * Releases `lock` and sleeps as one step; returns with it held. `lock` must be the
 * only spinlock held. Returns
 *     OK             a waker chose this thread
 *     ERR_TIMED_OUT  the deadline (absolute ns) passed; at once for DEADLINE_POLL
 *     ERR_CANCELED   waitq_cancel chose it
 *     ERR_KILLED     its process is being killed
 * The caller keeps whatever wq and lock are part of alive (a reference) meanwhile.
 */
must_check status_t waitq_sleep(struct waitq *wq, struct spinlock *lock, uint64_t deadline)
    HOLDS(lock);

/* The same without a deadline, for a thread that must go on even if it is being killed. */
void waitq_sleep_anyway(struct waitq *wq, struct spinlock *lock) HOLDS(lock);

/*
 * Wakes the longest waiter and returns it, NULL if there was none. The condition's lock is held, here and below. Which
 * thread it is means something only while the waker holds the lock under which that thread will return.
 */
struct thread *waitq_wake_one(struct waitq *wq);

/* Wakes all that wait now; returns how many. */
uint32_t waitq_wake_all(struct waitq *wq);

/* Like waitq_wake_all, but they return ERR_CANCELED. */
uint32_t waitq_cancel(struct waitq *wq);
