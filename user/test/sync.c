/* SPDX-License-Identifier: MIT */
/*
 * sync.c: lab 6, what user/lib builds on futexes, between threads: mutex, condition variable, semaphore, barrier.
 * Once, reader-writer lock and join are in sync_more.c.
 *
 * The cases that count something are also run with short time slices: what two threads do to a plain
 * variable at once shows in the sum. Between processes: sync_process.c.
 */
#include "user/lib/barrier.h"
#include "user/lib/cond.h"
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

/* Adds in two steps, so that a second thread in between would undo it. */
static void add_slowly(volatile uint64_t *sum, uint64_t n)
{
    uint64_t seen = *sum;
    __asm__ volatile("pause" ::: "memory");
    *sum = seen + n;
}

/* Mutex ------------------------------------------------------------------------------- */

static struct mutex mutex;
static uint64_t sum;

static int64_t add_many(void *argument)
{
    uint64_t state = test_seed() + (uint64_t)argument;
    for (int i = 0; i < ROUNDS; i++) {
        mutex_lock(&mutex);
        add_slowly(&sum, test_random(&state) & 0xffff);
        mutex_unlock(&mutex);
    }
    return 0;
}

TEST(mutex_excludes, 2)
{
    start_all(add_many);
    CHECK_EQ(join_all(), 0, "%d threads have added %d numbers each", THREADS, ROUNDS);
    CHECK_EQ(mutex.state, MUTEX_FREE, "and left the mutex free");
    ANSWER("sum", "%llu", (unsigned long long)sum);
}

/* Under counted instructions a nanosecond is an instruction: a system call would show. */
TEST(mutex_uncontended, 3)
{
    mutex_lock(&mutex);
    mutex_unlock(&mutex);
    uint64_t begun = clock_now();
    for (int i = 0; i < 1000; i++) {
        mutex_lock(&mutex);
        mutex_unlock(&mutex);
    }
    uint64_t spent = clock_now() - begun;
    CHECK(spent < 1000 * 25, "locking and unlocking a thousand times costs %llu instructions: no system call",
          (unsigned long long)spent);
    CHECK(mutex_try_lock(&mutex), "a free mutex can be tried");
    CHECK(!mutex_try_lock(&mutex), "a held one cannot");
}

static uint32_t got_it;

static int64_t lock_and_tell(void *deadline)
{
    status_t st = mutex_lock_until(&mutex, (uint64_t)deadline);
    __atomic_store_n(&got_it, 1, __ATOMIC_SEQ_CST);
    if (st == OK)
        mutex_unlock(&mutex);
    return st;
}

TEST(mutex_waits, 10)
{
    mutex_lock(&mutex);
    uint64_t deadline = clock_now() + NS_PER_MS;
    CHECK_STATUS(mutex_lock_until(&mutex, deadline), ERR_TIMED_OUT, "a held mutex until a deadline");
    CHECK(clock_now() - deadline < NS_PER_MS, "which is kept");
    threads[0] = start_thread(lock_and_tell, (void *)DEADLINE_FOREVER);
    settle();
    CHECK_EQ(got_it, 0, "another thread waits for it");
    mutex_unlock(&mutex);
    CHECK_EQ(join_thread(threads[0]), OK, "and gets it when it is unlocked");
    mutex_lock(&mutex);
    for (int i = 0; i < THREADS; i++)
        threads[i] = start_thread(lock_and_tell, (void *)DEADLINE_FOREVER);
    settle();
    mutex_unlock(&mutex);
    CHECK_EQ(join_all(), OK, "%d threads wait for it: one after the other gets it", THREADS);
    mutex_lock(&mutex);
    threads[0] = start_thread(lock_and_tell, (void *)(clock_now() + NS_PER_MS));
    threads[1] = start_thread(lock_and_tell, (void *)DEADLINE_FOREVER);
    CHECK_EQ(join_thread(threads[0]), ERR_TIMED_OUT, "one of two gives up");
    mutex_unlock(&mutex);
    CHECK_EQ(join_thread(threads[1]), OK, "the other one gets it");
    CHECK(mutex_try_lock(&mutex), "it is free again");
    mutex_unlock(&mutex);
    CHECK_EQ(mutex.state, MUTEX_FREE, "and nobody waits");
    CHECK_STATUS(sys_futex_wake(&mutex.state, 9), 0, "in the kernel neither");
}

