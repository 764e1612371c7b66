/* SPDX-License-Identifier: MIT */
/*
 * futex.c: lab 6, the three calls: values, addresses, counts, order, deadlines, keys, moving.
 *
 * Races are in futex_race.c, what stands on futexes in sync.c. settle() lets every other thread run until it
 * blocks; a missing wake-up is a dead-lock, which the kernel reports.
 */
#include "user/test/support.h"

#define WAITERS 8

/* One thread's wait and what came of it. */
struct wait {
    struct thread *thread;
    uint32_t *word;
    uint32_t expected;
    uint64_t deadline;
    status_t st;
    uint32_t returned;
    uint32_t place; /* in the order of returning, from 1 */
};

static struct wait waits[WAITERS];
static uint32_t word, other, returns;

static int64_t wait_there(void *argument)
{
    struct wait *wait = argument;
    wait->st = sys_futex_wait(wait->word, wait->expected, wait->deadline);
    wait->place = __atomic_add_fetch(&returns, 1, __ATOMIC_SEQ_CST);
    __atomic_store_n(&wait->returned, 1, __ATOMIC_RELEASE);
    return wait->st;
}

static void begin(struct wait *wait, uint32_t *at, uint64_t deadline)
{
    *wait = (struct wait){ .word = at, .expected = *at, .deadline = deadline };
    wait->thread = start_thread(wait_there, wait);
    settle();
}

static bool returned(struct wait *wait)
{
    return __atomic_load_n(&wait->returned, __ATOMIC_ACQUIRE);
}

static unsigned how_many_returned(unsigned count)
{
    unsigned n = 0;
    for (unsigned i = 0; i < count; i++)
        n += returned(&waits[i]);
    return n;
}

TEST(wakes, 6)
{
    begin(&waits[0], &word, DEADLINE_FOREVER);
    CHECK(!returned(&waits[0]), "waiting for a word that has the value waits");
    CHECK_STATUS(sys_futex_wake(&word, 1), 1, "one waiter is woken");
    CHECK_STATUS(join_thread(waits[0].thread), OK, "and wakes");
    begin(&waits[0], &word, deadline_after(1000));
    CHECK_STATUS(sys_futex_wake(&word, 1), 1, "the same with a deadline");
    CHECK_STATUS(join_thread(waits[0].thread), OK, "long before which it wakes");
    CHECK_STATUS(sys_futex_wake(&word, 1), 0, "then nobody waits");
}

TEST(mismatch, 5)
{
    word = 7;
    CHECK_STATUS(sys_futex_wait(&word, 8, DEADLINE_FOREVER), ERR_WOULD_BLOCK, "another value");
    CHECK_STATUS(sys_futex_wait(&word, 0, DEADLINE_FOREVER), ERR_WOULD_BLOCK, "zero");
    CHECK_STATUS(sys_futex_wait(&word, 6, DEADLINE_POLL), ERR_WOULD_BLOCK,
                 "the value is looked at before the deadline");
    CHECK_STATUS(sys_futex_wait(&word, 7, DEADLINE_POLL), ERR_TIMED_OUT, "the right one, without waiting");
    CHECK_STATUS(sys_futex_wait(&word, 7, 1), ERR_TIMED_OUT, "with a deadline long past");
}

TEST(alignment, 3 * 4)
{
    static uint32_t two[2];
    for (unsigned off = 1; off < 4; off++) {
        uint32_t *odd = (uint32_t *)((uint8_t *)two + off);
        CHECK_STATUS(sys_futex_wait(odd, 0, DEADLINE_POLL), ERR_INVALID_ARGUMENT, "waiting %u bytes off", off);
        CHECK_STATUS(sys_futex_wake(odd, 1), ERR_INVALID_ARGUMENT, "waking");
        CHECK_STATUS(sys_futex_requeue(odd, 0, 1, &word, 1), ERR_INVALID_ARGUMENT, "moving from there");
        CHECK_STATUS(sys_futex_requeue(&word, 0, 1, odd, 1), ERR_INVALID_ARGUMENT, "moving to there");
    }
}

