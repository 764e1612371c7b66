/* SPDX-License-Identifier: MIT */
/*
 * rwlock.h: reader-writer locks (lab 6): readers together, or one writer alone. On a mutex and a condition variable.
 *
 * A writer that waits keeps new readers out, so that a stream of readers cannot starve it; when it is done, the
 * readers that have waited meanwhile go before the next writer. So neither side starves the other. A thread that
 * reads must not lock for reading again: a writer may wait in between.
 *
 * Zeroed means free. It works between processes if it lies in shared memory.
 */
#pragma once

#include "user/lib/cond.h"

/* [m] mutex */
struct rwlock {
    struct mutex mutex;
    struct cond changed;      /* [m] */
    uint32_t readers;         /* [m] that read now */
    uint32_t writing;         /* [m] 0 or 1 */
    uint32_t waiting_readers; /* [m] */
    uint32_t waiting_writers; /* [m] */
    uint32_t admitted;        /* [m] of the waiting readers: they go before the next writer */
    uint32_t turns;           /* [m] of writers that are over, and wraps: who came in an earlier one is admitted */
};

#define RWLOCK_INIT { .mutex = MUTEX_INIT }

/* OK, or ERR_TIMED_OUT. */
must_check status_t rwlock_read_until(struct rwlock *lock, uint64_t deadline);
must_check status_t rwlock_write_until(struct rwlock *lock, uint64_t deadline);

static inline void rwlock_read(struct rwlock *lock)
{
    (void)!rwlock_read_until(lock, DEADLINE_FOREVER);
}

static inline void rwlock_write(struct rwlock *lock)
{
    (void)!rwlock_write_until(lock, DEADLINE_FOREVER);
}

void rwlock_read_done(struct rwlock *lock);
void rwlock_write_done(struct rwlock *lock);
