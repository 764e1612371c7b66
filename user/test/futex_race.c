/* SPDX-License-Identifier: MIT */
/*
 * futex_race.c: lab 6, what happens when a thread is stopped at the worst moment.
 *
 * Meant to be run like port_race.c: instructions counted, time slices short and pseudo-random. Who loses a wake-up
 * sleeps for ever, and the kernel reports the dead-lock. No deadline may be under way meanwhile.
 */
#include "user/test/support.h"

#define ROUNDS 4000

static uint32_t ping, pong;

static void await(uint32_t *word, uint32_t value)
{
    uint32_t now;
    while ((now = __atomic_load_n(word, __ATOMIC_ACQUIRE)) != value) {
        status_t st = sys_futex_wait(word, now, DEADLINE_FOREVER);
        if (st != OK && st != ERR_WOULD_BLOCK)
            NEED(st);
    }
}

static void announce(uint32_t *word, uint32_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
    NEED(sys_futex_wake(word, 1));
}

static int64_t answer(void *argument)
{
    (void)argument;
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        await(&ping, i);
        announce(&pong, i);
    }
    return 0;
}

TEST(ping_pong, 2)
{
    struct thread *thread = start_thread(answer, NULL);
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        announce(&ping, i);
        await(&pong, i);
    }
    CHECK_EQ(pong, ROUNDS, "%u questions are answered", ROUNDS);
    CHECK_EQ(join_thread(thread), 0, "and the other side has got each");
}

/* The waiter is moved from word to word while its wake-up comes. */
#define STOPS 4

static uint32_t stops[STOPS][1024], go;

static int64_t travel(void *argument)
{
    (void)argument;
    for (uint32_t i = 1; i <= ROUNDS / 4; i++) {
        await(&go, i);
        announce(&pong, i);
    }
    return 0;
}

TEST(moving, 2)
{
    struct thread *thread = start_thread(travel, NULL);
    for (uint32_t i = 1; i <= ROUNDS / 4; i++) {
        uint32_t seen = i - 1;
        status_t moved = sys_futex_requeue(&go, seen, 0, stops[0], 1);
        for (int stop = 0; stop + 1 < STOPS && moved > 0; stop++)
            moved = sys_futex_requeue(stops[stop], 0, 0, stops[stop + 1], 1);
        __atomic_store_n(&go, i, __ATOMIC_RELEASE);
        /* It waits at one of the words, or is not there yet: then it sees the new value. */
        NEED(sys_futex_wake(&go, 1));
        for (int stop = 0; stop < STOPS; stop++)
            NEED(sys_futex_wake(stops[stop], 1));
        await(&pong, i);
    }
    CHECK_EQ(pong, ROUNDS / 4, "%u times a waiter is moved and woken", ROUNDS / 4);
    CHECK_EQ(join_thread(thread), 0, "it has got each");
}

/* A wake-up at the moment when the first of two waiters gives up. */
#define TIMEOUT_ROUNDS 250

struct patient {
    uint64_t deadline;
    status_t st;
};

static uint32_t bed;

static int64_t lie(void *argument)
{
    struct patient *patient = argument;
    return patient->st = sys_futex_wait(&bed, 0, patient->deadline);
}

