/* SPDX-License-Identifier: MIT */
/* memory.c: maps shared memory, writes to every page of it, and unmaps it. */
#include "user/test/bench/bench.h"

struct stretch {
    bench_end memory;
    size_t size;
};

static void map_touch_unmap(void *argument)
{
    struct stretch *stretch = argument;
    volatile uint8_t *base = bench_shared_map(stretch->memory, stretch->size);
    for (size_t at = 0; at < stretch->size; at += BENCH_PAGE)
        base[at] = 1;
    bench_shared_unmap((void *)base, stretch->size);
}

/* The memory itself stays: its pages are filled with zeros in the warm-up, once and for all. */
static void measure_stretch(const char *name, size_t pages, uint64_t rounds)
{
    struct stretch stretch = { .size = pages * BENCH_PAGE };
    stretch.memory = bench_shared_create(stretch.size);
    measure(name, map_touch_unmap, &stretch, rounds, 1);
    bench_close(stretch.memory);
}

void measure_memory(void)
{
    measure_stretch("shm_cycle_1", 1, 1000);
    measure_stretch("shm_cycle_256", 256, 50);
}
