/* SPDX-License-Identifier: MIT */
/* spinlock.c: a test-and-set lock, each CPU's held locks chained, the last first. */
#include "kernel/sync/spinlock.h"

#include "kernel/arch/cpu.h"
#include "kernel/lib/format.h"
#include "kernel/lib/log.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/symbols.h"

void spinlock_init(struct spinlock *lock, enum lock_rank rank, const char *name)
{
    *lock = (struct spinlock)SPINLOCK_INIT(rank, name);
}

noreturn void spin_wrong_order(const struct spinlock *lock)
{
    const struct spinlock *held = cpu_top_lock();
    panic("lock order: taking \"%s\" (rank %u) while holding \"%s\" (rank %u)", lock->name,
          lock->rank, held->name, held->rank);
}

noreturn void spin_wrong_release(const struct spinlock *lock)
{
    panic("lock order: releasing \"%s\", which is not the lock taken last", lock->name);
}

noreturn void spin_unwanted(const char *what)
{
    const struct spinlock *held = cpu_top_lock();
    char where[160];
    symbol_describe((uint64_t)held->holder, where, sizeof where);
    panic("%s while holding the spinlock \"%s\", taken in %s", what, held->name, where);
}

noreturn void spin_sleeping(const struct spinlock *below, const struct spinlock *lock)
{
    panic("about to sleep holding \"%s\" as well as \"%s\"", below->name, lock->name);
}

void spinlock_report(void)
{
    const struct spinlock *held = this_cpu() != NULL ? cpu_top_lock() : NULL;
    char where[160];
    if (held == NULL)
        log("  no spinlock is held on this CPU\n");
    for (; held != NULL; held = held->below) {
        symbol_describe((uint64_t)held->holder, where, sizeof where);
        log("  held: \"%s\" (rank %u), taken in %s\n", held->name, held->rank, where);
    }
}

void spin_lock_pair(struct spinlock *a, struct spinlock *b)
{
    struct spinlock *first = a < b ? a : b, *second = a < b ? b : a;
    if (a == b || a->rank != b->rank)
        spin_wrong_order(second);
    spin_lock(first);
    spin_acquire(second, first);
}

void spin_unlock_pair(struct spinlock *a, struct spinlock *b)
{
    spin_unlock(a < b ? b : a);
    spin_unlock(a < b ? a : b);
}