TEST(addresses, 7 * 4 + 3)
{
    uint8_t *pages = map_pages(2, PROT_READ | PROT_WRITE);
    unmap_pages(pages + PAGE_SIZE, 1);
    uint32_t *const bad[] = {
        NULL, (uint32_t *)8, (uint32_t *)(pages + PAGE_SIZE), (uint32_t *)KERNEL_ADDRESS,
        (uint32_t *)DIRECT_MAP_ADDRESS, (uint32_t *)NON_CANONICAL_ADDRESS, (uint32_t *)(LAST_ADDRESS & ~3ull),
    };
    for (size_t i = 0; i < array_size(bad); i++) {
        CHECK_STATUS(sys_futex_wait(bad[i], 0, DEADLINE_POLL), ERR_INVALID_ADDRESS, "waiting at %p",
                     (void *)bad[i]);
        CHECK_STATUS(sys_futex_wake(bad[i], 1), ERR_INVALID_ADDRESS, "waking");
        CHECK_STATUS(sys_futex_requeue(bad[i], 0, 1, &word, 1), ERR_INVALID_ADDRESS, "moving from there");
        CHECK_STATUS(sys_futex_requeue(&word, 0, 1, bad[i], 1), ERR_INVALID_ADDRESS, "moving to there");
    }
    /* A page that nobody has touched is there all the same, and full of zeros. */
    uint32_t *fresh = (uint32_t *)map_pages(1, PROT_READ | PROT_WRITE);
    CHECK_STATUS(sys_futex_wait(fresh, 0, DEADLINE_POLL), ERR_TIMED_OUT, "a page not touched yet");
    CHECK_STATUS(sys_futex_wake(fresh + 1, 1), 0, "is as good as any");
    NEED(sys_vm_protect((uint64_t)fresh, PAGE_SIZE, PROT_READ));
    CHECK_STATUS(sys_futex_wait(fresh, 0, DEADLINE_POLL), ERR_TIMED_OUT, "so is one that can only be read");
}

TEST(counts, 12)
{
    for (unsigned i = 0; i < 5; i++)
        begin(&waits[i], &word, DEADLINE_FOREVER);
    CHECK_STATUS(sys_futex_wake(&word, 0), 0, "five wait, none is to be woken");
    settle();
    CHECK_EQ(how_many_returned(5), 0, "and none wakes");
    CHECK_STATUS(sys_futex_wake(&other, UINT32_MAX), 0, "at the word beside it nobody waits");
    CHECK_STATUS(sys_futex_wake(&word, 2), 2, "two are to be woken");
    settle();
    CHECK_EQ(how_many_returned(5), 2, "two wake");
    uint64_t begun = clock_now();
    CHECK_STATUS(sys_futex_wake(&word, UINT32_MAX), 3, "as many as there are: three");
    CHECK(clock_now() - begun < NS_PER_MS, "counted, not tried four thousand million times");
    for (unsigned i = 0; i < 5; i++)
        CHECK_STATUS(join_thread(waits[i].thread), OK, "waiter %u has woken", i);
}

TEST(order, WAITERS * 3)
{
    returns = 0;
    for (unsigned i = 0; i < WAITERS; i++)
        begin(&waits[i], &word, DEADLINE_FOREVER);
    for (unsigned i = 0; i < WAITERS; i++) {
        CHECK_STATUS(sys_futex_wake(&word, 1), 1, "one is woken");
        CHECK_STATUS(join_thread(waits[i].thread), OK, "waiter %u", i);
        CHECK_EQ(waits[i].place, i + 1, "who came first wakes first");
    }
}

