/* SPDX-License-Identifier: MIT */
/* mutex.c: when a mutex is not free; see mutex.h. */
#include "user/lib/mutex.h"

/*
 * Each try says that somebody sleeps, before anybody does: so the unlock that comes between the try and the
 * sleep either finds CONTENDED and wakes, or has made the word FREE, and futex_wait does not sleep.
 */
status_t mutex_lock_slowly(struct mutex *mutex, uint64_t deadline)
{
    /*@ futex.6 Until the mutex is yours: say that somebody sleeps, and only then sleep. What the
     * exchange gives back tells whether it was free meanwhile. */
    while (__atomic_exchange_n(&mutex->state, MUTEX_CONTENDED, __ATOMIC_ACQUIRE) != MUTEX_FREE) {
        status_t st = sys_futex_wait(&mutex->state, MUTEX_CONTENDED, deadline);
        if (st < 0 && st != ERR_WOULD_BLOCK)
            return st;
    }
    return OK;
    /*@ end => return lab_todo("futex.6"); */
}

void mutex_wake(struct mutex *mutex)
{
    sys_futex_wake(&mutex->state, 1);
}
