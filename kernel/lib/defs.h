/* SPDX-License-Identifier: MIT */
/* defs.h: the few words that every file uses. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/abi/status.h"

#define must_check __attribute__((warn_unused_result))
#define noreturn   __attribute__((noreturn))
#define printf_like(text, first) __attribute__((format(printf, text, first)))

/* A function beside the usual way: not inlined, so that the usual way need not save registers for it. */
#define rarely __attribute__((noinline))

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define array_size(a) (sizeof(a) / sizeof((a)[0]))

/* The structure that has `pointer` as its member. */
#define container_of(pointer, type, member) \
    ((type *)((char *)(pointer) - offsetof(type, member)))

/* For people and for lint: the caller holds the lock; a_lock is not evaluated. */
#define HOLDS(a_lock)

static inline uint64_t round_up(uint64_t n, uint64_t power_of_two)
{
    return (n + power_of_two - 1) & ~(power_of_two - 1);
}

static inline uint64_t round_down(uint64_t n, uint64_t power_of_two)
{
    return n & ~(power_of_two - 1);
}

/* A user address is a claim, not a pointer: only user copy can turn it into bytes. */
typedef struct {
    uint64_t value;
} uaddr_t;

static inline uaddr_t uaddr(uint64_t value)
{
    return (uaddr_t){ value };
}

static inline uaddr_t uaddr_add(uaddr_t base, uint64_t offset)
{
    return (uaddr_t){ base.value + offset };
}
