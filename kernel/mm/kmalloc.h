/* SPDX-License-Identifier: MIT */
/* kmalloc.h: kernel memory in pieces: size classes with a cache on each CPU. */
#pragma once

#include "kernel/lib/defs.h"

#define KMALLOC_MAX ((size_t)65536 * 4) /* bytes */

/* Boot: before the first kmalloc. */
void kmalloc_init(void);

/*
 * `size` bytes, aligned to 16 (to a page from one page up), contents undefined; NULL when
 * memory is out or size exceeds KMALLOC_MAX. Does not block. No spinlock may be held.
 */
must_check void *kmalloc(size_t size);

/* The same, zeroed. */
must_check void *kzalloc(size_t size);

/* Gives back what kmalloc gave; NULL is allowed. Locks may be held. */
void kfree(void *block);

struct kmalloc_figures {
    uint64_t objects_live; /* blocks given out */
    uint64_t bytes_live;   /* their sizes, rounded up to their class */
    uint64_t cache_bytes;  /* in slab pages but not given out */
    uint64_t frames;       /* page frames that back slabs */
};

struct kmalloc_figures kmalloc_figures(void);
