/* SPDX-License-Identifier: MIT */
/*
 * frame.c: see frame.h.
 *
 * Lock: frame_lock, rank FRAME, guards the free lists and the struct frames of free
 * blocks. A CPU's cache is its own, with interrupts off. References of a taken block
 * are atomic.
 *
 * At boot memory is entered in the largest blocks that fit, so that only one struct
 * frame in a thousand is touched: starting must not cost a pass over all memory.
 */
#include "kernel/mm/frame.h"

#include "kernel/arch/paging.h"
#include "kernel/arch/cpu.h"
#include "kernel/arch/pvh.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"
#include "kernel/sync/atomic.h"
#include "kernel/sync/spinlock.h"

#define CACHE_SIZE  32
#define CACHE_BATCH 16

struct frame_cache {
    uint32_t count;
    void *frames[CACHE_SIZE];
};

static struct spinlock frame_lock = SPINLOCK_INIT(RANK_FRAME, "page frames");
static struct list free_lists[FRAME_MAX_ORDER + 1]; /* [frame_lock] */
static uint64_t free_frames;                        /* [frame_lock] not counting the caches */
static struct frame_cache caches[MAX_CPUS];
static struct frame *frames; /* [I] by frame number */
static uint64_t frame_limit; /* [I] numbers are below this */
static uint64_t total;       /* [I] */
static atomic64_t promised;
static uint64_t promise_limit; /* [I] */

struct frame *frame_of(const void *address)
{
    return &frames[virt_to_phys(address) >> PAGE_SHIFT];
}

void *frame_address(const struct frame *frame)
{
    return phys_to_virt((uint64_t)(frame - frames) << PAGE_SHIFT);
}

/* Enters a block, joining it with its buddy as long as that is free too. */
static void free_block(struct frame *frame, unsigned order) HOLDS(frame_lock)
{
    uint64_t number = (uint64_t)(frame - frames);
    free_frames += 1ull << order;
    while (order < FRAME_MAX_ORDER) {
        uint64_t buddy_number = number ^ (1ull << order);
        struct frame *buddy = &frames[buddy_number];
        if (buddy_number >= frame_limit || buddy->state != FRAME_FREE || buddy->order != order)
            break;
        list_remove(&buddy->link);
        buddy->state = FRAME_UNUSED;
        frames[number].state = FRAME_UNUSED;
        number &= ~(1ull << order);
        order++;
    }
    frame = &frames[number];
    frame->state = FRAME_FREE;
    frame->order = (uint8_t)order;
    list_push_front(&free_lists[order], &frame->link);
}

static struct frame *take_block(unsigned order) HOLDS(frame_lock)
{
    unsigned from = order;
    while (from <= FRAME_MAX_ORDER && list_empty(&free_lists[from]))
        from++;
    if (from > FRAME_MAX_ORDER)
        return NULL;
    struct frame *frame = list_entry(free_lists[from].next, struct frame, link);
    list_remove(&frame->link);
    while (from > order) { /* give the upper half back, as often as it takes */
        from--;
        struct frame *half = frame + (1ull << from);
        half->state = FRAME_FREE;
        half->order = (uint8_t)from;
        list_push_front(&free_lists[from], &half->link);
    }
    frame->state = FRAME_TAKEN;
    frame->order = (uint8_t)order;
    free_frames -= 1ull << order;
    return frame;
}

/* Interrupts are off: the cache is this CPU's. */
static void refill(struct frame_cache *cache)
{
    spin_lock(&frame_lock);
    while (cache->count < CACHE_BATCH) {
        struct frame *frame = take_block(0);
        if (frame == NULL)
            break;
        cache->frames[cache->count++] = frame_address(frame);
    }
    spin_unlock(&frame_lock);
}

static void drain(struct frame_cache *cache)
{
    spin_lock(&frame_lock);
    while (cache->count > CACHE_BATCH)
        free_block(frame_of(cache->frames[--cache->count]), 0);
    spin_unlock(&frame_lock);
}

static void *alloc_single(void)
{
    bool on = interrupts_save();
    struct frame_cache *cache = &caches[this_cpu()->id];
    if (cache->count == 0)
        refill(cache);
    void *block = cache->count > 0 ? cache->frames[--cache->count] : NULL;
    interrupts_restore(on);
    return block;
}

void *frame_alloc(unsigned order)
{
    void *block = NULL;
    if (order == 0) {
        block = alloc_single();
    } else {
        spin_lock(&frame_lock);
        struct frame *frame = take_block(order);
        spin_unlock(&frame_lock);
        if (frame != NULL)
            block = frame_address(frame);
    }
    if (block != NULL) {
        struct frame *frame = frame_of(block);
        frame->refs = 1;
        list_init(&frame->link);
    }
    return block;
}

void *frame_alloc_zeroed(void)
{
    void *block = frame_alloc(0);
    if (block != NULL)
        memset(block, 0, PAGE_SIZE);
    return block;
}

void frame_get(void *block)
{
    __atomic_add_fetch(&frame_of(block)->refs, 1, __ATOMIC_RELAXED);
}