TEST(timeout_race, 4)
{
    uint64_t state = test_seed();
    unsigned round = 0, wrong = 0, first_woke = 0, first_gave_up = 0;
    for (; round < TIMEOUT_ROUNDS && wrong == 0; round++) {
        uint64_t now = clock_now(), deadline = now + 400 * NS_PER_US;
        struct patient first = { .deadline = deadline }, second = { .deadline = DEADLINE_FOREVER };
        struct thread *one = start_thread(lie, &first);
        sys_thread_sleep(now + 100 * NS_PER_US);
        struct thread *two = start_thread(lie, &second);
        sys_thread_sleep(now + 200 * NS_PER_US);
        uint64_t moment = deadline - 12000 + test_random(&state) % 16000;
        while (clock_now() < moment) {
        }
        status_t woken = sys_futex_wake(&bed, 1);
        while (clock_now() < deadline + 20000) {
        }
        join_thread(one);
        if (first.st == OK)
            NEED(sys_futex_wake(&bed, 1));
        join_thread(two); /* a dead-lock here: its wake-up was swallowed by the first */
        first_woke += first.st == OK;
        first_gave_up += first.st == ERR_TIMED_OUT;
        wrong += woken != 1 || second.st != OK;
    }
    CHECK_EQ(wrong, 0, "each wake-up reaches a waiter, round %u", round);
    CHECK_EQ(first_woke + first_gave_up, round, "the first gets it or gives up");
    CHECK(first_woke > 0, "sometimes it is in time");
    CHECK(first_gave_up > 0, "sometimes it is too late");
}

/* A deadline that passes while the waiter is being moved. */
TEST(timeout_moving, 3)
{
    static uint32_t far[2048];
    uint64_t state = test_seed();
    unsigned round = 0, wrong = 0, moved_in_time = 0;
    for (; round < TIMEOUT_ROUNDS && wrong == 0; round++) {
        uint64_t now = clock_now(), deadline = now + 300 * NS_PER_US;
        struct patient patient = { .deadline = deadline };
        struct thread *thread = start_thread(lie, &patient);
        sys_thread_sleep(now + 100 * NS_PER_US);
        uint64_t moment = deadline - 8000 + test_random(&state) % 12000;
        while (clock_now() < moment) {
        }
        status_t moved = sys_futex_requeue(&bed, 0, 0, &far[round % 2048], 1);
        join_thread(thread);
        moved_in_time += moved == 1;
        wrong += patient.st != ERR_TIMED_OUT || moved < 0 || moved > 1;
        wrong += sys_futex_wake(&far[round % 2048], 9) != 0 || sys_futex_wake(&bed, 9) != 0;
    }
    CHECK_EQ(wrong, 0, "it gives up wherever it is, and is found nowhere afterwards, round %u", round);
    CHECK(moved_in_time > 0, "sometimes it has been moved");
    CHECK(moved_in_time < round, "sometimes it was too late for that");
}

/*
 * A page that comes and goes under the calls. It may go between the first look, which fills it in, and the one under the
 * bucket's lock (F6). What lies in it is 0 whenever it is there: so no call can find another value.
 */
#define PLACE 0x0000200000000000ull
#define SHOTS 1500

static uint32_t stop;

static int64_t come_and_go(void *argument)
{
    (void)argument;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        sys_vm_map(PLACE, PAGE_SIZE, PROT_READ | PROT_WRITE);
        sys_vm_unmap(PLACE, PAGE_SIZE);
    }
    return 0;
}