/* Condition variable -------------------------------------------------------------------- */

#define ITEMS 2000
#define SLOTS 3

static struct cond not_empty, not_full;
static uint64_t ring[SLOTS];
static unsigned filled, next_in, next_out;

static int64_t produce(void *argument)
{
    (void)argument;
    for (uint64_t i = 1; i <= ITEMS; i++) {
        mutex_lock(&mutex);
        while (filled == SLOTS)
            cond_wait(&not_full, &mutex);
        ring[next_in++ % SLOTS] = i;
        filled++;
        cond_signal(&not_empty);
        mutex_unlock(&mutex);
    }
    return 0;
}

TEST(cond_signals, 3)
{
    struct thread *producer = start_thread(produce, NULL);
    uint64_t total = 0, wrong = 0;
    for (uint64_t i = 1; i <= ITEMS; i++) {
        mutex_lock(&mutex);
        while (filled == 0)
            cond_wait(&not_empty, &mutex);
        uint64_t item = ring[next_out++ % SLOTS];
        filled--;
        cond_signal(&not_full);
        mutex_unlock(&mutex);
        total += item;
        wrong += item != i;
    }
    CHECK_EQ(wrong, 0, "%d items come in order through a ring of %d", ITEMS, SLOTS);
    CHECK_EQ(total, (uint64_t)ITEMS * (ITEMS + 1) / 2, "each of them once");
    CHECK_EQ(join_thread(producer), 0, "the producer has got its room");
}

static struct cond gate;
static unsigned waiting, opened;

static int64_t pass_gate(void *argument)
{
    (void)argument;
    mutex_lock(&mutex);
    waiting++;
    unsigned seen = opened;
    while (opened == seen)
        cond_wait(&gate, &mutex);
    waiting--;
    mutex_unlock(&mutex);
    return 1;
}

TEST(cond_broadcasts, 3 * 3 + 5)
{
    for (int round = 0; round < 3; round++) {
        start_all(pass_gate);
        settle();
        mutex_lock(&mutex);
        CHECK_EQ(waiting, THREADS, "all threads wait");
        opened++;
        cond_broadcast(&gate, &mutex);
        mutex_unlock(&mutex);
        CHECK_EQ(join_all(), THREADS, "one broadcast wakes them all");
        CHECK_EQ(waiting, 0, "and each has held the mutex");
    }
    mutex_lock(&mutex);
    uint64_t deadline = clock_now() + NS_PER_MS;
    CHECK_STATUS(cond_wait_until(&gate, &mutex, deadline), ERR_TIMED_OUT, "waiting until a deadline");
    CHECK(clock_now() - deadline < NS_PER_MS, "which is kept");
    CHECK(!mutex_try_lock(&mutex), "leaves the mutex held");
    mutex_unlock(&mutex);
    cond_signal(&gate);
    cond_broadcast(&gate, &mutex);
    mutex_lock(&mutex);
    CHECK_STATUS(cond_wait_until(&gate, &mutex, clock_now() + NS_PER_MS), ERR_TIMED_OUT,
                 "signals that nobody waited for are not kept");
    mutex_unlock(&mutex);
    CHECK_EQ(mutex.state == MUTEX_FREE, true, "all is as it was");
}

/* Many waiters, many broadcasts: each must see each. */
#define GATES 300

static int64_t pass_gates(void *argument)
{
    (void)argument;
    for (unsigned i = 1; i <= GATES; i++) {
        mutex_lock(&mutex);
        if (++waiting == THREADS)
            cond_signal(&not_full);
        while (opened < i)
            cond_wait(&gate, &mutex);
        mutex_unlock(&mutex);
    }
    return 0;
}

