/* SPDX-License-Identifier: MIT */
/*
 * backing.h: page frames that several address spaces can map: what lies behind shared memory.
 *
 * All frames are taken, zeroed, when the backing is made: so a program that could make it, or map it, can touch it,
 * and is not ended later for want of memory. Whoever made it pays for them until the last reference goes. References are
 * held by the shared memory object and by each region that maps part of it (S6); a frame has no
 * reference of its own for each page table entry, for the region's keeps them all.
 *
 * Nothing in it changes once it is made, but the references: no lock.
 */
#pragma once

#include "kernel/mm/account.h"

struct backing {
    atomic32_t refs;
    uint64_t number;         /* [I] never used again: for keys (ipc/futex), no authority */
    uint64_t pages;          /* [I] */
    struct account *account; /* [I] who pays: a reference */
    void ***leaves;          /* [I] frame n is leaves[n / 512][n % 512] */
};

/* `pages` > 0 zeroed frames, with one reference. ERR_OUT_OF_MEMORY: then nothing is left behind (S3). Does not block. */
must_check status_t backing_new(struct account *account, uint64_t pages, struct backing **out);

static inline struct backing *backing_get(struct backing *backing)
{
    atomic32_add(&backing->refs, 1);
    return backing;
}

/*
 * The last reference frees the frames: every CPU must have forgotten the mapping that the reference was for. No spinlock
 * may be held.
 */
void backing_put(struct backing *backing);

/* The n-th frame, n < pages. */
void *backing_frame(const struct backing *backing, uint64_t n);
