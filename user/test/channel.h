/* SPDX-License-Identifier: MIT */
/* channel.h: the steps that the tests of lab 3 share; see support.h. */
#pragma once

#include "user/test/support.h"

#define CHANNEL_RIGHTS (RIGHT_READ | RIGHT_WRITE | RIGHT_TRANSFER | RIGHT_WAIT)

struct pair {
    handle_t a, b;
};

static inline struct pair make_pair(void)
{
    handle_t ends[2];
    NEED(sys_channel_create(ends));
    return (struct pair){ ends[0], ends[1] };
}

static inline void close_pair(struct pair pair)
{
    NEED(sys_handle_close(pair.a));
    NEED(sys_handle_close(pair.b));
}

/* A message of one 64-bit word, with a handle unless it is HANDLE_INVALID. */
static inline status_t post(handle_t end, uint64_t word, handle_t handle, uint64_t deadline)
{
    struct message_args out = outgoing(1, &word, sizeof(word), &handle, handle != HANDLE_INVALID);
    return sys_channel_send(end, &out, deadline);
}

/* The word of the next message; its handle goes to *handle, which may be NULL if none is expected. */
static inline status_t take(handle_t end, uint64_t *word, handle_t *handle, uint64_t deadline)
{
    struct message_args in = incoming(word, sizeof(*word), handle, handle != NULL);
    return sys_channel_recv(end, &in, deadline);
}

static inline status_t try_take(handle_t end, uint64_t *word, handle_t *handle)
{
    struct message_args in = incoming(word, sizeof(*word), handle, handle != NULL);
    return sys_channel_try_recv(end, &in);
}

/* Asks a word and waits for the one that answers it. */
static inline status_t ask(handle_t end, uint64_t word, uint64_t *answer, uint64_t deadline)
{
    struct message_args out = outgoing(1, &word, sizeof(word), NULL, 0);
    struct message_args in = incoming(answer, sizeof(*answer), NULL, 0);
    return sys_channel_call(end, &out, &in, deadline);
}

/* The short forms of the above: no handle, no waiting. */
static inline status_t post_now(handle_t end, uint64_t word)
{
    return post(end, word, HANDLE_INVALID, DEADLINE_POLL);
}

static inline status_t send_cargo(handle_t end, handle_t cargo)
{
    return post(end, 0, cargo, DEADLINE_POLL);
}

/* Sends 0, 1, 2... until the queue is full. */
static inline void fill_queue(handle_t end)
{
    for (uint64_t i = 0; i < CHANNEL_CAPACITY; i++)
        NEED(post_now(end, i));
}

/* Receives all that is queued; how many there were, and whether they were 0, 1, 2... */
static inline unsigned drain_queue(handle_t end, unsigned *out_of_order)
{
    uint64_t word;
    unsigned count = 0, wrong = 0;
    while (try_take(end, &word, NULL) == OK)
        wrong += word != count++;
    if (out_of_order != NULL)
        *out_of_order = wrong;
    return count;
}

/* What a handle does that was moved to oneself: it gets a new number. */
static inline handle_t move_by_loopback(handle_t handle)
{
    handle_t moved = HANDLE_INVALID;
    struct message_args out = outgoing(1, NULL, 0, &handle, 1), in = incoming(NULL, 0, &moved, 1);
    NEED(sys_message_loopback(&out, &in));
    return moved;
}

/* A thread that makes one call and what came of it ------------------------------------- */

struct wait {
    struct thread *thread;
    handle_t end, handle; /* handle: to send, or HANDLE_INVALID; what was received */
    uint64_t deadline, word;
    status_t st;
    uint32_t returned;
};

static inline int64_t wait_over(struct wait *wait, status_t st)
{
    wait->st = st;
    __atomic_store_n(&wait->returned, 1, __ATOMIC_RELEASE);
    return st;
}

static inline int64_t wait_take(void *argument)
{
    struct wait *wait = argument;
    return wait_over(wait, take(wait->end, &wait->word, &wait->handle, wait->deadline));
}

static inline int64_t wait_post(void *argument)
{
    struct wait *wait = argument;
    return wait_over(wait, post(wait->end, wait->word, wait->handle, wait->deadline));
}

static inline int64_t wait_ask(void *argument)
{
    struct wait *wait = argument;
    return wait_over(wait, ask(wait->end, wait->word, &wait->word, wait->deadline));
}

/* Starts a thread and lets it run until it waits. */
static inline void begin(struct wait *wait, int64_t (*call)(void *), handle_t end, uint64_t word,
                         uint64_t deadline)
{
    *wait = (struct wait){ .end = end, .word = word, .deadline = deadline };
    wait->thread = start_thread(call, wait);
    settle();
}

static inline bool returned(struct wait *wait)
{
    return __atomic_load_n(&wait->returned, __ATOMIC_ACQUIRE);
}
