/* SPDX-License-Identifier: MIT */
/*
 * tlb.h: making every CPU forget what a page table no longer says.
 *
 * A CPU remembers translations. Before a frame that was mapped may be reused, every CPU
 * that runs, or lately ran, in that address space must have been told and have
 * answered (S11). The asker waits with interrupts on and no spinlock held: so two CPUs that
 * ask each other at once both answer, and a CPU that spins on a lock with interrupts
 * off will get on and answer later.
 */
#pragma once

#include "kernel/sync/atomic.h"

/* Which CPUs have a page table root loaded: bit n is CPU n. */
struct tlb_users {
    atomic64_t cpus;
};

/* Registers the interrupt. */
void tlb_init(void);

/* Returns when no CPU of `users` remembers anything older than the call. Interrupts on, no spinlock held. */
void tlb_shoot_down(struct tlb_users *users);
