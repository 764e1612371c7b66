/* SPDX-License-Identifier: MIT */
/*
 * shm_race.c: lab 5, other CPUs: what one unmaps, none may reach any more by the time the frames are used again.
 *
 * Meant to be run on 2 and 4 CPUs, but for unmap_many. A CPU remembers translations, and goes on writing to where a page
 * was until it is told to forget; so each case lets threads write without a pause while another
 * unmaps, and then looks whether memory that was taken since has been written to.
 */
#include "user/test/pipe_support.h"

#define AT      0x200000000ull
#define PAGES   8
#define ROUNDS  60
#define WRITERS 3

static uint32_t stop, gone, attempts;

/*
 * Writes through its own mapping, by system calls, which survive when it goes: the pipe's bytes are copied to the page for as
 * long as it is there.
 */
static int64_t write_while_there(void *address)
{
    struct pipe pipe = make_pipe();
    static const uint8_t mark[64] = { POISON, POISON, POISON, POISON };
    int64_t writes = 0;
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
        NEED(sys_pipe_write(pipe.write, mark, sizeof mark, DEADLINE_POLL));
        status_t st = sys_pipe_read(pipe.read, address, sizeof mark, DEADLINE_POLL);
        if (st < 0) {
            if (st != ERR_INVALID_ADDRESS) {
                __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
                return -1;
            }
            uint8_t away[sizeof mark];
            NEED(sys_pipe_read(pipe.read, away, sizeof away, DEADLINE_POLL));
            __atomic_store_n(&gone, 1, __ATOMIC_RELEASE);
        } else {
            writes++;
        }
        __atomic_add_fetch(&attempts, 1, __ATOMIC_ACQ_REL);
    }
    close_pipe(&pipe);
    return writes;
}

/*
 * Waits until at least `count` attempts have been made that began after this: each writer may have been in the middle
 * of one before.
 */
static void wait_for_attempts(unsigned writers, unsigned count)
{
    uint32_t before = __atomic_load_n(&attempts, __ATOMIC_ACQUIRE);
    while (__atomic_load_n(&attempts, __ATOMIC_ACQUIRE) - before < writers + count && !__atomic_load_n(&stop, __ATOMIC_ACQUIRE))
        sys_thread_yield();
}

/* Takes frames, and looks whether anybody else writes to them. */
static int64_t take_frames(void *argument)
{
    int64_t wrong = 0;
    (void)argument;
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
        uint64_t *pages = (uint64_t *)map_pages(PAGES, PROT_READ | PROT_WRITE);
        for (int look = 0; look < 2; look++)
            for (size_t i = 0; i < PAGES * PAGE_SIZE / 8; i += 32)
                wrong += *(volatile uint64_t *)&pages[i] != 0;
        unmap_pages(pages, PAGES);
    }
    return wrong;
}

