/* SPDX-License-Identifier: MIT */
/*
 * sync_more.c: lab 6, what user/lib builds on futexes, between threads: once, reader-writer lock, join, and two things
 * at once.
 */
#include "user/lib/barrier.h"
#include "user/lib/once.h"
#include "user/lib/rwlock.h"
#include "user/lib/semaphore.h"
#include "user/test/support.h"

#define THREADS 4
#define ROUNDS  1500

static struct thread *threads[THREADS];

static void start_all(int64_t (*run)(void *))
{
    for (uint64_t i = 0; i < THREADS; i++)
        threads[i] = start_thread(run, (void *)i);
}

static int64_t join_all(void)
{
    int64_t sum = 0;
    for (int i = 0; i < THREADS; i++)
        sum += join_thread(threads[i]);
    return sum;
}

/* Once ------------------------------------------------------------------------------------ */

static struct once once;
static uint64_t made;

static void make(void)
{
    sys_thread_yield(); /* so that the others come meanwhile */
    made++;
}

static int64_t use(void *argument)
{
    (void)argument;
    once_run(&once, make);
    return (int64_t)made;
}

TEST(once_only, 3)
{
    start_all(use);
    CHECK_EQ(join_all(), THREADS, "%d threads find it done", THREADS);
    CHECK_EQ(made, 1, "once");
    once_run(&once, make);
    CHECK_EQ(made, 1, "and not again");
}

/* While it is being done there is waiting, and giving up, but no doing it twice. */
static int64_t use_slowly(void *argument)
{
    (void)argument;
    return once_run_slowly(&once, settle, DEADLINE_FOREVER);
}

TEST(once_late, 5)
{
    threads[0] = start_thread(use_slowly, NULL);
    sys_thread_yield();
    CHECK_STATUS(once_run_slowly(&once, make, DEADLINE_POLL), ERR_TIMED_OUT, "what is just being done");
    uint64_t deadline = clock_now() + 100 * NS_PER_US;
    CHECK_STATUS(once_run_slowly(&once, make, deadline), ERR_TIMED_OUT, "and is not done by the deadline");
    CHECK_STATUS(once_run_slowly(&once, make, DEADLINE_FOREVER), OK, "is done some time");
    CHECK_EQ(made, 0, "but not by those who waited");
    CHECK_EQ(join_thread(threads[0]), OK, "but by the first");
}

/* Reader-writer lock ------------------------------------------------------------------------ */

static struct rwlock rwlock;
static uint64_t pair[2];
static struct barrier together = BARRIER_INIT(THREADS);

static int64_t read_pairs(void *argument)
{
    int64_t torn = 0;
    (void)argument;
    for (int i = 0; i < ROUNDS / 4; i++) {
        rwlock_read(&rwlock);
        torn += pair[0] != pair[1];
        sys_thread_yield();
        torn += pair[0] != pair[1];
        rwlock_read_done(&rwlock);
    }
    return torn;
}

/* No reader can leave before all are in: a lock that lets one in at a time never lets this end. */
static int64_t read_together(void *argument)
{
    (void)argument;
    rwlock_read(&rwlock);
    barrier_wait(&together);
    rwlock_read_done(&rwlock);
    return 1;
}

TEST(rwlocks, 9)
{
    start_all(read_pairs);
    for (int i = 0; i < ROUNDS / 4; i++) {
        rwlock_write(&rwlock);
        pair[0]++;
        sys_thread_yield();
        pair[1]++;
        rwlock_write_done(&rwlock);
    }
    CHECK_EQ(join_all(), 0, "no reader sees a half-written pair");
    CHECK_EQ(pair[1], ROUNDS / 4, "the writer has had its turns among %d readers", THREADS);
    start_all(read_together);
    CHECK_EQ(join_all(), THREADS, "readers read together");
    rwlock_read(&rwlock);
    CHECK_STATUS(rwlock_read_until(&rwlock, DEADLINE_POLL), OK, "a second reader");
    CHECK_STATUS(rwlock_write_until(&rwlock, clock_now() + NS_PER_MS), ERR_TIMED_OUT, "no writer meanwhile");
    CHECK_STATUS(rwlock_read_until(&rwlock, DEADLINE_POLL), OK, "one that has given up keeps no reader out");
    for (int i = 0; i < 3; i++)
        rwlock_read_done(&rwlock);
    CHECK_STATUS(rwlock_write_until(&rwlock, DEADLINE_POLL), OK, "when they are done, a writer");
    CHECK_STATUS(rwlock_read_until(&rwlock, clock_now() + NS_PER_MS), ERR_TIMED_OUT, "no reader meanwhile");
    rwlock_write_done(&rwlock);
    CHECK_STATUS(rwlock_read_until(&rwlock, DEADLINE_POLL), OK, "and then readers again");
}

/*
 * Two readers that come again and again, and a writer that waits, before them or behind: when the writer before them is done,
 * each reader that has waited has its turn, and then the next writer, however often the readers ask meanwhile.
 */
#define TURNS 100

static uint32_t reads, reads_before;

static int64_t read_again(void *argument)
{
    (void)argument;
    for (int i = 0; i < TURNS; i++) {
        rwlock_read(&rwlock);
        __atomic_add_fetch(&reads, 1, __ATOMIC_SEQ_CST);
        rwlock_read_done(&rwlock);
    }
    return 0;
}

static int64_t write_once(void *argument)
{
    (void)argument;
    rwlock_write(&rwlock);
    reads_before = __atomic_load_n(&reads, __ATOMIC_SEQ_CST);
    rwlock_write_done(&rwlock);
    return 0;
}

