/* SPDX-License-Identifier: MIT */
/*
 * cond.h: condition variables (lab 6), on a futex.
 *
 *     mutex_lock(&m);
 *     while (!ready)
 *         cond_wait(&c, &m);
 *     ...
 *     mutex_unlock(&m);
 *
 * The word counts signals. A waiter notes the number while it holds the mutex, lets the mutex go, and sleeps if the number is
 * the same still: so a signal that comes in between is not lost, for it has changed the number. Any
 * waiter may wake without a signal, hence the loop.
 *
 * Zeroed means ready for use. It works between processes if it and the mutex lie in shared memory. All waiters of one
 * condition variable use the same mutex.
 */
#pragma once

#include "user/lib/mutex.h"

struct cond {
    uint32_t signals; /* counts, and wraps; the futex */
};

#define COND_INIT { 0 }

/* Lets the mutex go, sleeps until a signal, and takes it again: it is held again whatever comes. OK, or ERR_TIMED_OUT. */
must_check status_t cond_wait_until(struct cond *cond, struct mutex *mutex, uint64_t deadline);

static inline void cond_wait(struct cond *cond, struct mutex *mutex)
{
    (void)!cond_wait_until(cond, mutex, DEADLINE_FOREVER);
}

/* Wakes one waiter, if there is one. */
void cond_signal(struct cond *cond);

/*
 * Wakes all waiters: one at once, and each of the others when the mutex comes free, for only one
 * at a time could go on anyway.
 */
void cond_broadcast(struct cond *cond, struct mutex *mutex);
