/* SPDX-License-Identifier: MIT */
/* mutex.c: see mutex.h. The lock passes from hand to hand, so it is never free while someone waits. */
#include "kernel/sched/mutex.h"

#include "kernel/lib/panic.h"
#include "kernel/sched/sched.h"

void mutex_init(struct mutex *mutex, const char *what, uint64_t id)
{
    spinlock_init(&mutex->lock, RANK_MUTEX, what);
    waitq_init(&mutex->waiters, what, id);
    mutex->held = false;
    mutex->holder = NULL;
}

void mutex_lock(struct mutex *mutex)
{
    spin_lock(&mutex->lock);
    if (!mutex->held)
        mutex->held = true;
    else
        waitq_sleep_anyway(&mutex->waiters, &mutex->lock); /* woken as its new holder */
    mutex->holder = current_thread();
    spin_unlock(&mutex->lock);
}

void mutex_unlock(struct mutex *mutex)
{
    spin_lock(&mutex->lock);
    if (!mutex->held || mutex->holder != current_thread())
        panic("mutex \"%s\" released by a thread that does not hold it", mutex->waiters.what);
    mutex->holder = NULL;
    if (!waitq_wake_one(&mutex->waiters))
        mutex->held = false;
    spin_unlock(&mutex->lock);
}
