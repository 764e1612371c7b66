/* SPDX-License-Identifier: MIT */
/*
 * kmalloc.c: size classes of slabs; see kmalloc.h.
 *
 * A slab is one page cut into blocks of one class. Free blocks are chained through
 * their first word. Each CPU keeps a short chain of its own for each class: taking and
 * giving there needs only interrupts off. When it runs dry, or over, a batch moves from
 * or to the slabs under the class's lock. A slab with no block out is given back.
 *
 * Sizes above the largest class are blocks of page frames.
 *
 * Lock: class->lock, rank KMALLOC: the class's slabs and their free chains.
 */
#include "kernel/mm/kmalloc.h"

#include "kernel/arch/cpu.h"
#include "kernel/abi/layout.h"
#include "kernel/lib/list.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"
#include "kernel/mm/frame.h"
#include "kernel/sync/spinlock.h"

#define BATCH     16
#define CACHE_MAX 32

/* At the start of a slab's page. */
struct slab {
    struct list link; /* on class->partial while it has free blocks */
    struct size_class *class;
    void *free;
    uint32_t used; /* blocks out, those in CPU caches included */
};

/* One CPU's of one class: its own, with interrupts off. */
struct cpu_cache {
    void *free;
    int64_t live; /* blocks given out here less blocks given back here */
    uint32_t count;
} __attribute__((aligned(32)));

struct size_class {
    struct spinlock lock;
    uint32_t size;   /* [I] */
    uint32_t index;  /* [I] */
    struct list partial; /* [lock] */
    uint64_t slabs;  /* [lock] */
};

#define CLASS(n) { .lock = SPINLOCK_INIT(RANK_KMALLOC, "kmalloc"), .size = (n) }
static struct size_class classes[] = { CLASS(16),  CLASS(32),  CLASS(64),  CLASS(96),
                                       CLASS(128), CLASS(192), CLASS(256), CLASS(384),
                                       CLASS(512), CLASS(1008), CLASS(2016) };
#define CLASS_COUNT array_size(classes)
#define LARGEST     2016

static struct cpu_cache caches[MAX_CPUS][CLASS_COUNT]; /* cpu->caches are that CPU's */

static int64_t large_live[MAX_CPUS][2]; /* blocks of frames: how many, and their bytes */

/* Class by size in units of 16, up to LARGEST. */
static uint8_t class_of_size[LARGEST / 16 + 1];

void kmalloc_init(void)
{
    uint8_t class = 0;
    for (size_t units = 0; units <= LARGEST / 16; units++) {
        if (units * 16 > classes[class].size)
            class++;
        class_of_size[units] = class;
    }
    for (uint32_t i = 0; i < MAX_CPUS; i++)
        cpu_get(i)->caches = caches[i];
    for (uint32_t i = 0; i < CLASS_COUNT; i++) {
        classes[i].index = i;
        list_init(&classes[i].partial);
    }
}

static struct slab *slab_of(void *block)
{
    return (struct slab *)round_down((uint64_t)block, PAGE_SIZE);
}

/* Cuts a fresh page; no lock is held. */
static struct slab *slab_new(struct size_class *class)
{
    struct slab *slab = frame_alloc(0);
    if (slab == NULL)
        return NULL;
    slab->class = class;
    slab->used = 0;
    slab->free = NULL;
    list_init(&slab->link);
    char *block = (char *)slab + 64;
    for (; block + class->size <= (char *)slab + PAGE_SIZE; block += class->size) {
        *(void **)block = slab->free;
        slab->free = block;
    }
    return slab;
}

/* Moves blocks from partial slabs to the cache; interrupts are off. */
static void take_batch(struct size_class *class, struct cpu_cache *cache) HOLDS(class->lock)
{
    while (cache->count < BATCH && !list_empty(&class->partial)) {
        struct slab *slab = list_entry(class->partial.next, struct slab, link);
        void *block = slab->free;
        slab->free = *(void **)block;
        slab->used++;
        if (slab->free == NULL)
            list_remove(&slab->link);
        *(void **)block = cache->free;
        cache->free = block;
        cache->count++;
    }
}

static bool refill(struct size_class *class, struct cpu_cache *cache)
{
    spin_lock(&class->lock);
    take_batch(class, cache);
    spin_unlock(&class->lock);
    if (cache->count > 0)
        return true;
    struct slab *slab = slab_new(class);
    if (slab == NULL)
        return false;
    spin_lock(&class->lock);
    class->slabs++;
    list_push_front(&class->partial, &slab->link);
    take_batch(class, cache);
    spin_unlock(&class->lock);
    return true;
}

