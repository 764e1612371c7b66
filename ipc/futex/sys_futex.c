/* SPDX-License-Identifier: MIT */
/*
 * sys_futex.c: what a system call about futexes makes of its addresses.
 *
 * The word is looked at under its bucket's lock, where no page can be filled in: if it is not there, the lock is
 * let go, the page is filled in as for any access, and the look is taken again (F6). A program that takes
 * the page away each time can only keep itself busy.
 */
#include "ipc/futex/sys_futex.h"

#include "ipc/futex/futex.h"
#include "kernel/mm/space.h"
#include "kernel/mm/usercopy.h"
#include "kernel/sched/thread.h"

/*
 * The key of the word at an address that may be anything (F5). ERR_INVALID_ARGUMENT (misaligned, F11),
 * ERR_INVALID_ADDRESS (not mapped, or not to be read).
 */
static inline status_t find_key(uaddr_t at, struct futex_key *key)
{
    uint32_t value;
    if (unlikely(at.value % sizeof value != 0))
        return ERR_INVALID_ARGUMENT;
    if (unlikely(!user_range_ok(at, sizeof value) || !user_peek32(at, &value)))
        return ERR_INVALID_ADDRESS;
    return space_name_word(current_thread()->space, at.value, &key->object, &key->offset);
}

static inline status_t compare(uaddr_t at, uint32_t expected, bool *there)
{
    uint32_t value;
    *there = user_peek32(at, &value);
    return *there && value == expected ? OK : ERR_WOULD_BLOCK;
}

/* A value wider than the word is cut: what a C program passes there is 32 bits wide, and the rest of the register anything. */
status_t sys_futex_wait(uaddr_t at, uint64_t expected, uint64_t deadline)
{
    /*@ futex.1 Find the key, lock its bucket, and compare under the lock: only if the word is as
     * expected does futex_wait take over, lock and all. If the word could not be looked at there,
     * begin again: find_key fills its page in. */
    struct futex_key key;
    for (;;) {
        bool there;
        status_t st = find_key(at, &key);
        if (unlikely(st < 0))
            return st;
        struct futex_bucket *bucket = futex_lock(&key);
        st = compare(at, (uint32_t)expected, &there);
        if (likely(st == OK))
            return futex_wait(bucket, &key, deadline);
        futex_unlock(bucket);
        if (there)
            return st;
    }
    /*@ end => return lab_todo("futex.1"); */
}

status_t sys_futex_wake(uaddr_t at, uint64_t count)
{
    struct futex_key key;
    status_t st = find_key(at, &key);
    if (unlikely(st < 0))
        return st;
    uint32_t woken = 0;
    struct futex_bucket *bucket = futex_lock(&key);
    if (!list_empty(&bucket->waiters))
        woken = futex_wake(bucket, &key, (uint32_t)count);
    futex_unlock(bucket);
    return woken;
}

status_t sys_futex_requeue(uaddr_t from, uint64_t expected, uint64_t wake, uaddr_t to, uint64_t move)
{
    struct futex_key from_key, to_key;
    for (;;) {
        bool there;
        status_t st = find_key(from, &from_key);
        if (st == OK)
            st = find_key(to, &to_key);
        if (st < 0)
            return st;
        struct futex_pair pair = futex_lock_pair(&from_key, &to_key);
        st = compare(from, (uint32_t)expected, &there);
        if (st == OK) {
            st = futex_wake(pair.from, &from_key, (uint32_t)wake);
            st += futex_move(pair, &from_key, &to_key, (uint32_t)move);
        }
        futex_unlock_pair(pair);
        if (there)
            return st;
    }
}