TEST(unmap_while_writing, 5)
{
    struct thread *threads[WRITERS], *taker = start_thread(take_frames, NULL);
    uint64_t wrong = 0, round = 0;
    for (uint64_t i = 0; i < WRITERS; i++)
        threads[i] = start_thread(write_while_there, (void *)(AT + i * PAGE_SIZE));
    for (; round < ROUNDS && wrong == 0; round++) {
        handle_t shm = (handle_t)NEED(sys_shm_create(PAGES * PAGE_SIZE));
        NEED(sys_shm_map(shm, AT, 0, PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE));
        NEED(sys_handle_close(shm));
        wait_for_attempts(WRITERS, 1);
        NEED(sys_shm_unmap(AT, PAGES * PAGE_SIZE)); /* the last reference: the frames are free */
        uint64_t *pages = (uint64_t *)map_pages(4 * PAGES, PROT_READ | PROT_WRITE);
        for (size_t i = 0; i < 4 * PAGES * PAGE_SIZE / 8; i++)
            wrong += pages[i] != 0;
        unmap_pages(pages, 4 * PAGES);
        wait_for_attempts(WRITERS, 1);
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
    int64_t writes = 0;
    for (int i = 0; i < WRITERS; i++)
        writes += join_thread(threads[i]);
    CHECK_EQ(wrong, 0, "nobody writes to frames that are somebody else's by now, round %llu",
             (unsigned long long)round);
    CHECK_EQ(join_thread(taker), 0, "nor to those that are taken while they are being unmapped");
    CHECK_EQ(round, ROUNDS, "all rounds are played");
    CHECK(writes > 0, "there was writing");
    CHECK(gone != 0, "and there was unmapping under it");
}

/* A program's own stores: the page is taken from under them, and the process ends by that, not later. */
static int64_t store_for_ever(void *unused)
{
    (void)unused;
    for (uint64_t i = 1; i != 0; i++)
        *(volatile uint64_t *)AT = i;
    return 0;
}

static uint64_t *map_page(handle_t shm, uint64_t address, uint32_t protection)
{
    return (uint64_t *)NEED(sys_shm_map(shm, address, 0, PAGE_SIZE, protection));
}

ROLE(storer)
{
    map_page(start_handle(START_USER), AT, PROT_READ | PROT_WRITE);
    volatile uint64_t *look = map_page(start_handle(START_USER), 0, PROT_READ);
    uint64_t *go = map_page(start_handle(START_USER + 1), 0, PROT_READ);
    start_thread(store_for_ever, NULL);
    while (__atomic_load_n(go, __ATOMIC_ACQUIRE) == 0)
        sys_thread_yield();
    NEED(sys_shm_unmap(AT, PAGE_SIZE));
    uint64_t last = *look;
    while (*look == last) /* the next store ends this process, or is seen */
        sys_thread_yield();
    return 1;
}

TEST(store_faults, 3 * 3)
{
    for (int round = 0; round < 3; round++) {
        handle_t shm = (handle_t)NEED(sys_shm_create(PAGE_SIZE)), told = (handle_t)NEED(sys_shm_create(PAGE_SIZE));
        volatile uint64_t *page = map_page(shm, 0, PROT_READ);
        volatile uint64_t *words = map_page(told, 0, PROT_READ | PROT_WRITE);
        handle_t handles[2] = { shm, told };
        handle_t process = start_role("storer", NULL, handles, 2);
        while (page[0] < 1000)
            sys_thread_yield();
        words[0] = 1;
        struct exit_info info = finish(process);
        CHECK_EQ(info.reason, EXIT_FAULT, "a thread stores to a page that another one unmaps: it faults");
        CHECK_EQ(info.code, 14, "by a page fault");
        uint64_t last = page[0];
        settle();
        CHECK_EQ(page[0], last, "and nothing is written any more");
        NEED(sys_shm_unmap((uint64_t)page, PAGE_SIZE));
        NEED(sys_shm_unmap((uint64_t)words, PAGE_SIZE));
    }
}

/*
 * Many pages at once, so that giving them up takes long: whoever takes a frame that is free already, while a thread can
 * still store to it, sees that. One CPU is enough: it is pre-empted between the two, and it remembers, for all threads
 * are of one process. So that process ends by the first store that faults.
 */
#define MANY  256
#define STORE 32 /* the pages that are stored to: few, so that the CPU remembers them all */
#define TURNS 8

struct outcome {
    uint32_t warm, taken, wrong;
};

static int64_t store_all_over(void *argument)
{
    struct outcome *outcome = argument;
    for (uint64_t i = 0;; i++) {
        *(volatile uint64_t *)(AT + i % STORE * PAGE_SIZE) = POISON;
        if (i == 2 * STORE)
            __atomic_store_n(&outcome->warm, 1, __ATOMIC_RELEASE);
    }
    return 0;
}

/* Touches one page more and looks at all of them, without end. It gives none back: that would make the CPU forget. */
static int64_t take_and_look(void *argument)
{
    struct outcome *outcome = argument;
    volatile uint64_t *pages = (uint64_t *)map_pages(MANY, PROT_READ | PROT_WRITE);
    while (outcome->wrong == 0) {
        if (outcome->taken < MANY)
            outcome->taken++;
        for (uint32_t i = 0; i < outcome->taken; i++)
            outcome->wrong += pages[i * PAGE_SIZE / 8] != 0;
    }
    return 0;
}

ROLE(giver)
{
    struct outcome *outcome = (struct outcome *)map_page(start_handle(START_USER + 1), 0, PROT_READ | PROT_WRITE);
    NEED(sys_shm_map(start_handle(START_USER), AT, 0, MANY * PAGE_SIZE, PROT_READ | PROT_WRITE));
    NEED(sys_handle_close(start_handle(START_USER)));
    start_thread(store_all_over, outcome);
    while (__atomic_load_n(&outcome->warm, __ATOMIC_ACQUIRE) == 0)
        sys_thread_yield();
    start_thread(take_and_look, outcome);
    NEED(sys_shm_unmap(AT, MANY * PAGE_SIZE)); /* the last reference */
    while (outcome->wrong == 0) /* the next store ends this process */
        sys_thread_yield();
    return 1;
}

TEST(unmap_many, TURNS * 2)
{
    for (int turn = 0; turn < TURNS; turn++) {
        handle_t shm = (handle_t)NEED(sys_shm_create(MANY * PAGE_SIZE));
        handle_t told = (handle_t)NEED(sys_shm_create(PAGE_SIZE));
        struct outcome *outcome = (struct outcome *)map_page(told, 0, PROT_READ);
        handle_t handles[2] = { shm, told };
        struct exit_info info = finish(start_role("giver", NULL, handles, 2));
        CHECK_EQ(info.reason, EXIT_FAULT, "a thread stores to pages that another one unmaps: it faults");
        CHECK_EQ(outcome->wrong, 0, "but never writes to one that a third has taken meanwhile");
        NEED(sys_shm_unmap((uint64_t)outcome, PAGE_SIZE));
    }
}

/* Every thread maps and unmaps at once: each asks the others to forget, and must answer while it asks. */
static handle_t common;

static int64_t come_and_go(void *argument)
{
    uint64_t address = AT + (uint64_t)argument * 0x10000000, wrong = 0;
    for (uint64_t i = 0; i < ROUNDS; i++) {
        if (sys_shm_map(common, address, 0, PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE) != (status_t)address)
            return -1;
        volatile uint64_t *word = (uint64_t *)(address + (uint64_t)argument * PAGE_SIZE);
        *word = i;
        wrong += *word != i;
        if (sys_shm_unmap(address, PAGES * PAGE_SIZE) != OK)
            return -2;
    }
    return (int64_t)wrong;
}

TEST(all_unmap, WRITERS + 3)
{
    struct thread *threads[WRITERS + 1];
    common = (handle_t)NEED(sys_shm_create(PAGES * PAGE_SIZE));
    for (uint64_t i = 0; i <= WRITERS; i++)
        threads[i] = start_thread(come_and_go, (void *)i);
    for (int i = 0; i <= WRITERS; i++)
        CHECK_EQ(join_thread(threads[i]), 0, "thread %d has mapped, written and unmapped", i);
    uint64_t *words = (uint64_t *)NEED(sys_shm_map(common, 0, 0, PAGES * PAGE_SIZE, PROT_READ));
    CHECK_EQ(words[0], ROUNDS - 1, "the last of the first one's numbers is there");
    CHECK_EQ(words[WRITERS * PAGE_SIZE / 8], ROUNDS - 1, "and of the last one's");
}

/* Protection is taken away under a writer: no write after that. */
TEST(protect_while_writing, 3)
{
    handle_t shm = (handle_t)NEED(sys_shm_create(PAGE_SIZE));
    uint8_t *look = (uint8_t *)NEED(sys_shm_map(shm, 0, 0, PAGE_SIZE, PROT_READ | PROT_WRITE));
    NEED(sys_shm_map(shm, AT, 0, PAGE_SIZE, PROT_READ | PROT_WRITE));
    struct thread *thread = start_thread(write_while_there, (void *)AT);
    uint64_t wrong = 0;
    for (int round = 0; round < ROUNDS; round++) {
        NEED(sys_vm_protect(AT, PAGE_SIZE, PROT_READ));
        memset(look, 0, 64);
        wait_for_attempts(1, 10);
        wrong += look[0] != 0;
        NEED(sys_vm_protect(AT, PAGE_SIZE, PROT_READ | PROT_WRITE));
        wait_for_attempts(1, 10);
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
    CHECK(join_thread(thread) > 0, "there was writing");
    CHECK_EQ(wrong, 0, "but not while it was forbidden");
    CHECK(gone != 0, "and it was forbidden sometimes");
}
