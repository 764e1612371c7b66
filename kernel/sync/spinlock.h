/* SPDX-License-Identifier: MIT */
/*
 * spinlock.h: mutual exclusion for a few instructions.
 *
 * Taking a spinlock turns interrupts off on this CPU until the last one is
 * released; so its holder is not pre-empted and an interrupt handler may take
 * the same locks. While one is held: no sleeping, no allocation, no user memory.
 *
 * Each lock has a rank. A CPU may take a lock only if its rank is above that of
 * every lock the CPU already holds: then no two CPUs can wait for each other in
 * a ring. This is asserted each time, so that a wrong order shows the first time
 * it happens and not the first time it dead-locks.
 */
#pragma once

#include "kernel/arch/cpu.h"

/* RANK(name, what it guards): in the order in which locks may be taken. */
#define RANK_LIST(RANK)                                               \
    RANK(PROCESS_LIST, "the list of all processes")                   \
    RANK(PROCESS, "a process: its threads, its end")                  \
    RANK(SPACE, "an address space: regions and page tables")          \
    RANK(TOPOLOGY, "which queue holds which receive side")            \
    RANK(IPC, "a port, channel, pipe, region or futex bucket")        \
    RANK(HANDLES, "a handle table")                                   \
    RANK(MUTEX, "the inside of a sleeping lock")                      \
    RANK(CONSOLE, "a serial line's input")                            \
    RANK(TIMER, "a CPU's timers")                                     \
    RANK(THREAD_LIST, "the list of all threads")                      \
    RANK(RUNQUEUE, "a CPU's run queue and its threads' states")       \
    RANK(KMALLOC, "a size class")                                     \
    RANK(FRAME, "the page frame allocator")                           \
    RANK(LOG, "the console's output")

#define RANK_ENUM(name, text) RANK_##name,
enum lock_rank { RANK_NONE, RANK_LIST(RANK_ENUM) RANK_COUNT };
#undef RANK_ENUM

struct spinlock {
    uint32_t locked;
    uint32_t rank;          /* [I] enum lock_rank */
    const char *name;       /* [I] for reports */
    const void *holder;     /* [lock] code address that took it */
    struct spinlock *below; /* [lock] the one its holder took before it, or NULL */
};

#define SPINLOCK_INIT(a_rank, a_name) { .rank = (a_rank), .name = (a_name) }

void spinlock_init(struct spinlock *lock, enum lock_rank rank, const char *name);

/* What ends in a panic: spinlock.c. */
noreturn void spin_wrong_order(const struct spinlock *lock);
noreturn void spin_wrong_release(const struct spinlock *lock);
noreturn void spin_unwanted(const char *what);
noreturn void spin_sleeping(const struct spinlock *below, const struct spinlock *lock);

/* Waits for the lock; `held` is the one this CPU took last, or NULL, and then interrupts are off already. */
static inline void spin_acquire(struct spinlock *lock, struct spinlock *held)
{
    /* Looks without writing while somebody else has it, so that the holder's cache line stays his. */
    while (unlikely(__atomic_fetch_or(&lock->locked, 1, __ATOMIC_ACQUIRE) & 1)) /* lock bts */
        while (__atomic_load_n(&lock->locked, __ATOMIC_RELAXED) != 0)
            cpu_pause();
    note_code_address(&lock->holder);
    lock->below = held;
    cpu_set_top_lock(lock);
}

/*
 * Panics if this CPU holds a lock of the same or a higher rank. Inline, for it is on every
 * path that is measured, and so is the waiting: a call would cost its caller registers
 * that must be saved, each time.
 */
static inline void spin_lock(struct spinlock *lock)
{
    struct spinlock *held = cpu_top_lock();
    if (likely(held == NULL))
        cpu_interrupts_hold();
    else if (unlikely(held->rank >= lock->rank))
        spin_wrong_order(lock);
    spin_acquire(lock, held);
}

/*
 * A release without the interrupts; returns the lock that is now the last taken, or NULL. Panics if it is
 * not the lock this CPU took last.
 */
static inline struct spinlock *spin_release(struct spinlock *lock)
{
    if (unlikely(!cpu_top_lock_is(lock)))
        spin_wrong_release(lock);
    struct spinlock *below = lock->below;
    cpu_set_top_lock(below);
    __atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
    return below;
}

/* Locks are released in reverse order of taking. */
static inline void spin_unlock(struct spinlock *lock)
{
    if (likely(spin_release(lock) == NULL) && likely(cpu_interrupts_held()))
        interrupts_enable();
}

/* The same for the only lock held, but interrupts stay off: for the scheduler. */
static inline void spin_unlock_quiet(struct spinlock *lock)
{
    const struct spinlock *below = spin_release(lock);
    if (unlikely(below != NULL))
        spin_sleeping(below, lock);
}

/*
 * Takes two different locks of one rank, which no other way does: the one at the lower address first, always, so that
 * two CPUs that want the same two do not wait for each other. spin_unlock_pair releases both.
 */
void spin_lock_pair(struct spinlock *a, struct spinlock *b);
void spin_unlock_pair(struct spinlock *a, struct spinlock *b);

/* Panics, naming a held lock and where it was taken, if this CPU holds any. */
static inline void assert_no_spinlock(const char *what)
{
    if (unlikely(!cpu_top_lock_is(NULL)))
        spin_unwanted(what);
}
