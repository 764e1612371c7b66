/* SPDX-License-Identifier: MIT */
/* futex.c: two who take turns on a word, and what is built on such words. */
#include "user/test/bench/roles.h"

enum { MINE, YOURS, OVER }; /* whose turn it is, as the one who measures sees it */

static uint32_t look(const uint32_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static void give_turn(uint32_t *word, uint32_t whose, bool shared)
{
    __atomic_store_n(word, whose, __ATOMIC_RELEASE);
    bench_futex_wake(word, 1, shared);
}

void turns_round(void *argument)
{
    struct turns *turns = argument;
    give_turn(turns->word, YOURS, turns->shared);
    while (look(turns->word) == YOURS)
        bench_futex_wait(turns->word, YOURS, turns->shared);
}

/* The other side, until it is over. */
static void take_turns(struct turns *turns)
{
    for (;;) {
        uint32_t whose = look(turns->word);
        if (whose == OVER)
            return;
        if (whose == YOURS)
            give_turn(turns->word, MINE, turns->shared);
        else
            bench_futex_wait(turns->word, MINE, turns->shared);
    }
}

static bench_result answer_thread(void *argument)
{
    take_turns(argument);
    return 0;
}

int answer_turns(const char *unused)
{
    (void)unused;
    struct turns turns = { .word = bench_shared_map(bench_start_end(0), BENCH_PAGE), .shared = true };
    take_turns(&turns);
    return 0;
}

void turns_start(struct turns *turns)
{
    bench_end memory = bench_shared_create(BENCH_PAGE);
    turns->shared = true;
    turns->word = bench_shared_map(memory, BENCH_PAGE); /* filled with zeros: MINE */
    turns->other = bench_process_start("answer_turns", "", &memory, 1);
}

void turns_end(struct turns *turns)
{
    give_turn(turns->word, OVER, turns->shared);
    bench_process_finish(turns->other);
    bench_shared_unmap(turns->word, BENCH_PAGE);
}

static void measure_turns(void)
{
    static uint32_t word;
    struct turns turns = { .word = &word };
    bench_thread other = bench_thread_start(answer_thread, &turns);
    measure("futex_round_trip_threads", turns_round, &turns, 1000, 1);
    give_turn(turns.word, OVER, false);
    bench_thread_join(other);

    turns_start(&turns);
    measure("futex_round_trip_processes", turns_round, &turns, 1000, 1);
    turns_end(&turns);
}

static void wake_nobody(void *word)
{
#pragma GCC unroll 16
    for (int i = 0; i < BENCH_UNROLL; i++)
        bench_futex_wake(word, 1, false);
}

/* What is built on it -------------------------------------------------------------- */

static void lock_and_unlock(void *mutex)
{
#pragma GCC unroll 16
    for (int i = 0; i < BENCH_UNROLL; i++) {
        bench_mutex_lock(mutex);
        bench_mutex_unlock(mutex);
    }
}

static void post_and_wait(void *semaphore)
{
#pragma GCC unroll 16
    for (int i = 0; i < BENCH_UNROLL; i++) {
        bench_semaphore_post(semaphore);
        bench_semaphore_wait(semaphore);
    }
}

struct relay {
    struct bench_semaphore there, back;
    bool over;
};

static void relay_round(void *argument)
{
    struct relay *relay = argument;
    bench_semaphore_post(&relay->there);
    bench_semaphore_wait(&relay->back);
}

static bench_result relay_back(void *argument)
{
    struct relay *relay = argument;
    for (;;) {
        bench_semaphore_wait(&relay->there);
        if (__atomic_load_n(&relay->over, __ATOMIC_RELAXED))
            return 0;
        bench_semaphore_post(&relay->back);
    }
}

static void measure_semaphores(void)
{
    static struct relay relay;
    bench_semaphore_init(&relay.there);
    bench_semaphore_init(&relay.back);
    measure("semaphore_uncontended", post_and_wait, &relay.there, 1000, BENCH_UNROLL);
    bench_thread other = bench_thread_start(relay_back, &relay);
    measure("semaphore_round_trip", relay_round, &relay, 1000, 1);
    __atomic_store_n(&relay.over, true, __ATOMIC_RELAXED);
    bench_semaphore_post(&relay.there);
    bench_thread_join(other);
}

#define PARTIES 4

/* `last` is told before the meeting that is the last: whoever comes to it late still comes. */
struct meeting {
    struct bench_barrier barrier;
    uint64_t held, last;
};

static void meet(void *argument)
{
    struct meeting *meeting = argument;
    bench_barrier_wait(&meeting->barrier);
    meeting->held++;
}

static bench_result meet_always(void *argument)
{
    struct meeting *meeting = argument;
    for (uint64_t held = 0; held < __atomic_load_n(&meeting->last, __ATOMIC_RELAXED); held++)
        bench_barrier_wait(&meeting->barrier);
    return 0;
}

static void measure_barrier(void)
{
    static struct meeting meeting = { .last = UINT64_MAX };
    bench_thread others[PARTIES - 1];
    bench_barrier_init(&meeting.barrier, PARTIES);
    for (int i = 0; i < PARTIES - 1; i++)
        others[i] = bench_thread_start(meet_always, &meeting);
    measure("barrier_4", meet, &meeting, 500, 1);
    __atomic_store_n(&meeting.last, meeting.held + 1, __ATOMIC_RELAXED);
    meet(&meeting);
    for (int i = 0; i < PARTIES - 1; i++)
        bench_thread_join(others[i]);
}

void measure_futexes(void)
{
    static uint32_t nobodys;
    static struct bench_mutex mutex;
    measure_turns();
    measure("futex_wake_nobody", wake_nobody, &nobodys, 1000, BENCH_UNROLL);
    bench_mutex_init(&mutex);
    measure("mutex_uncontended", lock_and_unlock, &mutex, 1000, BENCH_UNROLL);
    measure_semaphores();
    measure_barrier();
}