void frame_put(void *block)
{
    struct frame *frame = frame_of(block);
    if (unlikely(frame->state != FRAME_TAKEN || frame->refs == 0))
        panic("frame %p freed twice: state %u, order %u, %u references", block, frame->state,
              frame->order, frame->refs);
    if (__atomic_sub_fetch(&frame->refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    if (frame->order > 0) {
        spin_lock(&frame_lock);
        free_block(frame, frame->order);
        spin_unlock(&frame_lock);
        return;
    }
    bool on = interrupts_save();
    struct frame_cache *cache = &caches[this_cpu()->id];
    if (cache->count == CACHE_SIZE)
        drain(cache);
    cache->frames[cache->count++] = block;
    interrupts_restore(on);
}

status_t frame_promise(uint64_t n)
{
    uint64_t now = atomic64_load(&promised);
    do {
        if (n > promise_limit || now > promise_limit - n)
            return ERR_OUT_OF_MEMORY;
    } while (!__atomic_compare_exchange_n(&promised.value, &now, now + n, false, __ATOMIC_SEQ_CST,
                                          __ATOMIC_SEQ_CST));
    return OK;
}

void frame_unpromise(uint64_t n)
{
    atomic64_add(&promised, -(int64_t)n);
}

struct frame_figures frame_figures(void)
{
    spin_lock(&frame_lock);
    uint64_t free = free_frames;
    spin_unlock(&frame_lock);
    for (uint32_t i = 0; i < cpu_count(); i++)
        free += __atomic_load_n(&caches[i].count, __ATOMIC_RELAXED);
    return (struct frame_figures){ total, free, total - free };
}

/*
 * Boot. Memory is taken from the start of the first large range after the kernel's image;
 * frame_init leaves out what has been taken by then.
 */
static uint64_t boot_next;

#define LOW_MEMORY 0x100000ull /* below: BIOS tables, the trampoline, the loader's data */

static bool overlaps_module(uint64_t start, uint64_t end)
{
    return start < round_up(boot_info.module_end, PAGE_SIZE) &&
           end > round_down(boot_info.module_start, PAGE_SIZE);
}

void *frame_boot_allocate(uint64_t bytes)
{
    extern char kernel_end[];
    if (boot_next == 0)
        boot_next = (uint64_t)kernel_end - KERNEL_BASE;
    uint64_t start = boot_next, end = start + round_up(bytes, PAGE_SIZE);
    for (unsigned i = 0; i < boot_info.memory_count; i++) {
        const struct boot_range *r = &boot_info.memory[i];
        if (start >= r->start && end <= r->end && !overlaps_module(start, end)) {
            boot_next = end;
            memset(phys_to_virt(start), 0, bytes);
            return phys_to_virt(start);
        }
    }
    panic("not enough memory to start: %lu KiB more wanted at 0x%lx; give the machine at least 32 MiB",
          bytes / 1024, start);
}

static void enter_range(uint64_t start, uint64_t end)
{
    uint64_t number = start >> PAGE_SHIFT, limit = end >> PAGE_SHIFT;
    while (number < limit) {
        unsigned order = FRAME_MAX_ORDER;
        while ((number & ((1ull << order) - 1)) != 0 || number + (1ull << order) > limit)
            order--;
        free_block(&frames[number], order);
        total += 1ull << order;
        number += 1ull << order;
    }
}

/* Enters [start, end) but for what is below `low` and what the module occupies. */
static void enter_usable(uint64_t start, uint64_t end, uint64_t low)
{
    uint64_t hole_start = round_down(boot_info.module_start, PAGE_SIZE);
    uint64_t hole_end = round_up(boot_info.module_end, PAGE_SIZE);
    if (start < low)
        start = low;
    if (start >= end)
        return;
    if (!overlaps_module(start, end)) {
        enter_range(start, end);
        return;
    }
    if (start < hole_start)
        enter_range(start, hole_start);
    if (hole_end < end)
        enter_range(hole_end, end);
}

void frame_init(void)
{
    for (unsigned i = 0; i < boot_info.memory_count; i++)
        if (boot_info.memory[i].end >> PAGE_SHIFT > frame_limit)
            frame_limit = boot_info.memory[i].end >> PAGE_SHIFT;
    /* Fresh memory is zero, and a struct frame of zeros says FRAME_UNUSED. */
    frames = frame_boot_allocate(frame_limit * sizeof(struct frame));
    for (unsigned order = 0; order <= FRAME_MAX_ORDER; order++)
        list_init(&free_lists[order]);
    spin_lock(&frame_lock);
    for (unsigned i = 0; i < boot_info.memory_count; i++) {
        const struct boot_range *r = &boot_info.memory[i];
        bool holds_kernel = boot_next > r->start && boot_next <= r->end;
        enter_usable(r->start, r->end, holds_kernel ? boot_next : LOW_MEMORY);
    }
    spin_unlock(&frame_lock);
    promise_limit = total - total / 8;
}
