/* SPDX-License-Identifier: MIT */
/*
 * channel_storm.c: lab 3, everything at once (C7).
 *
 * Some threads share a few handles to ends and ports, and each does at random whatever can be done with them: to
 * handles that the others move, close and wait at in the same moment. No answer is predicted; but each is one of
 * the list, every thread comes to its end, and afterwards the kernel holds nothing more than before.
 */
#include "user/test/channel.h"

#define THREADS 6
#define PLACES  20
#define STEPS   600

static handle_t places[PLACES];
static uint32_t wrong;

static handle_t swap(uint64_t place, handle_t handle)
{
    return __atomic_exchange_n(&places[place], handle, __ATOMIC_SEQ_CST);
}

/* A handle finds a place; the one that was there is closed, unless another thread has it under way. */
static void put(uint64_t place, handle_t handle)
{
    handle_t old = swap(place % PLACES, handle);
    if (old != HANDLE_INVALID)
        (void)sys_handle_close(old);
}

static void make(uint64_t random)
{
    handle_t ends[2];
    if (random >> 8 & 1) {
        status_t port = sys_port_create(1 + (random >> 16 & 3));
        if (port > 0)
            put(random, (handle_t)port);
    } else if (sys_channel_create(ends) == OK) {
        put(random, ends[0]);
        put(random + 1, ends[1]);
    }
}

/* A message with up to two handles, some too big for a spare; or what came of one. */
static status_t act(uint64_t random, uint8_t *data)
{
    handle_t at = places[random % PLACES], handles[2] = { places[random >> 8 & 15], places[random >> 12 & 15] };
    uint32_t count = random >> 16 & 15;
    uint64_t deadline = random >> 20 & 1 ? DEADLINE_POLL : clock_now() + (random >> 21 & 0x7fff);
    struct message_args out = outgoing(1, data, random >> 40 & 255, handles, count > 2 ? 0 : count);
    struct message_args in = incoming(random >> 48 & 7 ? data : NULL, 256, handles, random >> 51 & 7 ? 2 : 0);
    bool port = random >> 54 & 1;
    status_t st;
    switch (random >> 56 & 7) {
    case 0: st = port ? sys_port_send(at, &out, deadline) : sys_channel_send(at, &out, deadline); break;
    case 1: st = sys_channel_send(at, &out, deadline); break;
    case 2: st = sys_message_loopback(&out, &in); break;
    case 3: st = sys_channel_call(at, &out, &in, deadline); break;
    case 4:
    case 5: st = port ? sys_port_recv(at, &in, deadline) : sys_channel_recv(at, &in, deadline); break;
    case 6: st = port ? sys_port_try_recv(at, &in) : sys_channel_try_recv(at, &in); break;
    default: return sys_handle_close(at);
    }
    bool received = st == OK && (random >> 56 & 7) >= 2;
    for (uint32_t i = 0; received && i < in.header.handle_count; i++)
        put((random >> 8) + i, handles[i]);
    return st;
}

static int64_t rage(void *argument)
{
    uint64_t state = test_seed() + (uint64_t)argument;
    uint8_t data[256] = { 0 };
    for (int i = 0; i < STEPS; i++) {
        uint64_t random = test_random(&state);
        if (random >> 60 < 4) {
            make(random);
            continue;
        }
        status_t st = act(random, data);
        if (st > 0 || st < ERR_CYCLE)
            __atomic_add_fetch(&wrong, 1, __ATOMIC_SEQ_CST);
    }
    return 0;
}

ROLE(storm)
{
    struct thread *threads[THREADS];
    for (uint64_t i = 0; i < THREADS; i++)
        threads[i] = start_thread(rage, (void *)(i << 20));
    for (int i = 0; i < THREADS; i++)
        join_thread(threads[i]);
    return wrong == 0 ? 0 : 1;
}

static void let_it_storm(void *argument)
{
    (void)argument;
    struct exit_info info = finish(start_role("storm", NULL, NULL, 0));
    CHECK_EQ(info.reason, EXIT_RETURNED, "%d threads do what they like with shared ends", THREADS);
    CHECK_EQ(info.code, 0, "and every answer is one of the list");
}

TEST(storm, 2 * 2 + 1)
{
    CHECK_BALANCED(let_it_storm, NULL, "nothing is left behind");
}
