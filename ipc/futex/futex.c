/* SPDX-License-Identifier: MIT */
/*
 * futex.c: buckets and waiters; see futex.h.
 *
 * Lock: bucket->lock, rank IPC: the bucket's list, and of each waiter on it the key, the bucket and the wait
 *       queue. Two of them are taken together only by futex_lock_pair.
 *
 * What can come between:
 *   The word changes and a wake-up comes between looking and sleeping: cannot. The waiter is on the list before the
 *     lock is released.
 *   A time-out or kill just as a wake-up comes: a waiter is claimed once (waitq.h). Claimed by its timer it is passed
 *     over and not counted, and the next one is woken; claimed by the waker it returns OK, whatever the clock says.
 *   A waiter is moved while its time-out or kill is on the way: it takes itself off the list it is on then, under
 *     that bucket's lock (lock_home), not under the one it went to sleep with (F9).
 *   A waiter returns while its waker still looks at it: cannot. It wakes when the waker has made it ready, which is
 *     the last thing the waker does with it; and who ends by itself needs the lock first.
 */
#include "ipc/futex/futex.h"

#include "kernel/lib/panic.h"
#include "kernel/mm/space.h"
#include "kernel/sched/waitq_direct.h"

/* [b] the lock of the bucket it is in   [I] set at creation */
struct futex_waiter {
    struct list link;            /* [b] */
    struct futex_key key;        /* [b] */
    struct futex_bucket *bucket; /* [b] changes only with both buckets' locks held */
    struct waitq self;           /* [b] for this one thread */
};

#define EMPTY_BUCKET(n) \
    [n] = { .lock = SPINLOCK_INIT(RANK_IPC, "futex bucket"), .waiters = LIST_INIT(futex_buckets[n].waiters) }
#define EMPTY_4(n)  EMPTY_BUCKET(n), EMPTY_BUCKET(n + 1), EMPTY_BUCKET(n + 2), EMPTY_BUCKET(n + 3)
#define EMPTY_16(n) EMPTY_4(n), EMPTY_4(n + 4), EMPTY_4(n + 8), EMPTY_4(n + 12)
#define EMPTY_64(n) EMPTY_16(n), EMPTY_16(n + 16), EMPTY_16(n + 32), EMPTY_16(n + 48)

struct futex_bucket futex_buckets[] = { EMPTY_64(0), EMPTY_64(64), EMPTY_64(128), EMPTY_64(192) };

static inline bool same_word(const struct futex_key *a, const struct futex_key *b)
{
    return a->offset == b->offset && a->object == b->object;
}

/* Locks the bucket that the waiter is in, which may change until its lock is held. */
static rarely struct futex_bucket *lock_home(struct futex_waiter *waiter)
{
    /*@ futex.4 A waiter may be moved to another bucket until the lock of the one it is in is
     * held. */
    for (;;) {
        struct futex_bucket *bucket = __atomic_load_n(&waiter->bucket, __ATOMIC_RELAXED);
        spin_lock(&bucket->lock);
        if (waiter->bucket == bucket)
            return bucket;
        spin_unlock(&bucket->lock);
    }
    /*@ end => lab_todo("futex.4"); spin_lock(&waiter->bucket->lock); return waiter->bucket; */
}

static inline bool is_private(const struct futex_key *key)
{
    return key->object & WORD_PRIVATE;
}

/* What a report says of where a thread waits. */
static inline const char *place_name(const struct futex_key *key)
{
    return is_private(key) ? "a wake-up at address" : "a wake-up in shared memory, at offset";
}

/* A thread comes to wait at a word by itself, so a private one is its own process's. */
static inline void name_place(struct waitq *self, const struct futex_key *key)
{
    waitq_init(self, place_name(key), key->offset);
    self->hexadecimal = true;
    self->private = is_private(key);
}

/*
 * For who is moved. Only a waiter that never left its process's memory can be woken by nobody else. While a report
 * relies on that, no thread of that process runs: so none moves it.
 */
static rarely void rename_place(struct waitq *self, const struct futex_key *from,
                                const struct futex_key *to)
{
    self->what = place_name(to);
    self->id = to->offset;
    self->private = self->private && from->object == to->object;
}