/* Who has given up is on no list: the next thread, which mostly gets its stack, waits for another word in the same place. */
static void give_up_and_follow(void)
{
    static uint32_t far[1024];
    begin(&waits[0], &word, clock_now() + NS_PER_MS);
    CHECK_STATUS(join_thread(waits[0].thread), ERR_TIMED_OUT, "a thread gives up, and ends");
    begin(&waits[1], &far[700], DEADLINE_FOREVER);
    CHECK_STATUS(sys_futex_wake(&word, UINT32_MAX), 0, "nobody waits for that word any more");
    CHECK_STATUS(sys_futex_wake(&far[700], UINT32_MAX), 1, "but for another one");
    CHECK_STATUS(join_thread(waits[1].thread), OK, "and that one wakes");
}

TEST(timeouts, 16)
{
    give_up_and_follow();
    static const uint64_t after[] = { 100 * NS_PER_US, NS_PER_MS, 20 * NS_PER_MS };
    for (size_t i = 0; i < array_size(after); i++) {
        uint64_t deadline = clock_now() + after[i];
        CHECK_STATUS(sys_futex_wait(&word, word, deadline), ERR_TIMED_OUT, "a wait of %llu us",
                     (unsigned long long)after[i] / 1000);
        uint64_t late = clock_now() - deadline;
        CHECK(late < NS_PER_MS, "ends at its deadline");
    }
    begin(&waits[0], &word, clock_now() + NS_PER_MS);
    begin(&waits[1], &word, DEADLINE_FOREVER);
    CHECK_STATUS(join_thread(waits[0].thread), ERR_TIMED_OUT, "the first of two times out");
    CHECK(!returned(&waits[1]), "the second goes on waiting");
    CHECK_STATUS(sys_futex_wake(&word, 1), 1, "the wake-up is for the second");
    CHECK_STATUS(join_thread(waits[1].thread), OK, "and has not gone with the first");
    CHECK_STATUS(sys_futex_wake(&word, 1), 0, "nobody is left");
    CHECK_STATUS(sys_futex_requeue(&word, word, 9, &other, 9), 0, "nor to be moved");
}

/* Moving ------------------------------------------------------------------------------- */

TEST(requeue, 16)
{
    for (unsigned i = 0; i < 6; i++)
        begin(&waits[i], &word, DEADLINE_FOREVER);
    CHECK_STATUS(sys_futex_requeue(&word, word + 1, 1, &other, 9), ERR_WOULD_BLOCK,
                 "the word has another value");
    settle();
    CHECK_EQ(how_many_returned(6), 0, "so nobody is woken");
    CHECK_STATUS(sys_futex_wake(&other, 9), 0, "nor moved");
    CHECK_STATUS(sys_futex_requeue(&word, word, 1, &other, 3), 4, "one is woken, three are moved");
    CHECK_STATUS(join_thread(waits[0].thread), OK, "the longest waiter wakes");
    CHECK_EQ(how_many_returned(6), 1, "and no other");
    CHECK_STATUS(sys_futex_wake(&word, 9), 2, "two have stayed");
    CHECK_STATUS(join_thread(waits[4].thread), OK, "the last two:");
    CHECK_STATUS(join_thread(waits[5].thread), OK, "they came last");
    CHECK_STATUS(sys_futex_wake(&other, 1), 1, "at the new place they wait in their order");
    CHECK_STATUS(join_thread(waits[1].thread), OK, "the first of them wakes first");
    CHECK_STATUS(sys_futex_requeue(&other, other, 0, &other, 9), 2, "moved to where they are");
    CHECK_STATUS(sys_futex_wake(&other, 9), 2, "they are still there");
    CHECK_STATUS(join_thread(waits[2].thread), OK, "one");
    CHECK_STATUS(join_thread(waits[3].thread), OK, "two");
    CHECK_STATUS(sys_futex_wake(&other, 9), 0, "and nobody is left anywhere");
}

