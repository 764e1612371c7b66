/* SPDX-License-Identifier: MIT */
/* shm_process.c: lab 5, memory shared by processes, which come, go, and are killed. */
#include "user/test/support.h"
#include "user/lib/stdlib.h"

#define AT    0x200000000ull
#define PAGES 16

static uint64_t *map_region(handle_t shm, uint64_t address, uint32_t protection)
{
    return (uint64_t *)NEED(sys_shm_map(shm, address, 0, PAGES * PAGE_SIZE, protection));
}

static handle_t make_region(void)
{
    return (handle_t)NEED(sys_shm_create(PAGES * PAGE_SIZE));
}

/* Fills the region with numbers that follow from argv[0], and ends with it still mapped. */
ROLE(writer)
{
    uint64_t state = strtoul(argv[0], NULL, 10);
    uint64_t *words = map_region(start_handle(START_USER), AT + 0x100000, PROT_READ | PROT_WRITE);
    for (size_t i = 0; i < PAGES * PAGE_SIZE / 8; i++)
        words[i] = test_random(&state);
    return 0;
}

static handle_t start_with(const char *role, uint64_t number, handle_t handle)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    return start_role(role, text, &handle, 1);
}

TEST(two_processes, 4)
{
    handle_t shm = make_region();
    uint64_t *words = map_region(shm, AT, PROT_READ);
    uint64_t seed = test_seed() & 0xffffffff;
    handle_t process = start_with("writer", seed, duplicate(shm, RIGHTS_SAME));
    CHECK_EQ(finish(process).code, 0, "another process maps the region and fills it");
    uint64_t state = seed, wrong = 0;
    for (size_t i = 0; i < PAGES * PAGE_SIZE / 8; i++)
        wrong += words[i] != test_random(&state);
    CHECK_EQ(wrong, 0, "what it wrote is here, though it is gone");
    ANSWER("hash", "0x%016llx", (unsigned long long)test_hash(TEST_HASH_START, words, PAGES * PAGE_SIZE));
    CHECK_STATUS(sys_shm_unmap((uint64_t)words, PAGES * PAGE_SIZE), OK, "unmapped");
    CHECK_STATUS(sys_handle_close(shm), OK, "and closed");
}

/* Makes a region, fills it, sends it to the port it is given, and ends. */
ROLE(giver)
{
    uint64_t state = strtoul(argv[0], NULL, 10);
    handle_t shm = make_region();
    uint64_t *words = map_region(shm, 0, PROT_READ | PROT_WRITE);
    for (size_t i = 0; i < PAGES * PAGE_SIZE / 8; i++)
        words[i] = test_random(&state);
    NEED(send_word(start_handle(START_USER), 1, shm, DEADLINE_FOREVER));
    return 0;
}

/* Others would get the frames, if they were free. */
static void use_up_frames(void)
{
    uint8_t *pages = map_pages(500, PROT_READ | PROT_WRITE);
    memset(pages, POISON, 500 * PAGE_SIZE);
    unmap_pages(pages, 500);
}

TEST(outlives_maker, 4)
{
    handle_t port = make_port(1), got = HANDLE_INVALID;
    uint64_t word, seed = test_seed() & 0xffffffff;
    handle_t process = start_with("giver", seed, make_sender(port));
    CHECK_EQ(finish(process).code, 0, "a process makes a region, sends it away, and ends");
    use_up_frames();
    CHECK_STATUS(recv_word(port, &word, &got, DEADLINE_FOREVER), OK, "the region was under way all the time");
    uint64_t *words = map_region(got, 0, PROT_READ);
    NEED(sys_handle_close(got));
    use_up_frames();
    uint64_t state = seed, wrong = 0;
    for (size_t i = 0; i < PAGES * PAGE_SIZE / 8; i++)
        wrong += words[i] != test_random(&state);
    CHECK_EQ(wrong, 0, "what its maker wrote is there");
    CHECK_STATUS(sys_shm_unmap((uint64_t)words, PAGES * PAGE_SIZE), OK, "the last mapping ends it");
}

/* Writes for ever, until it is killed. */
ROLE(scribbler)
{
    volatile uint64_t *words = map_region(start_handle(START_USER), 0, PROT_READ | PROT_WRITE);
    NEED(sys_handle_close(start_handle(START_USER)));
    for (uint64_t i = 1; i != 0; i++)
        words[i % (PAGES * PAGE_SIZE / 8)] = i;
    return 0;
}

/* Killed in the middle of writing, over and over: its frames must not be somebody else's by then. */
static void scribble_and_kill(void *argument)
{
    (void)argument;
    for (int i = 0; i < 8; i++) {
        handle_t shm = make_region();
        handle_t process = start_with("scribbler", 0, shm);
        sys_thread_sleep(clock_now() + 300 * NS_PER_US);
        NEED(sys_process_kill(process));
        finish(process);
        uint8_t *pages = map_pages(2 * PAGES, PROT_READ | PROT_WRITE);
        for (size_t at = 0; at < 2 * PAGES * PAGE_SIZE; at += 8)
            if (*(uint64_t *)(pages + at) != 0)
                test_require(CHECK(false, "new private memory is full of zeros"));
        unmap_pages(pages, 2 * PAGES);
    }
}

TEST(killed, 1)
{
    CHECK_BALANCED(scribble_and_kill, NULL, "killing a process that writes to shared memory leaves nothing behind");
}

/* argv: what the child may not do; the fault ends it. */
ROLE(offender)
{
    handle_t shm = start_handle(START_USER);
    uint8_t *page = (uint8_t *)map_region(shm, AT, PROT_READ);
    if (strcmp(argv[0], "0") == 0) {
        *(volatile uint8_t *)page = 1; /* read-only */
    } else if (strcmp(argv[0], "1") == 0) {
        ((void (*)(void))page)(); /* not executable */
    } else {
        NEED(sys_shm_unmap(AT, PAGES * PAGE_SIZE));
        return *(volatile uint8_t *)page; /* not there */
    }
    return 0;
}

TEST(faults, 3 * 2 + 1)
{
    handle_t shm = make_region();
    static const char *const what[] = { "writes to what it may only read", "executes what is data",
                                        "reads what it has unmapped" };
    for (uint64_t i = 0; i < 3; i++) {
        struct exit_info info = finish(start_with("offender", i, duplicate(shm, RIGHTS_SAME)));
        CHECK_EQ(info.reason, EXIT_FAULT, "a program that %s is ended", what[i]);
        CHECK_EQ(info.code, 14, "by a page fault");
    }
    CHECK_EQ(*map_region(shm, 0, PROT_READ), 0, "and has written nothing");
}