/* Gives blocks of the cache back to their slabs, until `keep` are left. */
static void drain(struct size_class *class, struct cpu_cache *cache, uint32_t keep)
{
    struct list empty = LIST_INIT(empty);
    spin_lock(&class->lock);
    while (cache->count > keep) {
        void *block = cache->free;
        cache->free = *(void **)block;
        cache->count--;
        struct slab *slab = slab_of(block);
        if (slab->free == NULL)
            list_push_back(&class->partial, &slab->link);
        *(void **)block = slab->free;
        slab->free = block;
        if (--slab->used == 0) {
            list_remove(&slab->link);
            list_push_back(&empty, &slab->link);
            class->slabs--;
        }
    }
    spin_unlock(&class->lock);
    while (!list_empty(&empty)) {
        struct slab *slab = list_entry(empty.next, struct slab, link);
        list_remove(&slab->link);
        frame_put(slab);
    }
}

static rarely void count_large(int64_t blocks, uint64_t bytes)
{
    bool on = interrupts_save();
    int64_t *live = large_live[this_cpu_id()];
    live[0] += blocks;
    live[1] += blocks * (int64_t)bytes;
    interrupts_restore(on);
}

static rarely void *alloc_large(size_t size)
{
    unsigned order = 0;
    if (size > KMALLOC_MAX)
        return NULL;
    while (((size_t)PAGE_SIZE << order) < size)
        order++;
    void *block = frame_alloc(order);
    if (block != NULL)
        count_large(1, (uint64_t)PAGE_SIZE << order);
    return block;
}

/* From a cache with a free block; interrupts are off, and `on` says whether to turn them on. */
static inline void *take_cached(struct cpu_cache *cache, bool on)
{
    void *block = cache->free;
    cache->free = *(void **)block;
    cache->count--;
    cache->live++;
    interrupts_restore(on);
    return block;
}

static rarely void *refill_and_take(struct size_class *class, struct cpu_cache *cache, bool on)
{
    if (refill(class, cache))
        return take_cached(cache, on);
    interrupts_restore(on);
    return NULL;
}

void *kmalloc(size_t size)
{
    assert_no_spinlock("allocating");
    if (unlikely(size > LARGEST))
        return alloc_large(size);
    uint32_t index = class_of_size[(size + 15) / 16];
    bool on = interrupts_save();
    struct cpu_cache *cache = &this_cpu()->caches[index];
    if (unlikely(cache->free == NULL))
        return refill_and_take(&classes[index], cache, on);
    return take_cached(cache, on);
}

void *kzalloc(size_t size)
{
    void *block = kmalloc(size);
    if (block != NULL)
        memset(block, 0, size);
    return block;
}

static rarely void free_large(void *block)
{
    if (block == NULL)
        return;
    count_large(-1, (uint64_t)PAGE_SIZE << frame_of(block)->order);
    frame_put(block);
}

static rarely void drain_half(struct size_class *class, struct cpu_cache *cache, bool on)
{
    drain(class, cache, BATCH);
    interrupts_restore(on);
}

void kfree(void *block)
{
    if (unlikely((uint64_t)block % PAGE_SIZE == 0)) { /* a slab's head lies there, never its blocks */
        free_large(block);
        return;
    }
    struct size_class *class = slab_of(block)->class;
    if (unlikely(class < classes || class >= classes + CLASS_COUNT))
        panic("kfree of %p, which kmalloc did not give", block);
    bool on = interrupts_save();
    struct cpu_cache *cache = &this_cpu()->caches[class->index];
    *(void **)block = cache->free;
    cache->free = block;
    cache->live--;
    if (unlikely(++cache->count > CACHE_MAX))
        drain_half(class, cache, on);
    else
        interrupts_restore(on);
}

struct kmalloc_figures kmalloc_figures(void)
{
    struct kmalloc_figures f = { 0, 0, 0, 0 };
    uint64_t small_bytes = 0;
    for (size_t i = 0; i < CLASS_COUNT; i++) {
        int64_t live = 0;
        for (uint32_t cpu = 0; cpu < cpu_count(); cpu++)
            live += __atomic_load_n(&caches[cpu][i].live, __ATOMIC_RELAXED);
        f.objects_live += (uint64_t)live;
        small_bytes += (uint64_t)live * classes[i].size;
        f.frames += __atomic_load_n(&classes[i].slabs, __ATOMIC_RELAXED);
    }
    f.cache_bytes = f.frames * PAGE_SIZE - small_bytes;
    f.bytes_live = small_bytes;
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++) {
        f.objects_live += (uint64_t)__atomic_load_n(&large_live[cpu][0], __ATOMIC_RELAXED);
        f.bytes_live += (uint64_t)__atomic_load_n(&large_live[cpu][1], __ATOMIC_RELAXED);
    }
    return f;
}