TEST(vanishing, 3)
{
    uint32_t *at = (uint32_t *)PLACE;
    struct thread *thread = start_thread(come_and_go, NULL);
    unsigned wrong_waits = 0, wrong_wakes = 0;
    for (int i = 0; i < SHOTS; i++) {
        status_t st = sys_futex_wait(at + i % 8, 0, 1);
        wrong_waits += st != ERR_TIMED_OUT && st != ERR_INVALID_ADDRESS;
        st = sys_futex_wake(at + i % 8, 1);
        wrong_wakes += st != 0 && st != ERR_INVALID_ADDRESS;
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    CHECK_EQ(join_thread(thread), 0, "a page comes and goes while it is waited at");
    CHECK_EQ(wrong_waits, 0, "a wait finds 0, and is too late, or no page");
    CHECK_EQ(wrong_wakes, 0, "a wake-up finds nobody, or no page");
}

TEST(vanishing_moving, 3)
{
    uint32_t *at = (uint32_t *)PLACE;
    struct thread *thread = start_thread(come_and_go, NULL);
    unsigned wrong_from = 0, wrong_to = 0;
    for (int i = 0; i < SHOTS; i++) {
        status_t st = sys_futex_requeue(at, 0, 1, &ping, 1);
        wrong_from += st != 0 && st != ERR_INVALID_ADDRESS;
        st = sys_futex_requeue(&pong, 0, 1, at, 1);
        wrong_to += st != 0 && st != ERR_INVALID_ADDRESS;
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    CHECK_EQ(join_thread(thread), 0, "a page comes and goes while waiters are moved from and to it");
    CHECK_EQ(wrong_from, 0, "there is 0, and nobody, or no page to move them from");
    CHECK_EQ(wrong_to, 0, "or to");
}

/* One gives up again and again, while it is moved to and fro all the time. */
#define NAPS 3000

static uint32_t *home, *away;

static int64_t move_always(void *argument)
{
    (void)argument;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        NEED(sys_futex_requeue(home, 0, 0, away, 1));
        NEED(sys_futex_requeue(away, 0, 0, home, 1));
    }
    return 0;
}

TEST(naps, 3)
{
    static uint32_t beds[2][1024];
    uint64_t state = test_seed();
    unsigned wrong = 0;
    home = &beds[0][0];
    away = &beds[1][7];
    struct thread *thread = start_thread(move_always, NULL);
    for (int i = 0; i < NAPS; i++) {
        uint64_t length = 500 + test_random(&state) % 4000;
        wrong += sys_futex_wait(home, 0, clock_now() + length) != ERR_TIMED_OUT;
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    CHECK_EQ(join_thread(thread), 0, "a waiter is moved to and fro all the time");
    CHECK_EQ(wrong, 0, "it gives up wherever it is, %d times", NAPS);
    CHECK_STATUS(sys_futex_wake(home, 9) + sys_futex_wake(away, 9), 0, "and is found nowhere afterwards");
}

/* A process that is killed while its waiters are moved to and fro. */
#define KILLS 12

static handle_t victim;

ROLE(lies_there)
{
    uint32_t *page = (uint32_t *)NEED(
        sys_shm_map(start_handle(START_USER), 0, 0, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE));
    return (int)sys_futex_wait(page, 0, DEADLINE_FOREVER);
}

static int64_t kill_victim(void *spins)
{
    for (uint64_t i = 0; i < (uint64_t)spins; i++)
        __builtin_ia32_pause();
    return sys_process_kill(victim);
}

/* Moves it until it is found nowhere any more. It lies at `away` now. */
static unsigned chase(void)
{
    unsigned moves = 0;
    while (sys_futex_requeue(away, 0, 0, home, 1) == 1 && sys_futex_requeue(home, 0, 0, away, 1) == 1)
        moves++;
    return moves;
}

TEST(kill_moving, 3)
{
    uint64_t state = test_seed();
    handle_t shm = (handle_t)NEED(sys_shm_create(2 * PAGE_SIZE));
    unsigned killed = 0, left = 0, moves = 0;
    home = (uint32_t *)NEED(sys_shm_map(shm, 0, 0, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE));
    away = home + PAGE_SIZE / sizeof *home + 5;
    for (int i = 0; i < KILLS; i++) {
        handle_t handle = duplicate(shm, RIGHTS_SAME);
        victim = start_role("lies_there", NULL, &handle, 1);
        while (NEED(sys_futex_requeue(home, 0, 0, away, 1)) == 0)
            sys_thread_yield(); /* until it has come */
        struct thread *killer = start_thread(kill_victim, (void *)(test_random(&state) % 4000));
        moves += chase();
        NEED(join_thread(killer));
        killed += finish(victim).reason == EXIT_KILLED;
        left += sys_futex_wake(home, 9) != 0 || sys_futex_wake(away, 9) != 0;
    }
    CHECK_EQ(killed, KILLS, "a process is killed while its waiter is moved to and fro");
    CHECK_EQ(left, 0, "it is found nowhere afterwards");
    NOTE("it was moved %u times", moves);
    CHECK_EQ(sys_futex_requeue(home, 0, 9, away, 9), 0, "nor is there anybody to move");
}
