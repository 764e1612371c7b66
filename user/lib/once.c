/* SPDX-License-Identifier: MIT */
/* once.c: see once.h. */
#include "user/lib/once.h"

static void finish(struct once *once)
{
    if (__atomic_exchange_n(&once->state, ONCE_DONE, __ATOMIC_ACQ_REL) == ONCE_AWAITED)
        sys_futex_wake(&once->state, UINT32_MAX);
}

/* NEW -> RUNNING by one thread; RUNNING -> AWAITED by the first that must wait for it. */
status_t once_run_slowly(struct once *once, void (*run)(void), uint64_t deadline)
{
    uint32_t state = ONCE_NEW;
    if (__atomic_compare_exchange_n(&once->state, &state, ONCE_RUNNING, false, __ATOMIC_ACQUIRE,
                                    __ATOMIC_ACQUIRE)) {
        run();
        finish(once);
        return OK;
    }
    while (state != ONCE_DONE) {
        if (state == ONCE_RUNNING &&
            !__atomic_compare_exchange_n(&once->state, &state, ONCE_AWAITED, false,
                                         __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE))
            continue; /* `state` is what it is now */
        status_t st = sys_futex_wait(&once->state, ONCE_AWAITED, deadline);
        if (st < 0 && st != ERR_WOULD_BLOCK)
            return st;
        state = __atomic_load_n(&once->state, __ATOMIC_ACQUIRE);
    }
    return OK;
}
