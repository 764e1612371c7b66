/* SPDX-License-Identifier: MIT */
/* memory.c: shared memory as Linux does it best, with all pages mapped at once. */
#include "grade/peer/peer.h"

#include "user/test/bench/bench.h"

struct stretch {
    bench_end memory;
    size_t size;
};

static void map_touch_unmap(void *argument)
{
    struct stretch *stretch = argument;
    volatile uint8_t *base = bench_map(stretch->size, MAP_SHARED | MAP_POPULATE, stretch->memory);
    for (size_t at = 0; at < stretch->size; at += BENCH_PAGE)
        base[at] = 1;
    bench_shared_unmap((void *)base, stretch->size);
}

static void measure_stretch(const char *name, size_t pages, uint64_t rounds)
{
    struct stretch stretch = { .size = pages * BENCH_PAGE };
    stretch.memory = bench_shared_create(stretch.size);
    measure(name, map_touch_unmap, &stretch, rounds, 1);
    bench_close(stretch.memory);
}

void measure_populated(void)
{
    measure_stretch("shm_cycle_1_populate", 1, 1000);
    measure_stretch("shm_cycle_256_populate", 256, 50);
}