TEST(requeue_timeout, 8)
{
    /* Far apart, so that the two words' waiters are kept in different places. */
    static uint32_t far[4096];
    for (unsigned i = 1; i <= 2; i++) {
        uint32_t *to = &far[i * 1000];
        begin(&waits[0], &word, clock_now() + 3 * NS_PER_MS);
        begin(&waits[1], &word, DEADLINE_FOREVER);
        CHECK_STATUS(sys_futex_requeue(&word, word, 0, to, 9), 2, "two are moved, one of them with a deadline");
        CHECK_STATUS(join_thread(waits[0].thread), ERR_TIMED_OUT, "it passes at the new place");
        CHECK_STATUS(sys_futex_wake(to, 9), 1, "where the other one waits alone now");
        CHECK_STATUS(join_thread(waits[1].thread), OK, "and wakes");
    }
}

/* Keys --------------------------------------------------------------------------------- */

/* argv: the address; waits there in its own memory, then says so by its exit code. */
ROLE(same_address)
{
    return (int)sys_futex_wait(&word, 0, DEADLINE_FOREVER);
}

/* Maps the region at an address of its own and waits at its second word. */
ROLE(shared_waiter)
{
    NEED(sys_shm_map(start_handle(START_USER), 0x200000000, 0, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE));
    uint32_t *at = (uint32_t *)(0x200000000 + PAGE_SIZE + 4);
    return (int)sys_futex_wait(at, 5, DEADLINE_FOREVER);
}

TEST(private_keys, 4)
{
    handle_t process = start_role("same_address", NULL, NULL, 0);
    settle();
    CHECK_STATUS(sys_futex_wake(&word, 9), 0, "another process waits at the same address of its own");
    begin(&waits[0], &word, DEADLINE_FOREVER);
    CHECK_STATUS(sys_futex_wake(&word, 9), 1, "only this process's waiter is woken");
    CHECK_STATUS(join_thread(waits[0].thread), OK, "and wakes");
    NEED(sys_process_kill(process));
    CHECK_EQ(finish(process).reason, EXIT_KILLED, "the other one has waited on");
}

TEST(shared_keys, 12)
{
    handle_t shm = (handle_t)NEED(sys_shm_create(2 * PAGE_SIZE));
    uint32_t *first = (uint32_t *)NEED(sys_shm_map(shm, 0, 0, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE));
    uint32_t *second = (uint32_t *)NEED(sys_shm_map(shm, 0, PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_WRITE));
    begin(&waits[0], first + PAGE_SIZE / 4 + 3, DEADLINE_FOREVER);
    CHECK_STATUS(sys_futex_wake(first + 3, 9), 0, "another page of the region");
    CHECK_STATUS(sys_futex_wake(second + 2, 9), 0, "another word of the page");
    CHECK_STATUS(sys_futex_wake(second + 3, 9), 1, "the same word under another address");
    CHECK_STATUS(join_thread(waits[0].thread), OK, "wakes who waits under the first");

    uint32_t *cut = (uint32_t *)NEED(sys_shm_map(shm, 0, 0, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE));
    NEED(sys_shm_unmap((uint64_t)cut, PAGE_SIZE));
    begin(&waits[0], cut + PAGE_SIZE / 4 + 3, DEADLINE_FOREVER);
    CHECK_STATUS(sys_futex_wake(second + 3, 9), 1, "the same word in what is left of a mapping that was cut");
    CHECK_STATUS(join_thread(waits[0].thread), OK, "wakes too");

    second[1] = 5;
    handle_t handle = duplicate(shm, RIGHTS_SAME);
    handle_t process = start_role("shared_waiter", NULL, &handle, 1);
    settle();
    CHECK_STATUS(sys_futex_wake(&word, 9), 0, "private memory is not meant");
    CHECK_STATUS(sys_futex_wake(second + 1, 9), 1, "the same word in another process");
    CHECK_EQ(finish(process).code, OK, "which waits under an address of its own");
    handle_t stranger = (handle_t)NEED(sys_shm_create(2 * PAGE_SIZE));
    uint32_t *third = (uint32_t *)NEED(sys_shm_map(stranger, 0, 0, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE));
    begin(&waits[0], first, DEADLINE_FOREVER);
    CHECK_STATUS(sys_futex_wake(third, 9), 0, "the same offset in another region is another word");
    CHECK_STATUS(sys_futex_requeue(first, 0, 0, &word, 9), 1, "from shared memory to private");
    NEED(sys_futex_wake(&word, 9));
    CHECK_STATUS(join_thread(waits[0].thread), OK, "a waiter can be moved");
}

