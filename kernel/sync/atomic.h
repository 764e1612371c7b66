/* SPDX-License-Identifier: MIT */
/*
 * atomic.h: counters that several CPUs change.
 *
 * All operations are sequentially consistent unless the name says otherwise:
 * on x86 that costs nothing for loads and a locked instruction for the rest.
 */
#pragma once

#include "kernel/lib/defs.h"

typedef struct {
    uint32_t value;
} atomic32_t;

typedef struct {
    uint64_t value;
} atomic64_t;

static inline uint32_t atomic32_load(const atomic32_t *a)
{
    return __atomic_load_n(&a->value, __ATOMIC_SEQ_CST);
}

static inline void atomic32_store(atomic32_t *a, uint32_t value)
{
    __atomic_store_n(&a->value, value, __ATOMIC_SEQ_CST);
}

/* Adds and returns the value after it; subtract by adding a negative number. */
static inline uint32_t atomic32_add(atomic32_t *a, int32_t n)
{
    return __atomic_add_fetch(&a->value, (uint32_t)n, __ATOMIC_SEQ_CST);
}

/* If *a is `expected` makes it `desired`; says whether it did. */
static inline bool atomic32_replace(atomic32_t *a, uint32_t expected, uint32_t desired)
{
    return __atomic_compare_exchange_n(&a->value, &expected, desired, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}

static inline uint64_t atomic64_load(const atomic64_t *a)
{
    return __atomic_load_n(&a->value, __ATOMIC_SEQ_CST);
}

static inline uint64_t atomic64_add(atomic64_t *a, int64_t n)
{
    return __atomic_add_fetch(&a->value, (uint64_t)n, __ATOMIC_SEQ_CST);
}
