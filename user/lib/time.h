/* SPDX-License-Identifier: MIT */
/* time.h: the monotonic clock in nanoseconds, and deadlines made from it. */
#pragma once

#include "user/lib/ponte.h"

#define NS_PER_US 1000ul
#define NS_PER_MS 1000000ul
#define NS_PER_S  1000000000ul

/* Nanoseconds since the machine started. */
static inline uint64_t clock_now(void)
{
    return (uint64_t)sys_clock_read();
}

/* The deadline that lies `ms` milliseconds ahead; DEADLINE_FOREVER rather than wrapping. */
static inline uint64_t deadline_after(uint64_t ms)
{
    uint64_t ns, deadline;
    if (__builtin_mul_overflow(ms, NS_PER_MS, &ns) ||
        __builtin_add_overflow(ns, clock_now(), &deadline))
        return DEADLINE_FOREVER;
    return deadline;
}
