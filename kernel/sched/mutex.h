/* SPDX-License-Identifier: MIT */
/*
 * mutex.h: a lock whose waiters sleep.
 *
 * For what takes long or may itself sleep. Handed from holder to the longest waiter, so
 * nobody overtakes. Not to be taken while a spinlock is held, nor by an interrupt handler.
 */
#pragma once

#include "kernel/sched/waitq.h"

struct thread;

struct mutex {
    struct spinlock lock;  /* rank MUTEX */
    bool held;             /* [lock] also while it passes to a woken waiter */
    struct thread *holder; /* [lock] for checks and reports */
    struct waitq waiters;
};

/* `what` and `id` are for reports, as in waitq_init. */
void mutex_init(struct mutex *mutex, const char *what, uint64_t id);

/* Waits as long as it takes, also in a thread that is being killed. */
void mutex_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);
