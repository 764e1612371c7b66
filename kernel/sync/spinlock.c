/* SPDX-License-Identifier: MIT */
/* spinlock.c: a test-and-set lock, with each CPU's held locks on a small stack. */
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
    const struct cpu *cpu = this_cpu();
    const struct spinlock *held = cpu->held[cpu->held_count - 1];
    panic("lock order: taking \"%s\" (rank %u) while holding \"%s\" (rank %u)", lock->name,
          lock->rank, held->name, held->rank);
}

noreturn void spin_wrong_release(const struct spinlock *lock)
{
    panic("lock order: releasing \"%s\", which is not the lock taken last", lock->name);
}

/* Looks without writing while somebody else has it, so that the holder's cache line stays his. */
void spin_wait(struct spinlock *lock)
{
    do {
        while (__atomic_load_n(&lock->locked, __ATOMIC_RELAXED) != 0)
            cpu_pause();
    } while (__atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE) != 0);
}

void spin_unlock_quiet(struct spinlock *lock)
{
    const struct cpu *cpu = spin_release(lock);
    if (unlikely(cpu->held_count != 0))
        panic("about to sleep holding \"%s\" as well as \"%s\"",
              cpu->held[cpu->held_count - 1]->name, lock->name);
}

bool spin_held(const struct spinlock *lock)
{
    bool on = interrupts_save();
    const struct cpu *cpu = this_cpu();
    bool held = false;
    for (uint32_t i = 0; i < cpu->held_count; i++)
        held |= cpu->held[i] == lock;
    interrupts_restore(on);
    return held;
}

noreturn void spin_unwanted(const char *what)
{
    const struct cpu *cpu = this_cpu();
    const struct spinlock *held = cpu->held[cpu->held_count - 1];
    char where[160];
    symbol_describe((uint64_t)held->holder, where, sizeof where);
    panic("%s while holding the spinlock \"%s\", taken in %s", what, held->name, where);
}

void spinlock_report(void)
{
    const struct cpu *cpu = this_cpu();
    char where[160];
    if (cpu == NULL || cpu->held_count == 0) {
        log("  no spinlock is held on this CPU\n");
        return;
    }
    for (uint32_t i = 0; i < cpu->held_count; i++) {
        symbol_describe((uint64_t)cpu->held[i]->holder, where, sizeof where);
        log("  held: \"%s\" (rank %u), taken in %s\n", cpu->held[i]->name, cpu->held[i]->rank,
            where);
    }
}