/* Starts a thread, and goes on when `count` are waiting. */
static struct thread *start_waiting(int64_t (*run)(void *), const uint32_t *waiting, uint32_t count)
{
    struct thread *thread = start_thread(run, NULL);
    while (__atomic_load_n(waiting, __ATOMIC_ACQUIRE) < count)
        sys_thread_yield();
    return thread;
}

TEST(rwlock_turns, 2 * 3)
{
    for (int writer_first = 0; writer_first < 2; writer_first++) {
        struct thread *writer = NULL;
        reads = 0;
        rwlock_write(&rwlock);
        if (writer_first)
            writer = start_waiting(write_once, &rwlock.waiting_writers, 1);
        for (uint32_t i = 0; i < 2; i++)
            threads[i] = start_waiting(read_again, &rwlock.waiting_readers, i + 1);
        if (!writer_first)
            writer = start_waiting(write_once, &rwlock.waiting_writers, 1);
        CHECK_EQ(reads, 0, "two readers and a writer wait for a writer");
        rwlock_write_done(&rwlock);
        for (int i = 0; i < 2; i++)
            join_thread(threads[i]);
        join_thread(writer);
        CHECK_EQ(reads, 2 * TURNS, "all have their turns");
        CHECK_EQ(reads_before, 2, "the second writer's comes when each reader has had one");
    }
}

/* Join ---------------------------------------------------------------------------------------- */

static int64_t come_back_with(void *argument)
{
    return (int64_t)argument;
}

static void start_and_join(void *argument)
{
    (void)argument;
    for (int64_t i = 0; i < 50; i++)
        if (join_thread(start_thread(come_back_with, (void *)i)) != i)
            test_require(CHECK(false, "a thread's exit code comes back"));
}

TEST(joins, 2)
{
    CHECK_STATUS(thread_join(thread_self(), DEADLINE_FOREVER, NULL), ERR_INVALID_ARGUMENT,
                 "a thread cannot wait for itself");
    CHECK_BALANCED(start_and_join, NULL, "who has been joined leaves nothing behind");
}

/* Several at once ------------------------------------------------------------------------------- */

/*
 * Philosophers: each takes the fork to his left and the one to his right, the lower first, and puts a number on both plates
 * they lie at. The host works out what is on the plates in the end.
 */
#define SEATS 5
#define MEALS 400

static struct mutex forks[SEATS];
static uint64_t plates[SEATS];

static void put(volatile uint64_t *plate, uint64_t n)
{
    uint64_t seen = *plate;
    __asm__ volatile("pause" ::: "memory");
    *plate = seen + n;
}

static int64_t dine(void *argument)
{
    uint64_t seat = (uint64_t)argument, next = (seat + 1) % SEATS, state = test_seed() + seat;
    for (int i = 0; i < MEALS; i++) {
        uint64_t n = test_random(&state) & 0xffff;
        mutex_lock(&forks[seat < next ? seat : next]);
        mutex_lock(&forks[seat < next ? next : seat]);
        put(&plates[seat], n);
        put(&plates[next], n);
        mutex_unlock(&forks[seat]);
        mutex_unlock(&forks[next]);
    }
    return MEALS;
}

TEST(philosophers, 2)
{
    struct thread *guests[SEATS];
    int64_t meals = 0, taken = 0;
    for (uint64_t i = 0; i < SEATS; i++)
        guests[i] = start_thread(dine, (void *)i);
    for (int i = 0; i < SEATS; i++)
        meals += join_thread(guests[i]);
    CHECK_EQ(meals, SEATS * MEALS, "%d philosophers eat %d times each", SEATS, MEALS);
    for (int i = 0; i < SEATS; i++)
        taken += forks[i].state != MUTEX_FREE;
    CHECK_EQ(taken, 0, "and put their forks down");
    ANSWER("plates", "%lu,%lu,%lu,%lu,%lu", plates[0], plates[1], plates[2], plates[3], plates[4]);
}

/*
 * Three who give up after a little and one who never does, at a mutex and at a semaphore. A wake-up that went with one who
 * was giving up would leave the fourth asleep, alone: a dead-lock.
 */
static struct mutex hurried;
static struct semaphore token = SEMAPHORE_INIT(1);
static uint64_t entered, done, gave_up;

static status_t enter(uint64_t deadline)
{
    status_t st = mutex_lock_until(&hurried, deadline);
    if (st == OK) {
        put(&entered, 1);
        sys_thread_yield(); /* so that the others come meanwhile */
        mutex_unlock(&hurried);
        st = semaphore_wait_until(&token, deadline);
    }
    if (st == OK) {
        put(&done, 1);
        sys_thread_yield();
        semaphore_post(&token);
    }
    return st;
}

static int64_t hurry(void *argument)
{
    uint64_t state = test_seed() + (uint64_t)argument;
    int64_t wrong = 0;
    for (int i = 0; i < ROUNDS / 4; i++) {
        bool patient = (uint64_t)argument == 0;
        status_t st = enter(patient ? DEADLINE_FOREVER : clock_now() + test_random(&state) % 8000);
        if (st == ERR_TIMED_OUT)
            __atomic_add_fetch(&gave_up, 1, __ATOMIC_SEQ_CST);
        wrong += st != OK && (patient || st != ERR_TIMED_OUT);
    }
    return wrong;
}

TEST(hurry, 5)
{
    start_all(hurry);
    CHECK_EQ(join_all(), 0, "three who may give up and one who never does all come through");
    CHECK_EQ(done + gave_up, THREADS * (ROUNDS / 4), "each try is done, or given up");
    CHECK(entered >= done, "and nobody is lost in between");
    CHECK_EQ(hurried.state == MUTEX_FREE && mutex_try_lock(&hurried), true, "the mutex is free");
    CHECK_EQ(token.count == 1 && token.waiters == 0, true, "the token is there");
    NOTE("%lu tries were given up", gave_up);
}
