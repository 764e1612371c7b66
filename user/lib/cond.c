/* SPDX-License-Identifier: MIT */
/* cond.c: see cond.h. */
#include "user/lib/cond.h"

/*
 * Locked slowly, so that the mutex is CONTENDED: others may have been moved to it from here, and its
 * unlocking must wake the next of them.
 */
status_t cond_wait_until(struct cond *cond, struct mutex *mutex, uint64_t deadline)
{
    /*@ futex.7 Remember the number of signals before you let the mutex go, sleep only if it is
     * still that, and take the mutex again, slowly, whatever came. */
    uint32_t seen = __atomic_load_n(&cond->signals, __ATOMIC_RELAXED);
    mutex_unlock(mutex);
    status_t st = sys_futex_wait(&cond->signals, seen, deadline);
    (void)!mutex_lock_slowly(mutex, DEADLINE_FOREVER);
    return st == ERR_WOULD_BLOCK ? OK : st;
    /*@ end => return lab_todo("futex.7"); */
}

void cond_signal(struct cond *cond)
{
    __atomic_add_fetch(&cond->signals, 1, __ATOMIC_RELEASE);
    sys_futex_wake(&cond->signals, 1);
}

/* If another signal comes between, the number is looked at again: nobody may be left behind. */
void cond_broadcast(struct cond *cond, struct mutex *mutex)
{
    /*@ futex.8 One more signal; wake one waiter and move the others to the mutex, whose holder
     * wakes them one by one. If another signal came between, again. */
    status_t st;
    do {
        uint32_t now = __atomic_add_fetch(&cond->signals, 1, __ATOMIC_RELEASE);
        st = sys_futex_requeue(&cond->signals, now, 1, &mutex->state, UINT32_MAX);
    } while (st == ERR_WOULD_BLOCK);
    /*@ end => lab_todo("futex.8"); */
}
