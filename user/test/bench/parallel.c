/* SPDX-License-Identifier: MIT */
/*
 * parallel.c: what several CPUs make of pairs that have nothing to do with each other.
 *
 * Every pair is two processes that take turns, so it keeps one CPU busy. N pairs on N CPUs should do N times as
 * much as one pair alone; what is missing, they lost to each other: to locks that they share, and to wake-ups
 * that go from CPU to CPU.
 */
#include "user/test/bench/roles.h"

#define MAX_PAIRS 8
#define ROUNDS    10000
#define WARM_UP   200

/* When a pair's rounds began and ended; all CPUs' clocks agree. */
struct span {
    uint64_t begin, end;
};

static struct span run_rounds(void (*round)(void *), void *pair)
{
    uint8_t byte = 0;
    for (int i = 0; i < WARM_UP; i++)
        round(pair);
    bench_pipe_write(bench_start_end(1), &byte, 1); /* ready */
    bench_pipe_read(bench_start_end(0), &byte, 1);  /* go */
    struct span span = { .begin = bench_clock() };
    for (int i = 0; i < ROUNDS; i++)
        round(pair);
    span.end = bench_clock();
    return span;
}

/* One half of each pair; it starts the other. */
int run_pair(const char *kind)
{
    struct span span;
    if (strcmp(kind, "pipe") == 0) {
        struct pipe_pair pair;
        pipe_pair_start(&pair);
        span = run_rounds(pipe_pair_round, &pair);
        pipe_pair_end(&pair);
    } else if (strcmp(kind, "futex") == 0) {
        struct turns turns;
        turns_start(&turns);
        span = run_rounds(turns_round, &turns);
        turns_end(&turns);
    } else {
        struct exchange x;
        exchange_start(&x, transports[0], "echo_messages");
        span = run_rounds(exchange_round, &x);
        exchange_end(&x);
    }
    bench_pipe_write(bench_start_end(1), &span, sizeof span);
    return 0;
}

/* From the first beginning to the last end. */
static uint64_t time_pairs(const char *kind, unsigned count)
{
    bench_end go[2], said[2];
    bench_process pairs[MAX_PAIRS];
    bench_pipe(go);
    bench_pipe(said);
    for (unsigned i = 0; i < count; i++) {
        bench_end theirs[] = { bench_duplicate(go[0]), bench_duplicate(said[1]) };
        pairs[i] = bench_process_start("run_pair", kind, theirs, 2);
    }
    uint8_t ready[MAX_PAIRS];
    for (unsigned n = 0; n < count; n++)
        bench_pipe_read(said[0], ready, 1);
    bench_pipe_write(go[1], ready, count);
    struct span span, all = { .begin = UINT64_MAX };
    for (unsigned n = 0; n < count; n++) {
        bench_pipe_read(said[0], &span, sizeof span);
        all.begin = span.begin < all.begin ? span.begin : all.begin;
        all.end = span.end > all.end ? span.end : all.end;
    }
    for (unsigned i = 0; i < count; i++)
        bench_process_finish(pairs[i]);
    for (int i = 0; i < 2; i++) {
        bench_close(go[i]);
        bench_close(said[i]);
    }
    return all.end - all.begin;
}

void measure_pairs(const char *kind, unsigned pairs)
{
    if (pairs < 1 || pairs > MAX_PAIRS)
        exit(2);
    report("pairs", time_pairs(kind, pairs) / ROUNDS, "ns");
}
