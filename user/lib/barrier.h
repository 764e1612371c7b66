/* SPDX-License-Identifier: MIT */
/*
 * barrier.h: a meeting point (lab 6), on a futex: nobody goes on until all have come. It can be used again
 * at once: who is late in leaving one round cannot be caught up in the next, for rounds have numbers.
 *
 * How many have come and the round's number are one word of 64 bits, so that they change together; those who wait
 * sleep on the half with the number. Works between processes if it lies in shared memory.
 */
#pragma once

#include "user/lib/defs.h"
#include "user/lib/ponte.h"

struct barrier {
    uint64_t state;   /* low half: threads that have come; high half, the futex: the round */
    uint32_t parties; /* [I] how many meet: at least 1 */
};

#define BARRIER_INIT(parties) { 0, (parties) }

/* Waits until all have come. Returns 1 to the one that came last, else 0; ERR_TIMED_OUT: then it is as if it had not come. */
must_check status_t barrier_wait_until(struct barrier *barrier, uint64_t deadline);

static inline bool barrier_wait(struct barrier *barrier)
{
    return barrier_wait_until(barrier, DEADLINE_FOREVER) == 1;
}
