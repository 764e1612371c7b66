/* SPDX-License-Identifier: MIT */
/*
 * frame.h: physical memory in page frames.
 *
 * A buddy allocator: free blocks of 2^order frames, split when smaller ones are wanted and
 * joined again when both halves are free. Single frames go through a small cache on
 * each CPU. The kernel sees a frame at its address in the direct map, so that is
 * what the calls take and return.
 */
#pragma once

#include "kernel/lib/list.h"

#define FRAME_MAX_ORDER 10 /* 4 MiB */

enum frame_state { FRAME_UNUSED, FRAME_FREE, FRAME_TAKEN };

/* One for each frame of memory; of a block, only the first frame's is kept up. */
struct frame {
    struct list link;     /* free: on its order's list; otherwise the taker's */
    uint32_t refs;        /* taken: how many share it */
    uint8_t order;
    uint8_t state;        /* enum frame_state */
    uint16_t reserved;
};

/* Boot: zeroed memory that is never given back, before frame_init. Panics when there is none. */
void *frame_boot_allocate(uint64_t bytes);

/* Boot: takes over all memory that is left. */
void frame_init(void);

/* 2^order frames, aligned to their size, contents undefined, one reference; NULL when there are none. */
must_check void *frame_alloc(unsigned order);

/* One zeroed frame. */
must_check void *frame_alloc_zeroed(void);

/* Drops a reference; the last one frees the block. */
void frame_put(void *block);

/* Another reference to a taken block. */
void frame_get(void *block);

struct frame *frame_of(const void *address);
void *frame_address(const struct frame *frame);

/*
 * Promises: user memory is promised when it is mapped and taken when it is touched, so that a
 * program is refused at vm_map and not killed later. ERR_OUT_OF_MEMORY if the frames are promised
 * already. An eighth of memory is kept back for the kernel's own objects, which are not promised but
 * limited by account: programs that together make it hold more than that can still bring one of
 * them to a page that cannot be filled, and it is ended (EXIT_MEMORY).
 */
must_check status_t frame_promise(uint64_t frames);
void frame_unpromise(uint64_t frames);

struct frame_figures {
    uint64_t total; /* frames managed */
    uint64_t free;
    uint64_t used;
};

struct frame_figures frame_figures(void);
