/* SPDX-License-Identifier: MIT */
/*
 * bench.c: what the kernel's operations cost, in nanoseconds of guest time.
 *
 * Run with -icount shift=0,sleep=off, where one nanosecond is one instruction. Writes lines
 * "bench NAME VALUE UNIT" to the results handle (to stdout without one). Each figure is the mean
 * of many rounds after a few to warm up, less the cost of reading the clock.
 *
 *   test/bench              everything
 *   test/bench NAME ROUNDS  one loop, so many times: for `make profile`
 */
#include "user/lib/ipc.h"
#include "user/lib/process.h"
#include "user/lib/status.h"
#include "user/lib/stdio.h"
#include "user/lib/stdlib.h"
#include "user/lib/string.h"
#include "user/lib/thread.h"
#include "user/lib/time.h"

#define WARM_UP 16

enum { ECHO_RECEIVE = START_USER, ECHO_SEND = START_USER + 1 };

static uint8_t data[4096] __attribute__((aligned(4096)));
static uint64_t clock_cost;
static const char *only;    /* the one loop to run; NULL: all */
static uint64_t only_rounds;

static status_t check(const char *what, status_t st)
{
    if (st < 0) {
        warn("%s: %s (%s)", what, status_text(st), status_name(st));
        exit(2);
    }
    return st;
}

static void report(const char *name, uint64_t value, const char *unit)
{
    handle_t out = start_handle(START_RESULTS);
    if (out == HANDLE_INVALID)
        out = start_handle(START_STDOUT);
    if (dprintf(out, "bench %s %lu %s\n", name, value, unit) < 0)
        exit(2);
}

/* Runs `round` to warm up, then `rounds` times, and reports the mean divided by `parts`. */
static void measure(const char *name, void (*round)(void *), void *argument, uint64_t rounds,
                    uint64_t parts)
{
    if (only != NULL) {
        if (strcmp(only, name) != 0)
            return;
        rounds = only_rounds;
    }
    for (int i = 0; i < WARM_UP; i++)
        round(argument);
    uint64_t begin = clock_now();
    for (uint64_t i = 0; i < rounds; i++)
        round(argument);
    uint64_t spent = clock_now() - begin;
    spent -= spent > clock_cost ? clock_cost : spent;
    report(name, spent / (rounds * parts), "ns");
}

/* The least that lies between two readings. */
static void measure_clock(void)
{
    clock_cost = UINT64_MAX;
    for (int i = 0; i < 1000; i++) {
        uint64_t begin = clock_now();
        uint64_t cost = clock_now() - begin;
        if (cost < clock_cost)
            clock_cost = cost;
    }
}

/* The kernel by itself --------------------------------------------------------- */

#define CALLS 16 /* unrolled, so that the loop around them hardly counts */

static void null_calls(void *unused)
{
    (void)unused;
#pragma GCC unroll 16
    for (int i = 0; i < CALLS; i++)
        sys_null();
}

static uint32_t stop_yielding;

static int64_t yield_always(void *unused)
{
    (void)unused;
    while (!__atomic_load_n(&stop_yielding, __ATOMIC_RELAXED))
        sys_thread_yield();
    return 0;
}

static void yield_once(void *unused)
{
    (void)unused;
    sys_thread_yield(); /* to the other thread, which yields back: two switches */
}

static void measure_switch(void)
{
    struct thread *other;
    check("creating a thread", thread_create(&other, yield_always, NULL));
    measure("thread_switch", yield_once, NULL, 1000, 2);
    __atomic_store_n(&stop_yielding, 1, __ATOMIC_RELAXED);
    check("joining it", thread_join(other, DEADLINE_FOREVER, NULL));
}

#define FAULT_PAGES  128
#define FAULT_ROUNDS 8

/* Only the touching is timed, so that map and unmap do not count. */
static void measure_page_fault(void)
{
    uint64_t length = FAULT_PAGES * PAGE_SIZE, spent = 0;
    for (int round = -1; round < FAULT_ROUNDS; round++) {
        uint64_t base = (uint64_t)check("mapping", sys_vm_map(0, length, PROT_READ | PROT_WRITE));
        uint64_t begin = clock_now();
        for (uint64_t at = base; at < base + length; at += PAGE_SIZE)
            *(volatile uint8_t *)at = 1;
        if (round >= 0) /* the first is to warm up */
            spent += clock_now() - begin - clock_cost;
        check("unmapping", sys_vm_unmap(base, length));
    }
    report("page_fault", spent / (FAULT_ROUNDS * FAULT_PAGES), "ns");
}

static void spawn_and_wait(void *unused)
{
    (void)unused;
    static const char *const argv[] = { "bin/true", NULL };
    handle_t process = (handle_t)check("spawning", process_spawn(argv[0], argv, NULL, 0));
    check("waiting", process_finish(process, DEADLINE_FOREVER, NULL));
}

