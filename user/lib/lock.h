/* SPDX-License-Identifier: MIT */
/*
 * lock.h: the library's own lock: spins a little, then gives the CPU away.
 *
 * It needs no help from the kernel, and so cannot sleep: fit for the few
 * instructions that malloc and printf protect, not for a program that waits: that has
 * mutex.h. It stands on nothing that a lab builds, for programs print before the last lab is done.
 * Zeroed means free. Not recursive, not fair.
 */
#pragma once

#include <stdint.h>

#include "user/lib/ponte.h"

#define LOCK_SPINS 64

struct lock {
    uint32_t held;
};

static inline void lock_acquire(struct lock *lock)
{
    for (uint32_t spins = 0; __atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE); spins++) {
        if (spins < LOCK_SPINS)
            __builtin_ia32_pause();
        else
            sys_thread_yield(); /* the holder may be waiting for this very CPU */
    }
}

static inline void lock_release(struct lock *lock)
{
    __atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
}