static rarely status_t leave(struct futex_waiter *waiter, enum wait_claim why)
{
    struct futex_bucket *bucket = lock_home(waiter);
    assert(waiter->bucket == bucket); /* or another lock guards the list that it is on (F9) */
    list_remove(&waiter->link);
    status_t st = waitq_leave(why);
    spin_unlock(&bucket->lock);
    return st;
}

status_t futex_wait(struct futex_bucket *bucket, const struct futex_key *key, uint64_t deadline)
{
    /*@ futex.2 Put a waiter of your own, on this stack, on the bucket's list and go to sleep,
     * which lets the lock go. Too late is refused before that. Who was not woken by a waker takes
     * himself off the list: leave. */
    struct futex_waiter waiter;
    if (unlikely(waitq_too_late(deadline))) {
        spin_unlock(&bucket->lock);
        return waitq_refuse();
    }
    waiter.key = *key;
    waiter.bucket = bucket;
    name_place(&waiter.self, key);
    list_push_back(&bucket->waiters, &waiter.link);
    enum wait_claim why = waitq_go_to_sleep(&waiter.self, &bucket->lock, deadline, NULL);
    return likely(why == WAIT_WOKEN) ? OK : leave(&waiter, why);
    /*@ end => spin_unlock(&bucket->lock); return lab_todo("futex.2"); */
}

/* Off the list, and woken, unless it is just leaving by itself; says which. It may be gone when this returns true. */
static inline bool wake(struct futex_waiter *waiter)
{
    list_remove(&waiter->link);
    return waitq_wake_one(&waiter->self) != NULL;
}

uint32_t futex_wake(struct futex_bucket *bucket, const struct futex_key *key, uint32_t count)
{
    /*@ futex.3 Wake those who wait for this word, the longest waiting first, until count are
     * woken or none is left. Only who was woken by you counts. */
    uint32_t woken = 0;
    struct list *next;
    for (struct list *link = bucket->waiters.next; link != &bucket->waiters && woken < count;
         link = next) {
        struct futex_waiter *waiter = list_entry(link, struct futex_waiter, link);
        next = link->next;
        assert(waiter->bucket == bucket); /* or it would leave under another lock than ours (F9) */
        if (same_word(&waiter->key, key) && wake(waiter))
            woken++;
    }
    return woken;
    /*@ end => lab_todo("futex.3"); return 0; */
}

struct futex_pair futex_lock_pair(const struct futex_key *from, const struct futex_key *to)
{
    struct futex_pair pair = { futex_bucket_of(from), futex_bucket_of(to) };
    if (pair.from == pair.to)
        spin_lock(&pair.from->lock);
    else
        spin_lock_pair(&pair.from->lock, &pair.to->lock);
    return pair;
}

void futex_unlock_pair(struct futex_pair pair)
{
    if (pair.from == pair.to)
        spin_unlock(&pair.from->lock);
    else
        spin_unlock_pair(&pair.from->lock, &pair.to->lock);
}

/*
 * Those who are just leaving by themselves move too, and are not counted: they find the list they are on. First
 * off one list, then on the other: so none is met twice if the two are one.
 */
uint32_t futex_move(struct futex_pair pair, const struct futex_key *from,
                    const struct futex_key *to, uint32_t count)
{
    /*@ futex.5 Move those who wait for from to the other word, in their order, until count are
     * moved. Each must know from then on which word it waits for and in which bucket it is. Take
     * them all off the one list before the first goes on the other: the two may be one. */
    struct list moving = LIST_INIT(moving), *next;
    uint32_t moved = 0;
    for (struct list *link = pair.from->waiters.next;
         link != &pair.from->waiters && moved < count; link = next) {
        struct futex_waiter *waiter = list_entry(link, struct futex_waiter, link);
        next = link->next;
        if (!same_word(&waiter->key, from))
            continue;
        rename_place(&waiter->self, from, to);
        list_remove(link);
        list_push_back(&moving, link);
        waiter->key = *to;
        __atomic_store_n(&waiter->bucket, pair.to, __ATOMIC_RELAXED);
        moved += waitq_waiting(&waiter->self);
    }
    list_append(&pair.to->waiters, &moving);
    return moved;
    /*@ end => lab_todo("futex.5"); return 0; */
}