static int64_t do_nothing(void *unused)
{
    (void)unused;
    return 0;
}

static void create_and_join(void *unused)
{
    (void)unused;
    struct thread *thread;
    check("creating a thread", thread_create(&thread, do_nothing, NULL));
    check("joining it", thread_join(thread, DEADLINE_FOREVER, NULL));
}

/* Messages and ports ----------------------------------------------------------- */

struct exchange {
    const char *name; /* after "message_loopback_" and "port_round_trip_" */
    size_t size;
    bool with_handle;
    handle_t handle;      /* the one that travels; its number changes each time */
    handle_t there, back; /* ports */
};

static void loop_back(void *argument)
{
    struct exchange *x = argument;
    check("message_loopback", message_loopback(NULL, 0, data, x->size, &x->handle,
                                               x->with_handle, data, sizeof data, &x->handle, 1));
}

static void round_trip(void *argument)
{
    struct exchange *x = argument;
    check("port_send", port_send(x->there, 0, data, x->size, &x->handle, x->with_handle,
                                 DEADLINE_FOREVER));
    check("port_recv", port_recv(x->back, NULL, data, sizeof data, &x->handle, 1,
                                 DEADLINE_FOREVER));
}

/* The other process: sends everything back until its port closes. */
static int run_echo(void)
{
    handle_t receive = start_handle(ECHO_RECEIVE), back = start_handle(ECHO_SEND);
    for (;;) {
        struct message_header header;
        handle_t handle;
        status_t st = port_recv(receive, &header, data, sizeof data, &handle, 1,
                                DEADLINE_FOREVER);
        if (st == ERR_PORT_CLOSED)
            return 0;
        check("echo: port_recv", st);
        check("echo: port_send", port_send(back, header.msg_type, data, header.size, &handle,
                                           header.handle_count, DEADLINE_FOREVER));
    }
}

static handle_t start_echo(handle_t *there, handle_t *back, handle_t *manage)
{
    handle_t receive = (handle_t)check("port_create", sys_port_create(1));
    *back = (handle_t)check("port_create", sys_port_create(1));
    *there = (handle_t)check("duplicating", port_sender(receive));
    *manage = (handle_t)check("duplicating", sys_handle_duplicate(receive, PORT_RIGHT_MANAGE));
    const handle_t handles[] = {
        receive,
        (handle_t)check("duplicating", port_sender(*back)),
    };
    const char *argv[] = { program_path(), "echo", NULL };
    return (handle_t)check("starting echo", process_start(program_path(), argv, GIVE_STDOUT,
                                                          handles, array_size(handles)));
}

static void measure_messages(void)
{
    static struct exchange exchanges[] = {
        { .name = "0", .size = 0 },
        { .name = "64", .size = 64 },
        { .name = "4096", .size = 4096 },
        { .name = "handle", .size = 64, .with_handle = true },
        { .name = "receive_side", .size = 64, .with_handle = true },
    };
    struct exit_info info;
    char name[64];
    handle_t there, back, manage;
    /* What travels: a handle to send with, such as answers need; or, dearer, a port's receive side. */
    handle_t side = (handle_t)check("port_create", sys_port_create(1));
    exchanges[3].handle = (handle_t)check("duplicating", port_sender(side));
    exchanges[4].handle = side;
    for (size_t i = 0; i < array_size(exchanges); i++) {
        snprintf(name, sizeof name, "message_loopback_%s", exchanges[i].name);
        measure(name, loop_back, &exchanges[i], 1000, 1);
    }
    handle_t echo = start_echo(&there, &back, &manage);
    for (size_t i = 0; i < array_size(exchanges); i++) {
        exchanges[i].there = there;
        exchanges[i].back = back;
        snprintf(name, sizeof name, "port_round_trip_%s", exchanges[i].name);
        measure(name, round_trip, &exchanges[i], 1000, 1);
    }
    check("closing the port", sys_port_close(manage));
    check("waiting for echo", process_finish(echo, DEADLINE_FOREVER, &info));
    if (info.reason != EXIT_RETURNED || info.code != 0)
        exit(2);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "echo") == 0)
        return run_echo();
    if (argc > 2) {
        only = argv[1];
        only_rounds = strtoul(argv[2], NULL, 10);
    }
    struct system_info info;
    check("system_info", sys_system_info(&info));
    report("boot_time", info.boot_time, "ns");
    measure_clock();
    measure("null_syscall", null_calls, NULL, 1000, CALLS);
    measure_switch();
    measure_page_fault();
    measure("spawn_exit_wait", spawn_and_wait, NULL, 100, 1);
    measure("thread_create_join", create_and_join, NULL, 200, 1);
    measure_messages();
    return 0;
}
