/* SPDX-License-Identifier: MIT */
/*
 * bench.h: how the operations of two systems are measured with the same loops.
 *
 * The loops (kernel.c, message.c, pipe.c, memory.c, futex.c, parallel.c) know neither Ponte nor Linux. They are written
 * over a few operations, which a platform's header gives as inline functions, so that they cost nothing of
 * their own: ponte.h here, and grade/peer/linux.h for the program that `make bench PEER=linux` runs as
 * Linux's /init. What only one system has, its own main measures.
 *
 * How to measure, in short: count instructions (-icount), not seconds; warm up first; take the mean of many
 * rounds between two readings of the clock, less what reading it costs; let the loop around the operation
 * weigh little, or unroll it; and check that every operation worked, for an error is often the fastest way
 * through a system call.
 *
 * What a platform gives. An operation that fails ends the program, with a line that names it.
 *
 *   bench_clock()                           nanoseconds; under -icount shift=0, instructions
 *   bench_output()                          where dprintf writes results to
 *   bench_null(), bench_yield()
 *   bench_spawn_and_wait()                  a program that does nothing
 *   bench_end                               a handle, a descriptor
 *   bench_pipe(ends)                        ends[0] to read, ends[1] to write
 *   bench_pipe_read(), bench_pipe_write()   write: all of it; read: what there is, 0 at the end
 *   bench_close(end), bench_duplicate(end)
 *   bench_shared_create(size)               memory that several processes map
 *   bench_shared_map(), bench_shared_unmap()
 *   bench_private_map(), bench_private_unmap()
 *   bench_futex_wait(), bench_futex_wake()  `shared`: whether other processes see the word
 *   bench_thread_start(), bench_thread_join()
 *   bench_process_start(role, argument, ends, count)
 *                                           this program again, to call bench_role; the ends move to it
 *   bench_process_finish(), bench_process_stop()
 *                                           waits for its end; kills it first
 *   bench_start_end(i)                      the i-th end this process was started with
 *   struct parcel                           a message to send, or room for one; .cargo: the end that travels
 *   parcel_init(parcel, buffer, capacity), parcel_fill(parcel, size, carries)
 *   struct bench_mutex, bench_semaphore, bench_barrier, and what one does with them
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef BENCH_PLATFORM /* the program for Linux says -include grade/peer/linux.h */
#include "user/test/bench/ponte.h"
#endif

#define BENCH_PAGE   4096
#define BENCH_UNROLL 16 /* copies of a cheap operation, so that the loop around them hardly counts */

/* Measuring (measure.c) ---------------------------------------------------------- */

/* Runs `round` to warm up, then `rounds` times, and reports the mean divided by `parts`. */
void measure(const char *name, void (*round)(void *), void *argument, uint64_t rounds, uint64_t parts);
/* The same for very many parts: reports thousandths. */
void measure_finely(const char *name, void (*round)(void *), void *argument, uint64_t rounds, uint64_t parts);
/* For what cannot be measured so: whether it is wanted, and how often if not `rounds` times; writing its result. */
bool measure_wanted(const char *name, uint64_t *rounds);
void report(const char *name, uint64_t value, const char *unit);
/* What lies between two readings, less what reading costs. */
uint64_t elapsed(uint64_t begin, uint64_t end);
/* Before anything else. `only`: the one loop to run, `rounds` times; NULL: all. */
void measure_start(const char *only, uint64_t rounds);
/* After everything: false if `only` was no loop's name. */
bool measure_end(void);

/* The loops ------------------------------------------------------------------------ */

void measure_kernel(void);
void measure_pipes(void);
void measure_memory(void);
void measure_futexes(void);

/* What a program started by bench_process_start does; its exit code. */
int bench_role(const char *role, const char *argument);

/* Messages (message.c) --------------------------------------------------------------- */

/* A connection as one side sees it. On some systems the two are one. */
struct line {
    bench_end out, in;
};

struct cargo {
    const char *name;
    bench_end (*make)(void);
};

/*
 * One way to send messages. What was received can be sent again as it is: that is an echo. `call` sends and
 * receives in one call; it is NULL where there is none.
 */
struct transport {
    const char *name;
    /* Makes a connection: our side, and up to two ends that the other process is started with. Returns how many. */
    size_t (*open)(struct line *ours, bench_end theirs[2]);
    /* In the other process: its side. */
    void (*attach)(struct line *theirs);
    void (*send)(struct line *line, struct parcel *parcel);
    void (*receive)(struct line *line, struct parcel *parcel);
    void (*call)(struct line *line, struct parcel *parcel);
    void (*close)(struct line *ours);
    const struct cargo *cargos; /* what can be sent along, ended by a NULL name; NULL if nothing */
    bool cargo_only;            /* there is another transport for messages without */
};

/* This system's, ended by NULL. */
extern const struct transport *const transports[];

/* NAME_round_trip_0, _64, _4096 and one for each cargo; where there is a call, NAME_call_0 and so on too. */
void measure_messages(void);

/* Several pairs at once (parallel.c) ---------------------------------------------------- */

/*
 * Reports "pairs": ns in which each of `pairs` independent pairs does a round, all at once. `kind`: "port", "pipe" or
 * "futex", for two processes that send each other messages, bytes or wake-ups.
 */
void measure_pairs(const char *kind, unsigned pairs);
