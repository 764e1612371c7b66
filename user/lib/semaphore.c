/* SPDX-License-Identifier: MIT */
/* semaphore.c: see semaphore.h. */
#include "user/lib/semaphore.h"

bool semaphore_try_wait(struct semaphore *semaphore)
{
    uint32_t count = __atomic_load_n(&semaphore->count, __ATOMIC_RELAXED);
    while (count > 0)
        if (__atomic_compare_exchange_n(&semaphore->count, &count, count - 1, true, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED))
            return true;
    return false;
}

/*
 * The waiter raises `waiters` and then looks at `count` (futex_wait does); who posts raises `count` and
 * then looks at `waiters`. In whatever order, one sees the other.
 */
status_t semaphore_wait_until(struct semaphore *semaphore, uint64_t deadline)
{
    while (!semaphore_try_wait(semaphore)) {
        __atomic_add_fetch(&semaphore->waiters, 1, __ATOMIC_SEQ_CST);
        status_t st = sys_futex_wait(&semaphore->count, 0, deadline);
        __atomic_sub_fetch(&semaphore->waiters, 1, __ATOMIC_SEQ_CST);
        if (st < 0 && st != ERR_WOULD_BLOCK)
            return st;
    }
    return OK;
}

void semaphore_post(struct semaphore *semaphore)
{
    __atomic_add_fetch(&semaphore->count, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&semaphore->waiters, __ATOMIC_SEQ_CST) != 0)
        sys_futex_wake(&semaphore->count, 1);
}
