/* SPDX-License-Identifier: MIT */
/* kernel.c: what everything else rests on: a call, a switch, a fault, a thread, a process. */
#include "user/test/bench/bench.h"

#define FAULT_PAGES 128

static void null_calls(void *unused)
{
    (void)unused;
#pragma GCC unroll 16
    for (int i = 0; i < BENCH_UNROLL; i++)
        bench_null();
}

static struct {
    uint32_t turns;
    bool over;
} other;

static bench_result yield_always(void *unused)
{
    (void)unused;
    while (!__atomic_load_n(&other.over, __ATOMIC_RELAXED)) {
        other.turns++;
        bench_yield();
    }
    return 0;
}

/*
 * To the other thread, which yields back: two switches. Linux may give a thread that yields the CPU again, at first
 * always, for a new thread has to wait; so this looks whether the other had its turn.
 */
static void yield_once(void *unused)
{
    (void)unused;
    uint32_t before = __atomic_load_n(&other.turns, __ATOMIC_RELAXED);
    do
        bench_yield();
    while (__atomic_load_n(&other.turns, __ATOMIC_RELAXED) == before);
}

static void measure_switch(void)
{
    bench_thread thread = bench_thread_start(yield_always, NULL);
    measure("thread_switch", yield_once, NULL, 1000, 2);
    __atomic_store_n(&other.over, true, __ATOMIC_RELAXED);
    bench_thread_join(thread);
}

/* Only the touching is timed, so that map and unmap do not count. */
static uint64_t time_faults(void)
{
    size_t size = FAULT_PAGES * BENCH_PAGE;
    volatile uint8_t *base = bench_private_map(size);
    uint64_t begin = bench_clock();
    for (size_t at = 0; at < size; at += BENCH_PAGE)
        base[at] = 1;
    uint64_t spent = elapsed(begin, bench_clock());
    bench_private_unmap((void *)base, size);
    return spent;
}

static void measure_page_fault(void)
{
    uint64_t spent = 0, rounds = 8;
    if (!measure_wanted("page_fault", &rounds))
        return;
    time_faults(); /* to warm up */
    for (uint64_t i = 0; i < rounds; i++)
        spent += time_faults();
    report("page_fault", spent / (rounds * FAULT_PAGES), "ns");
}

static void spawn_and_wait(void *unused)
{
    (void)unused;
    bench_spawn_and_wait();
}

static bench_result do_nothing(void *unused)
{
    (void)unused;
    return 0;
}

static void create_and_join(void *unused)
{
    (void)unused;
    bench_thread_join(bench_thread_start(do_nothing, NULL));
}

void measure_kernel(void)
{
    measure("null_syscall", null_calls, NULL, 1000, BENCH_UNROLL);
    measure_switch();
    measure_page_fault();
    measure("spawn_exit_wait", spawn_and_wait, NULL, 100, 1);
    measure("thread_create_join", create_and_join, NULL, 200, 1);
}
