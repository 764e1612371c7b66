/* SPDX-License-Identifier: MIT */
/* sync_more.c: lab 6, what user/lib builds on futexes, between threads: once, reader-writer lock, join. */
#include "user/lib/barrier.h"
#include "user/lib/once.h"
#include "user/lib/rwlock.h"
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
