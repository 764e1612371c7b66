/* SPDX-License-Identifier: MIT */
/*
 * once.h: something to be done once, by whichever thread comes first (lab 6), on a futex. When once_run returns it
 * has been done, and everything it wrote can be seen. Zeroed means not done yet.
 */
#pragma once

#include "user/lib/defs.h"
#include "user/lib/ponte.h"

enum once_state { ONCE_NEW, ONCE_RUNNING, ONCE_AWAITED, ONCE_DONE };

struct once {
    uint32_t state; /* enum once_state; the futex */
};

#define ONCE_INIT { ONCE_NEW }

/* Runs it, or waits while another thread does. OK, or ERR_TIMED_OUT: that one is not done yet. */
must_check status_t once_run_slowly(struct once *once, void (*run)(void), uint64_t deadline);

static inline void once_run(struct once *once, void (*run)(void))
{
    if (unlikely(__atomic_load_n(&once->state, __ATOMIC_ACQUIRE) != ONCE_DONE))
        (void)!once_run_slowly(once, run, DEADLINE_FOREVER);
}