TEST(cond_stress, 2)
{
    start_all(pass_gates);
    for (unsigned i = 1; i <= GATES; i++) {
        mutex_lock(&mutex);
        while (waiting < THREADS)
            cond_wait(&not_full, &mutex);
        waiting = 0;
        opened = i;
        cond_broadcast(&gate, &mutex);
        mutex_unlock(&mutex);
    }
    CHECK_EQ(join_all(), 0, "%d threads pass %d gates", THREADS, GATES);
    CHECK_EQ(opened, GATES, "all of them");
}

/* Semaphore ------------------------------------------------------------------------------- */

static struct semaphore empty = SEMAPHORE_INIT(SLOTS), full = SEMAPHORE_INIT(0);

static int64_t fill(void *argument)
{
    (void)argument;
    for (uint64_t i = 1; i <= ITEMS; i++) {
        semaphore_wait(&empty);
        ring[next_in++ % SLOTS] = i;
        semaphore_post(&full);
    }
    return 0;
}

TEST(semaphores, 10)
{
    struct thread *producer = start_thread(fill, NULL);
    uint64_t wrong = 0;
    for (uint64_t i = 1; i <= ITEMS; i++) {
        semaphore_wait(&full);
        wrong += ring[next_out++ % SLOTS] != i;
        semaphore_post(&empty);
    }
    CHECK_EQ(wrong, 0, "%d items come in order, counted by two semaphores", ITEMS);
    CHECK_EQ(join_thread(producer), 0, "the producer has got its room");
    CHECK_EQ(empty.count, SLOTS, "all room is there again");
    CHECK_EQ(full.count, 0, "and nothing else");
    CHECK(!semaphore_try_wait(&full), "a semaphore at zero cannot be tried");
    uint64_t deadline = clock_now() + NS_PER_MS;
    CHECK_STATUS(semaphore_wait_until(&full, deadline), ERR_TIMED_OUT, "nor waited for until a deadline");
    CHECK(clock_now() - deadline < NS_PER_MS, "which is kept");
    semaphore_post(&full);
    CHECK(semaphore_try_wait(&full), "what is posted before is there");
    uint64_t begun = clock_now();
    for (int i = 0; i < 1000; i++) {
        semaphore_post(&full);
        semaphore_wait(&full);
    }
    CHECK(clock_now() - begun < 1000 * 60, "without waiters there is no system call");
    CHECK_EQ(full.waiters, 0, "nobody waits");
}

static int64_t take_and_give(void *argument)
{
    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        semaphore_wait(&full);
        add_slowly(&sum, 1);
        semaphore_post(&full);
    }
    return 0;
}

TEST(semaphore_excludes, 2)
{
    semaphore_post(&full);
    start_all(take_and_give);
    join_all();
    CHECK_EQ(sum, THREADS * ROUNDS, "a semaphore of one excludes");
    CHECK_EQ(full.count, 1, "and has its one again");
}

/* Barrier --------------------------------------------------------------------------------- */

static struct barrier barrier = BARRIER_INIT(THREADS);
static uint32_t come[THREADS], early;

static int64_t march(void *argument)
{
    uint64_t self = (uint64_t)argument;
    int64_t last = 0;
    for (uint32_t i = 1; i <= ROUNDS / 4; i++) {
        __atomic_store_n(&come[self], i, __ATOMIC_SEQ_CST);
        last += barrier_wait(&barrier);
        for (int j = 0; j < THREADS; j++)
            if (__atomic_load_n(&come[j], __ATOMIC_SEQ_CST) < i)
                __atomic_add_fetch(&early, 1, __ATOMIC_SEQ_CST);
    }
    return last;
}

TEST(barriers, 5)
{
    start_all(march);
    CHECK_EQ(join_all(), ROUNDS / 4, "in each of %d rounds one thread comes last", ROUNDS / 4);
    CHECK_EQ(early, 0, "nobody goes on before all have come");
    uint64_t deadline = clock_now() + NS_PER_MS;
    CHECK_STATUS(barrier_wait_until(&barrier, deadline), ERR_TIMED_OUT, "who comes alone gives up");
    CHECK((uint32_t)barrier.state == 0, "and has not come");
    struct barrier one = BARRIER_INIT(1);
    CHECK(barrier_wait(&one), "a barrier for one does not wait");
}
