/* SPDX-License-Identifier: MIT */
/*
 * ring.c: a ring buffer in shared memory between two processes, with futexes for waiting.
 *
 *     written:  records ever put in        only the producer changes it
 *     taken:    records ever taken out     only the consumer changes it
 *
 * Both counters only go up; their difference is how full the ring is, and the place of record n is
 * n modulo the ring's size. While neither side has to wait, no system call is made at all: a record
 * is stored, then the counter, and the other side sees it. Who finds the ring empty (or full) waits for the
 * other's counter to change, with futex_wait: "sleep, if it is still what I saw". If it has changed in
 * between, the call returns at once: that is why no wake-up is lost.
 *
 * A wake-up costs a system call too, so who is about to sleep says so first, in `sleepers`, and the
 * other side wakes only if somebody did. Store, then look, on both sides: one of them must see the other.
 */
#include "user/lib/args.h"
#include "user/lib/process.h"
#include "user/lib/status.h"
#include "user/lib/stdio.h"
#include "user/lib/stdlib.h"
#include "user/lib/time.h"

#define RING_SIZE 64 /* records: a power of two, for the counters wrap */

enum { CONSUMER_REGION = START_USER };

/* Each side writes to a cache line of its own. */
struct counter {
    uint32_t value;    /* futex */
    uint32_t sleepers; /* 1: somebody sleeps, or is about to, until value changes */
} __attribute__((aligned(64)));

struct ring {
    struct counter written, taken;
    uint64_t record[RING_SIZE];
};

static uint64_t waits, wakes; /* of this process: how often a system call was needed */

static status_t check(const char *what, status_t st)
{
    if (st < 0)
        die("%s: %s (%s)", what, status_text(st), status_name(st));
    return st;
}

static uint32_t load(const uint32_t *word)
{
    return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

/* Returns when the counter is no longer `seen`. */
static void wait_change(struct counter *counter, uint32_t seen)
{
    while (load(&counter->value) == seen) {
        __atomic_store_n(&counter->sleepers, 1, __ATOMIC_SEQ_CST);
        status_t st = sys_futex_wait(&counter->value, seen, DEADLINE_FOREVER);
        if (st < 0 && st != ERR_WOULD_BLOCK)
            die("waiting: %s", status_text(st));
        waits++;
    }
}

static void advance(struct counter *counter)
{
    __atomic_store_n(&counter->value, counter->value + 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&counter->sleepers, __ATOMIC_SEQ_CST) != 0 &&
        __atomic_exchange_n(&counter->sleepers, 0, __ATOMIC_SEQ_CST) != 0) {
        check("waking", sys_futex_wake(&counter->value, 1));
        wakes++;
    }
}

static void put(struct ring *ring, uint64_t record)
{
    uint32_t at = ring->written.value, taken;
    while (at - (taken = load(&ring->taken.value)) == RING_SIZE)
        wait_change(&ring->taken, taken);
    ring->record[at % RING_SIZE] = record;
    advance(&ring->written);
}

static uint64_t take(struct ring *ring)
{
    uint32_t at = ring->taken.value, written;
    while ((written = load(&ring->written.value)) == at)
        wait_change(&ring->written, written);
    uint64_t record = ring->record[at % RING_SIZE];
    advance(&ring->taken);
    return record;
}

static struct ring *map_ring(handle_t region)
{
    uint64_t length = (uint64_t)check("asking for its size", sys_shm_size(region));
    return (struct ring *)check("mapping the ring", sys_shm_map(region, 0, 0, length,
                                                                PROT_READ | PROT_WRITE));
}

/* The records are 0, 3, 6, ...: the consumer knows what must come. */
static int run_consumer(uint64_t count)
{
    struct ring *ring = map_ring(start_handle(CONSUMER_REGION));
    for (uint64_t i = 0; i < count; i++)
        if (take(ring) != 3 * i)
            die("record %lu is wrong", i);
    printf("  consumer: %lu records, all in order; waited %lu times, woke the other %lu times\n",
           count, waits, wakes);
    return 0;
}

static int run_producer(uint64_t count)
{
    char count_text[24];
    handle_t region = (handle_t)check("making shared memory", sys_shm_create(sizeof(struct ring)));
    struct ring *ring = map_ring(region);
    snprintf(count_text, sizeof count_text, "%lu", count);
    const char *argv[] = { program_path(), "-c", "-n", count_text, NULL };
    handle_t consumer = (handle_t)check("starting the consumer",
                                        process_start(program_path(), argv, GIVE_STDOUT, &region, 1));
    printf("producer: %lu records through a ring of %d, mapped at %p here\n", count, RING_SIZE,
           (void *)ring);
    uint64_t begin = clock_now();
    for (uint64_t i = 0; i < count; i++)
        put(ring, 3 * i);
    struct exit_info info;
    check("waiting for the consumer", process_finish(consumer, DEADLINE_FOREVER, &info));
    uint64_t ns = clock_now() - begin;
    printf("producer: waited %lu times, woke the other %lu times; %lu ns a record\n", waits, wakes,
           ns / count);
    return info.reason == EXIT_RETURNED ? info.code : 1;
}

int main(int argc, char **argv)
{
    uint64_t count = 10000;
    bool consumer = false;
    struct args args = args_begin(argc, argv, "cn:", "[-n records]");
    for (int option; (option = args_next(&args)) != 0;) {
        if (option == 'n')
            count = args_number(&args, 1, UINT32_MAX);
        else
            consumer = true;
    }
    if (args.count > 0)
        args_wrong(&args, "'%s' is no option", args.rest[0]);
    if (consumer && start_handle(CONSUMER_REGION) == HANDLE_INVALID)
        args_wrong(&args, "-c is for the consumer, which the producer starts");
    return consumer ? run_consumer(count) : run_producer(count);
}
