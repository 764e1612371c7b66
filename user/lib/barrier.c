/* SPDX-License-Identifier: MIT */
/* barrier.c: see barrier.h. */
#include "user/lib/barrier.h"

static uint32_t round_of(uint64_t state)
{
    return (uint32_t)(state >> 32);
}

static uint64_t next_round(uint64_t state)
{
    return (uint64_t)(round_of(state) + 1) << 32;
}

/* x86 is little-endian: the high half comes second. */
static uint32_t *round_word(struct barrier *barrier)
{
    return (uint32_t *)&barrier->state + 1;
}

static bool replace(struct barrier *barrier, uint64_t *state, uint64_t desired)
{
    return __atomic_compare_exchange_n(&barrier->state, state, desired, false, __ATOMIC_ACQ_REL,
                                       __ATOMIC_ACQUIRE);
}

/* Takes its coming back, unless the round has ended first: then that counts. */
static status_t give_up(struct barrier *barrier, uint32_t round, status_t why)
{
    uint64_t state = __atomic_load_n(&barrier->state, __ATOMIC_ACQUIRE);
    while (round_of(state) == round)
        if (replace(barrier, &state, state - 1))
            return why;
    return OK;
}

status_t barrier_wait_until(struct barrier *barrier, uint64_t deadline)
{
    uint64_t state = __atomic_load_n(&barrier->state, __ATOMIC_ACQUIRE), desired;
    do {
        bool last = (uint32_t)state + 1 == barrier->parties;
        desired = last ? next_round(state) : state + 1;
    } while (!replace(barrier, &state, desired));

    uint32_t round = round_of(state);
    if (round_of(desired) != round) {
        sys_futex_wake(round_word(barrier), UINT32_MAX);
        return 1;
    }
    while (__atomic_load_n(round_word(barrier), __ATOMIC_ACQUIRE) == round) {
        status_t st = sys_futex_wait(round_word(barrier), round, deadline);
        if (st < 0 && st != ERR_WOULD_BLOCK)
            return give_up(barrier, round, st);
    }
    return OK;
}
