/* SPDX-License-Identifier: MIT */
/* pipe.c: one byte there and back between two processes, and very many one way. */
#include "user/test/bench/roles.h"

#define PIECE 65536 /* bytes: what a reader is ready to take, and what a round writes */

static uint8_t data[PIECE] __attribute__((aligned(BENCH_PAGE)));

/* The other process: every byte back, until the pipe ends. */
int echo_bytes(const char *unused)
{
    (void)unused;
    bench_end in = bench_start_end(0), out = bench_start_end(1);
    while (bench_pipe_read(in, data, 1) == 1)
        bench_pipe_write(out, data, 1);
    return 0;
}

/* The other process: takes what there is, until the pipe ends. */
int drain_bytes(const char *unused)
{
    (void)unused;
    bench_end in = bench_start_end(0);
    while (bench_pipe_read(in, data, sizeof data) > 0)
        continue;
    return 0;
}

void pipe_pair_start(struct pipe_pair *pair)
{
    bench_end there[2], back[2];
    bench_pipe(there);
    bench_pipe(back);
    bench_end theirs[] = { there[0], back[1] };
    pair->out = there[1];
    pair->in = back[0];
    pair->echo = bench_process_start("echo_bytes", "", theirs, 2);
}

void pipe_pair_round(void *argument)
{
    struct pipe_pair *pair = argument;
    uint8_t byte = 0;
    bench_pipe_write(pair->out, &byte, 1);
    bench_pipe_read(pair->in, &byte, 1);
}

void pipe_pair_end(struct pipe_pair *pair)
{
    bench_close(pair->out);
    bench_process_finish(pair->echo);
    bench_close(pair->in);
}

struct bulk {
    bench_end out;
    size_t size; /* of one write */
};

static void write_bulk(void *argument)
{
    struct bulk *bulk = argument;
    for (size_t done = 0; done < PIECE; done += bulk->size)
        bench_pipe_write(bulk->out, data, bulk->size);
}

/* Writer and reader both run all the time: per byte, the figure holds what either does. */
static void measure_bulk(const char *name, size_t size)
{
    bench_end ends[2];
    bench_pipe(ends);
    bench_process reader = bench_process_start("drain_bytes", "", &ends[0], 1);
    struct bulk bulk = { .out = ends[1], .size = size };
    measure_finely(name, write_bulk, &bulk, 100, PIECE);
    bench_close(ends[1]);
    bench_process_finish(reader);
}

void measure_pipes(void)
{
    struct pipe_pair pair;
    pipe_pair_start(&pair);
    measure("pipe_round_trip_1", pipe_pair_round, &pair, 1000, 1);
    pipe_pair_end(&pair);
    measure_bulk("pipe_bulk_65536", 65536);
    measure_bulk("pipe_bulk_4096", 4096);
    measure_bulk("pipe_bulk_512", 512);
}
