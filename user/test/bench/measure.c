/* SPDX-License-Identifier: MIT */
/* measure.c: rounds between two readings of the clock. */
#include "user/test/bench/bench.h"

#define WARM_UP 16

static uint64_t clock_cost;
static const char *only; /* the one loop to run; NULL: all */
static uint64_t only_rounds;
static bool found;

void report(const char *name, uint64_t value, const char *unit)
{
    if (dprintf(bench_output(), "bench %s %lu %s\n", name, value, unit) < 0)
        exit(2);
}

uint64_t elapsed(uint64_t begin, uint64_t end)
{
    uint64_t spent = end - begin;
    return spent > clock_cost ? spent - clock_cost : 0;
}

bool measure_wanted(const char *name, uint64_t *rounds)
{
    if (only == NULL)
        return true;
    if (strcmp(only, name) != 0)
        return false;
    *rounds = only_rounds;
    found = true;
    return true;
}

static uint64_t time_rounds(void (*round)(void *), void *argument, uint64_t rounds)
{
    for (int i = 0; i < WARM_UP; i++)
        round(argument);
    uint64_t begin = bench_clock();
    for (uint64_t i = 0; i < rounds; i++)
        round(argument);
    return elapsed(begin, bench_clock());
}

void measure(const char *name, void (*round)(void *), void *argument, uint64_t rounds, uint64_t parts)
{
    if (measure_wanted(name, &rounds))
        report(name, time_rounds(round, argument, rounds) / (rounds * parts), "ns");
}

void measure_finely(const char *name, void (*round)(void *), void *argument, uint64_t rounds, uint64_t parts)
{
    if (measure_wanted(name, &rounds))
        report(name, time_rounds(round, argument, rounds) * 1000 / (rounds * parts), "ps");
}

void measure_start(const char *name, uint64_t rounds)
{
    only = name;
    only_rounds = rounds;
    clock_cost = UINT64_MAX;
    for (int i = 0; i < 1000; i++) { /* the least that lies between two readings */
        uint64_t begin = bench_clock();
        uint64_t cost = bench_clock() - begin;
        if (cost < clock_cost)
            clock_cost = cost;
    }
}

bool measure_end(void)
{
    return only == NULL || found;
}
