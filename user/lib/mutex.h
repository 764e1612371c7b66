/* SPDX-License-Identifier: MIT */
/*
 * mutex.h: mutual exclusion (lab 6), on a futex.
 *
 * A word with three states. Locking a free mutex and unlocking one that nobody waits for are one atomic
 * instruction each and no system call; the kernel comes in only when a thread has to sleep, or to be
 * woken.
 *
 *     FREE       -> HELD       lock
 *     HELD       -> FREE       unlock
 *     any        -> CONTENDED  a thread is about to sleep until it is unlocked
 *     CONTENDED  -> FREE       unlock, which wakes one sleeper
 *
 * A sleeper that wakes takes it as CONTENDED, for it cannot know whether others sleep still; at worst
 * one wake-up is in vain. Not recursive. Who comes just when it is unlocked may be faster than the one that
 * was woken: who sleeps is not served in turn, but nobody sleeps while it is free.
 *
 * Zeroed means free. It works between processes if it lies in shared memory.
 */
#pragma once

#include "user/lib/defs.h"
#include "user/lib/ponte.h"

enum mutex_state { MUTEX_FREE, MUTEX_HELD, MUTEX_CONTENDED };

struct mutex {
    uint32_t state; /* enum mutex_state; the futex */
};

#define MUTEX_INIT { MUTEX_FREE }

/* Sleeps until the mutex is this thread's. OK, or ERR_TIMED_OUT. The holder, or waiting for ever for oneself, is not noticed. */
must_check status_t mutex_lock_slowly(struct mutex *mutex, uint64_t deadline);
/* Wakes one sleeper. */
void mutex_wake(struct mutex *mutex);

static inline bool mutex_try_lock(struct mutex *mutex)
{
    uint32_t expected = MUTEX_FREE;
    return __atomic_compare_exchange_n(&mutex->state, &expected, MUTEX_HELD, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

/* The mutex is this thread's, on OK; ERR_TIMED_OUT when the deadline passes first. */
must_check static inline status_t mutex_lock_until(struct mutex *mutex, uint64_t deadline)
{
    return likely(mutex_try_lock(mutex)) ? OK : mutex_lock_slowly(mutex, deadline);
}

static inline void mutex_lock(struct mutex *mutex)
{
    if (unlikely(!mutex_try_lock(mutex)))
        (void)!mutex_lock_slowly(mutex, DEADLINE_FOREVER);
}

/* By the thread that holds it. */
static inline void mutex_unlock(struct mutex *mutex)
{
    if (unlikely(__atomic_exchange_n(&mutex->state, MUTEX_FREE, __ATOMIC_RELEASE) == MUTEX_CONTENDED))
        mutex_wake(mutex);
}
