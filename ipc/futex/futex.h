/* SPDX-License-Identifier: MIT */
/*
 * futex.h: waiting for a word of memory to change (guide 4.5).
 *
 * The word belongs to the programs: they change it with atomic instructions, and as long as nobody has to
 * wait the kernel knows nothing of it. A thread that finds it as it does not like it asks to sleep, if it
 * still is so. Looking and going to sleep are one step (F1), under the lock of the bucket in which the
 * word's waiters are; who has changed the word takes the same lock to wake them. So either the waiter
 * sees the new value, or the waker sees the waiter.
 *
 * What "the same word" is says its key (F3): in private memory the address space and the address; in shared memory
 * the object and the offset in it, so that it is the same under any address in any process. A key is made of
 * numbers that are never used again. So it holds no reference and cannot dangle (F10), though a waiter may outlive
 * what it waits at: its page unmapped under it, or the space that another process has moved it to gone.
 *
 * The table is fixed, and waiters lie on their own kernel stacks (F7, F8): nothing is allocated, so nothing can
 * fail for want of memory, and nothing is left behind.
 *
 * User addresses are sys_futex.c's: it looks at the word, between futex_lock and what follows.
 */
#pragma once

#include "kernel/lib/list.h"
#include "kernel/sync/spinlock.h"

struct futex_key {
    uint64_t object; /* the number of what is shared, or, with WORD_PRIVATE, of a space: see space_name_word */
    uint64_t offset; /* bytes in it, or the address in the space */
};

/* On a cache line of its own: neighbours are others' business. */
struct futex_bucket {
    struct spinlock lock;
    struct list waiters; /* [lock] struct futex_waiter, the longest first; of all words that fall here */
} __attribute__((aligned(64)));

#define FUTEX_BUCKET_BITS 8

extern struct futex_bucket futex_buckets[1 << FUTEX_BUCKET_BITS];

/* Multiplying by an odd number close to 2^64 divided by the golden ratio spreads neighbours over the upper bits. */
static inline struct futex_bucket *futex_bucket_of(const struct futex_key *key)
{
    uint64_t mixed = (key->object + key->offset) * 0x9e3779b97f4a7c15ull;
    return &futex_buckets[mixed >> (64 - FUTEX_BUCKET_BITS)];
}

/* Takes the lock of the word's bucket. No spinlock may be held. */
static inline struct futex_bucket *futex_lock(const struct futex_key *key)
{
    struct futex_bucket *bucket = futex_bucket_of(key);
    spin_lock(&bucket->lock);
    return bucket;
}

static inline void futex_unlock(struct futex_bucket *bucket)
{
    spin_unlock(&bucket->lock);
}

/*
 * Sleeps until a wake-up; returns without the lock (F2). OK: one has chosen this thread; ERR_TIMED_OUT, ERR_KILLED. It may
 * have been moved to another bucket meanwhile. Guide: Futex::wait.
 */
must_check status_t futex_wait(struct futex_bucket *bucket, const struct futex_key *key,
                               uint64_t deadline) HOLDS(bucket->lock);

/* Wakes up to `count` of the word's waiters, the longest first; returns how many there were (F4). Guide: Futex::wake. */
uint32_t futex_wake(struct futex_bucket *bucket, const struct futex_key *key, uint32_t count)
    HOLDS(bucket->lock);

/* The locks of two words' buckets, which may be the same one. */
struct futex_pair {
    struct futex_bucket *from, *to;
};

struct futex_pair futex_lock_pair(const struct futex_key *from, const struct futex_key *to);
void futex_unlock_pair(struct futex_pair pair);

/*
 * Lets up to `count` of the waiters at `from` wait at `to`, behind those who do already; returns how many. If it is the same
 * word, they go to the end of the line.
 */
uint32_t futex_move(struct futex_pair pair, const struct futex_key *from,
                    const struct futex_key *to, uint32_t count) HOLDS(both);