/* The page goes away under the waiter: it can still be ended, and nothing is mixed up afterwards. */
TEST(unmapped, 6)
{
    uint32_t *page = (uint32_t *)map_pages(1, PROT_READ | PROT_WRITE);
    begin(&waits[0], page, clock_now() + 2 * NS_PER_MS);
    CHECK_STATUS(sys_vm_unmap((uint64_t)page, PAGE_SIZE), OK, "a page at which a thread waits is unmapped");
    CHECK_STATUS(sys_futex_wake(page, 1), ERR_INVALID_ADDRESS, "there is no word there now");
    CHECK_STATUS(join_thread(waits[0].thread), ERR_TIMED_OUT, "the waiter gives up at its deadline");
    handle_t shm = (handle_t)NEED(sys_shm_create(PAGE_SIZE));
    uint32_t *at = (uint32_t *)NEED(sys_shm_map(shm, 0, 0, PAGE_SIZE, PROT_READ | PROT_WRITE));
    begin(&waits[0], at, DEADLINE_FOREVER);
    NEED(sys_shm_unmap((uint64_t)at, PAGE_SIZE));
    uint32_t *again = (uint32_t *)NEED(sys_shm_map(shm, 0x300000000, 0, PAGE_SIZE, PROT_READ | PROT_WRITE));
    CHECK(!returned(&waits[0]), "shared memory is unmapped under its waiter, and mapped elsewhere");
    CHECK_STATUS(sys_futex_wake(again, 9), 1, "it is the same word");
    CHECK_STATUS(join_thread(waits[0].thread), OK, "so the waiter wakes");
}

/* Death ---------------------------------------------------------------------------------- */

TEST(kill, 6)
{
    handle_t shm = (handle_t)NEED(sys_shm_create(2 * PAGE_SIZE));
    uint32_t *at = (uint32_t *)NEED(sys_shm_map(shm, 0, PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_WRITE));
    for (int moved = 0; moved < 2; moved++) {
        at[1] = 5;
        handle_t handle = duplicate(shm, RIGHTS_SAME);
        handle_t process = start_role("shared_waiter", NULL, &handle, 1);
        settle();
        begin(&waits[0], at + 1, DEADLINE_FOREVER);
        if (moved)
            CHECK_STATUS(sys_futex_requeue(at + 1, 5, 0, at + 700, 9), 2, "two waiters are moved");
        else
            CHECK(!returned(&waits[0]), "two wait at a word");
        NEED(sys_process_kill(process));
        finish(process);
        CHECK_STATUS(sys_futex_wake(moved ? at + 700 : at + 1, 9), 1, "one was killed: one is left");
        CHECK_STATUS(join_thread(waits[0].thread), OK, "which wakes");
    }
}

static void come_and_go(void *argument)
{
    (void)argument;
    for (int i = 0; i < 5; i++) {
        handle_t process = start_role("same_address", NULL, NULL, 0);
        settle();
        NEED(sys_process_kill(process));
        finish(process);
        struct wait *wait = &waits[0];
        begin(wait, &word, clock_now() + NS_PER_MS);
        join_thread(wait->thread);
        begin(wait, &word, DEADLINE_FOREVER);
        sys_futex_requeue(&word, word, 0, &other, 1);
        sys_futex_wake(&other, 1);
        join_thread(wait->thread);
    }
}

TEST(no_leak, 1)
{
    word = 0;
    CHECK_BALANCED(come_and_go, NULL, "waiting, moving, giving up and dying leave nothing behind");
}
