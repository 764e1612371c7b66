/* SPDX-License-Identifier: MIT */
/* rwlock.c: see rwlock.h. */
#include "user/lib/rwlock.h"

/* For whoever may go on now; nobody waits mostly, and then it is no system call. The mutex is held. */
static void tell(struct rwlock *lock)
{
    if (lock->waiting_readers + lock->waiting_writers > 0)
        cond_broadcast(&lock->changed, &lock->mutex);
}

/* A reader that a writer's end found waiting. While there is one no writer goes on, so each has his turn at once. */
static bool is_admitted(const struct rwlock *lock, uint32_t came)
{
    return lock->turns != came;
}

static bool may_read(const struct rwlock *lock, uint32_t came)
{
    return !lock->writing && (lock->waiting_writers == 0 || is_admitted(lock, came));
}

/* `admitted` goes down with those who were counted in it, and no others: or readers that come later would keep it up. */
status_t rwlock_read_until(struct rwlock *lock, uint64_t deadline)
{
    status_t st = OK;
    mutex_lock(&lock->mutex);
    uint32_t came = lock->turns;
    while (!may_read(lock, came) && st == OK) {
        lock->waiting_readers++;
        st = cond_wait_until(&lock->changed, &lock->mutex, deadline);
        lock->waiting_readers--;
    }
    if (is_admitted(lock, came))
        lock->admitted--; /* it goes on, or has given up */
    if (may_read(lock, came)) {
        lock->readers++;
        st = OK;
    }
    if (st < 0)
        tell(lock);
    mutex_unlock(&lock->mutex);
    return st;
}

void rwlock_read_done(struct rwlock *lock)
{
    mutex_lock(&lock->mutex);
    if (--lock->readers == 0)
        tell(lock);
    mutex_unlock(&lock->mutex);
}

static bool may_write(const struct rwlock *lock)
{
    return !lock->writing && lock->readers == 0 && lock->admitted == 0;
}

status_t rwlock_write_until(struct rwlock *lock, uint64_t deadline)
{
    status_t st = OK;
    mutex_lock(&lock->mutex);
    lock->waiting_writers++;
    while (!may_write(lock) && st == OK)
        st = cond_wait_until(&lock->changed, &lock->mutex, deadline);
    lock->waiting_writers--;
    if (may_write(lock)) {
        lock->writing = 1;
        st = OK;
    } else {
        tell(lock); /* readers may have waited for this one */
    }
    mutex_unlock(&lock->mutex);
    return st;
}

void rwlock_write_done(struct rwlock *lock)
{
    mutex_lock(&lock->mutex);
    lock->writing = 0;
    lock->turns++;
    lock->admitted = lock->waiting_readers;
    tell(lock);
    mutex_unlock(&lock->mutex);
}
