/* SPDX-License-Identifier: MIT */
/* mutex.c: the least a mutex on Linux's futex needs: three states, inline, no kinds and no checks. */
#include "grade/peer/peer.h"

#include "user/test/bench/bench.h"

enum { FREE, HELD, AWAITED };

static inline void lock(uint32_t *word)
{
    uint32_t seen = FREE;
    if (__atomic_compare_exchange_n(word, &seen, HELD, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return;
    while (__atomic_exchange_n(word, AWAITED, __ATOMIC_ACQUIRE) != FREE)
        bench_futex_wait(word, AWAITED, false);
}

static inline void unlock(uint32_t *word)
{
    if (__atomic_exchange_n(word, FREE, __ATOMIC_RELEASE) == AWAITED)
        bench_futex_wake(word, 1, false);
}

static void lock_and_unlock(void *word)
{
#pragma GCC unroll 16
    for (int i = 0; i < BENCH_UNROLL; i++) {
        lock(word);
        unlock(word);
    }
}

void measure_inline_mutex(void)
{
    static uint32_t word;
    measure("mutex_inline", lock_and_unlock, &word, 1000, BENCH_UNROLL);
}
