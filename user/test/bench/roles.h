/* SPDX-License-Identifier: MIT */
/*
 * roles.h: pairs of processes that take turns, each with its own other side, which is this program again in a role.
 *
 * START makes the pair, ROUND is one turn there and back, END ends it.
 */
#pragma once

#include "user/test/bench/bench.h"

/* A byte by one pipe and back by another (pipe.c). */
struct pipe_pair {
    bench_end out, in;
    bench_process echo;
};

void pipe_pair_start(struct pipe_pair *pair);
void pipe_pair_round(void *pair);
void pipe_pair_end(struct pipe_pair *pair);

/* A message and one back (message.c). `role`: "echo_messages" or "echo_calls". */
struct exchange {
    const struct transport *transport;
    struct line line;
    struct parcel parcel;
    bench_process echo;
};

void exchange_start(struct exchange *x, const struct transport *transport, const char *role);
void exchange_round(void *x);
void exchange_end(struct exchange *x);

/* A word in shared memory that says whose turn it is (futex.c). */
struct turns {
    uint32_t *word;
    bool shared;
    bench_process other;
};

void turns_start(struct turns *turns);
void turns_round(void *turns);
void turns_end(struct turns *turns);

/* The other sides, and parallel.c's: what a program in this role does; its exit code. */
int echo_bytes(const char *unused);
int drain_bytes(const char *unused);
int echo_messages(const char *transport);
int echo_calls(const char *transport);
int answer_turns(const char *unused);
int run_pair(const char *kind);
