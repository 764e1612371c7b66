/* SPDX-License-Identifier: MIT */
/*
 * orders.h: two threads that meet in the middle of a call.
 *
 * The first makes ends and gives the second orders to make a call at one of them, by a port, and acts on the
 * end itself meanwhile; another port brings back what the call answered.
 */
#pragma once

#include "user/test/channel.h"

static handle_t order, report;

static int64_t obey(void *call)
{
    status_t (*make_call)(handle_t) = (status_t (*)(handle_t))call;
    uint64_t end;
    while (recv_word(order, &end, NULL, DEADLINE_FOREVER) == OK) {
        status_t st = make_call((handle_t)end);
        if (send_word(report, (uint64_t)st, HANDLE_INVALID, DEADLINE_POLL) != OK)
            return 1;
    }
    return 0;
}

static struct thread *begin_orders(status_t (*call)(handle_t))
{
    order = make_port(1);
    report = make_port(1);
    return start_thread(obey, (void *)call);
}

/* Lets the other thread come somewhere into its call, or not even begin. */
static void give_order(handle_t end, uint64_t *state)
{
    NEED(send_word(order, end, HANDLE_INVALID, DEADLINE_POLL));
    uint64_t chance = test_random(state);
    if (chance % 4 != 0)
        sys_thread_yield();
    for (uint64_t n = chance >> 8 & 127; n > 0; n--)
        __asm__ volatile("pause");
}

static status_t get_report(void)
{
    uint64_t word;
    NEED(recv_word(report, &word, NULL, DEADLINE_FOREVER));
    return (status_t)word;
}

/*
 * Whether the second thread was caught in the middle often enough to say anything. On several CPUs that is the host's
 * affair, and no fault of the kernel's.
 */
static bool often(unsigned times, unsigned enough)
{
    struct system_info info;
    NEED(sys_system_info(&info));
    return times >= enough || info.cpus > 1;
}

static void end_orders(struct thread *thread)
{
    NEED(sys_port_close(order));
    CHECK_EQ(join_thread(thread), 0, "the other thread ends");
    NEED(sys_handle_close(order));
    NEED(sys_handle_close(report));
}
