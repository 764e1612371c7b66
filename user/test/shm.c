/* SPDX-License-Identifier: MIT */
/*
 * shm.c: lab 5, shared memory in one process: sizes, contents, places, rights, parts.
 *
 * Several processes are in shm_process.c, several CPUs in shm_race.c.
 */
#include "user/test/pipe_support.h"

#define AT 0x200000000ull

static handle_t make(uint64_t size)
{
    return (handle_t)NEED(sys_shm_create(size));
}

static uint8_t *map(handle_t shm, uint64_t offset, uint64_t pages, uint32_t protection)
{
    return (uint8_t *)NEED(sys_shm_map(shm, 0, offset, pages * PAGE_SIZE, protection));
}

static status_t map_at(handle_t shm, uint64_t address, uint64_t length)
{
    return sys_shm_map(shm, address, 0, length, PROT_READ | PROT_WRITE);
}

/* Whether an access works, found out by a call that would read or write there; nothing is ended by it. */
static bool readable(const void *at)
{
    struct pipe pipe = make_pipe();
    bool ok = sys_pipe_write(pipe.write, at, 1, DEADLINE_POLL) == 1;
    close_pipe(&pipe);
    return ok;
}

static bool writable(void *at)
{
    struct pipe pipe = make_pipe();
    NEED(sys_pipe_write(pipe.write, "x", 1, DEADLINE_POLL));
    bool ok = sys_pipe_read(pipe.read, at, 1, DEADLINE_POLL) == 1;
    close_pipe(&pipe);
    return ok;
}

TEST(create, 6 + 3 * 3)
{
    struct handle_info info;
    CHECK_STATUS(sys_shm_create(0), ERR_INVALID_ARGUMENT, "no bytes");
    CHECK_STATUS(sys_shm_create(UINT64_MAX), ERR_INVALID_ARGUMENT, "2^64 - 1 bytes, which cannot be rounded up");
    CHECK_STATUS(sys_shm_create(UINT64_MAX - 100), ERR_INVALID_ARGUMENT, "2^64 - 101 bytes");
    CHECK_STATUS(sys_shm_create(UINT64_MAX - PAGE_SIZE + 1), ERR_OUT_OF_MEMORY, "2^64 - 4096 bytes");
    CHECK_STATUS(sys_shm_create(1ull << 40), ERR_OUT_OF_MEMORY, "2^40 bytes");
    CHECK_STATUS(sys_shm_create(1ull << 32), ERR_OUT_OF_MEMORY, "2^32 bytes");
    static const uint64_t sizes[][2] = { { 1, PAGE_SIZE }, { PAGE_SIZE, PAGE_SIZE },
                                         { PAGE_SIZE + 1, 2 * PAGE_SIZE } };
    for (size_t i = 0; i < array_size(sizes); i++) {
        handle_t shm = make(sizes[i][0]);
        CHECK_STATUS(sys_shm_size(shm), (status_t)sizes[i][1], "%llu bytes are rounded up to pages",
                     (unsigned long long)sizes[i][0]);
        NEED(sys_handle_info(shm, &info));
        CHECK_EQ(info.type, OBJ_SHM, "it is shared memory");
        CHECK_EQ(info.rights,
                 RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE | RIGHT_MAP | RIGHT_DUPLICATE | RIGHT_TRANSFER,
                 "with every right that it can have");
    }
}

/* What lay in the frames before must not be seen: first they are filled, then given back, then taken again. */
#define SECRET_PAGES 600

TEST(zeroed, 3)
{
    uint8_t *secret = map_pages(SECRET_PAGES, PROT_READ | PROT_WRITE);
    memset(secret, POISON, SECRET_PAGES * PAGE_SIZE);
    unmap_pages(secret, SECRET_PAGES);
    handle_t shm = make(SECRET_PAGES * PAGE_SIZE);
    uint8_t *fresh = map(shm, 0, SECRET_PAGES, PROT_READ | PROT_WRITE);
    uint64_t wrong = 0;
    for (size_t i = 0; i < SECRET_PAGES * PAGE_SIZE; i += 8)
        wrong += *(uint64_t *)(fresh + i) != 0;
    CHECK_EQ(wrong, 0, "shared memory is full of zeros");
    memset(fresh, POISON, SECRET_PAGES * PAGE_SIZE);
    NEED(sys_shm_unmap((uint64_t)fresh, SECRET_PAGES * PAGE_SIZE));
    fresh = map(shm, 0, SECRET_PAGES, PROT_READ);
    CHECK_EQ(fresh[SECRET_PAGES * PAGE_SIZE - 1], POISON, "what is written stays while nobody maps it");
    NEED(sys_shm_unmap((uint64_t)fresh, SECRET_PAGES * PAGE_SIZE));
    NEED(sys_handle_close(shm));
    shm = make(SECRET_PAGES * PAGE_SIZE);
    fresh = map(shm, 0, SECRET_PAGES, PROT_READ);
    wrong = 0;
    for (size_t i = 0; i < SECRET_PAGES * PAGE_SIZE; i += 8)
        wrong += *(uint64_t *)(fresh + i) != 0;
    CHECK_EQ(wrong, 0, "and is gone when it is made anew");
}

TEST(same_memory, 8)
{
    handle_t shm = make(4 * PAGE_SIZE), other = make(4 * PAGE_SIZE);
    uint8_t *one = map(shm, 0, 4, PROT_READ | PROT_WRITE), *two = map(shm, 0, 4, PROT_READ | PROT_WRITE);
    uint8_t *part = map(shm, 2 * PAGE_SIZE, 1, PROT_READ), *stranger = map(other, 0, 4, PROT_READ);
    uint64_t state = test_seed();
    fill_random(one, 4 * PAGE_SIZE, &state);
    CHECK(one != two, "one region is mapped twice");
    CHECK_MEM(two, one, 4 * PAGE_SIZE, "both mappings show the same bytes");
    CHECK_MEM(part, one + 2 * PAGE_SIZE, PAGE_SIZE, "a mapping of a part shows that part");
    CHECK_EQ(stranger[0], 0, "another region has memory of its own");
    two[3 * PAGE_SIZE + 5] ^= 0xff;
    CHECK_EQ(one[3 * PAGE_SIZE + 5], two[3 * PAGE_SIZE + 5], "what is written through one is seen through the other");
    CHECK_STATUS(map_at(shm, AT, 4 * PAGE_SIZE), (status_t)AT, "a place can be chosen");
    CHECK_MEM((uint8_t *)AT, one, 4 * PAGE_SIZE, "and shows the same");
    ANSWER("hash", "0x%016llx", (unsigned long long)test_hash(TEST_HASH_START, two, 3 * PAGE_SIZE));
    CHECK_STATUS(sys_shm_unmap(AT, 4 * PAGE_SIZE), OK, "and can be given up");
}

TEST(places, 24)
{
    handle_t shm = make(4 * PAGE_SIZE);
    uint8_t *private = map_pages(1, PROT_READ | PROT_WRITE);
    struct {
        const char *what;
        uint64_t address, offset, length;
        uint32_t protection;
        status_t expected;
    } cases[] = {
        { "an address inside a page", AT + 8, 0, PAGE_SIZE, PROT_READ, ERR_INVALID_ARGUMENT },
        { "an offset inside a page", AT, 8, PAGE_SIZE, PROT_READ, ERR_INVALID_ARGUMENT },
        { "a length of part of a page", AT, 0, 8, PROT_READ, ERR_INVALID_ARGUMENT },
        { "no length", AT, 0, 0, PROT_READ, ERR_INVALID_ARGUMENT },
        { "one page too many", AT, 0, 5 * PAGE_SIZE, PROT_READ, ERR_INVALID_ARGUMENT },
        { "an offset behind the end", AT, 5 * PAGE_SIZE, PAGE_SIZE, PROT_READ, ERR_INVALID_ARGUMENT },
        { "nothing, at the end", AT, 4 * PAGE_SIZE, 0, PROT_READ, ERR_INVALID_ARGUMENT },
        { "a page, at the end", AT, 4 * PAGE_SIZE, PAGE_SIZE, PROT_READ, ERR_INVALID_ARGUMENT },
        { "offset and length that wrap", AT, 0 - (uint64_t)PAGE_SIZE, 2 * PAGE_SIZE, PROT_READ, ERR_INVALID_ARGUMENT },
        { "a length that wraps", AT, PAGE_SIZE, 0 - (uint64_t)PAGE_SIZE, PROT_READ, ERR_INVALID_ARGUMENT },
        { "no protection", AT, 0, PAGE_SIZE, 0, ERR_INVALID_ARGUMENT },
        { "an unknown protection", AT, 0, PAGE_SIZE, 8, ERR_INVALID_ARGUMENT },
        { "writing with executing", AT, 0, PAGE_SIZE, PROT_WRITE | PROT_EXECUTE, ERR_INVALID_ARGUMENT },
        { "an address just above the lower half", 0x0000800000000000, 0, PAGE_SIZE, PROT_READ, ERR_INVALID_ADDRESS },
        { "one a page above that", NON_CANONICAL_ADDRESS, 0, PAGE_SIZE, PROT_READ, ERR_INVALID_ADDRESS },
        { "the kernel's image", KERNEL_ADDRESS, 0, PAGE_SIZE, PROT_READ, ERR_INVALID_ADDRESS },
        { "the kernel's view of memory", DIRECT_MAP_ADDRESS, 0, PAGE_SIZE, PROT_READ, ERR_INVALID_ADDRESS },
        { "the last page of all", LAST_ADDRESS & ~4095ull, 0, PAGE_SIZE, PROT_READ, ERR_INVALID_ADDRESS },
        { "two pages where one is left", USER_END - PAGE_SIZE, 0, 2 * PAGE_SIZE, PROT_READ, ERR_INVALID_ADDRESS },
        { "over private memory", (uint64_t)private, 0, PAGE_SIZE, PROT_READ, ERR_ALREADY_MAPPED },
        { "over the program itself", USER_IMAGE_BASE, 0, PAGE_SIZE, PROT_READ, ERR_ALREADY_MAPPED },
    };
    for (size_t i = 0; i < array_size(cases); i++)
        CHECK_STATUS(sys_shm_map(shm, cases[i].address, cases[i].offset, cases[i].length,
                                 cases[i].protection), cases[i].expected, "%s", cases[i].what);
    NEED(map_at(shm, AT, 4 * PAGE_SIZE));
    CHECK_STATUS(map_at(shm, AT + 3 * PAGE_SIZE, 2 * PAGE_SIZE), ERR_ALREADY_MAPPED, "over shared memory");
    CHECK_STATUS(sys_vm_map(AT, PAGE_SIZE, PROT_READ), ERR_ALREADY_MAPPED, "private memory over it");
    CHECK_STATUS(map_at(shm, AT + 4 * PAGE_SIZE, 4 * PAGE_SIZE), (status_t)(AT + 4 * PAGE_SIZE),
                 "right behind it there is room");
}

TEST(rights, 20)
{
    handle_t shm = make(PAGE_SIZE), port = make_port(1);
    handle_t look = duplicate(shm, RIGHT_READ | RIGHT_MAP), write = duplicate(shm, RIGHT_WRITE | RIGHT_MAP);
    handle_t run = duplicate(shm, RIGHT_READ | RIGHT_EXECUTE | RIGHT_MAP), pass = duplicate(shm, RIGHT_READ | RIGHT_WRITE);
    CHECK_STATUS(sys_shm_map(look, AT, 0, PAGE_SIZE, PROT_READ), (status_t)AT, "READ lets look");
    CHECK_STATUS(sys_shm_map(look, 0, 0, PAGE_SIZE, PROT_READ | PROT_WRITE), ERR_PERMISSION_DENIED, "but not write");
    CHECK_STATUS(sys_shm_map(look, 0, 0, PAGE_SIZE, PROT_WRITE), ERR_PERMISSION_DENIED, "nor only write");
    CHECK_STATUS(sys_shm_map(look, 0, 0, PAGE_SIZE, PROT_EXECUTE), ERR_PERMISSION_DENIED, "nor execute");
    CHECK(readable((void *)AT), "such a mapping can be read");
    CHECK(!writable((void *)AT), "and not be written");
    CHECK_STATUS(sys_vm_protect(AT, PAGE_SIZE, PROT_READ | PROT_WRITE), ERR_PERMISSION_DENIED,
                 "nor be made writable afterwards");
    CHECK_STATUS(sys_vm_protect(AT, PAGE_SIZE, PROT_EXECUTE), ERR_PERMISSION_DENIED, "nor executable");
    CHECK(!writable((void *)AT), "and has stayed as it was");
    CHECK_STATUS(sys_shm_map(write, 0, 0, PAGE_SIZE, PROT_WRITE), ERR_PERMISSION_DENIED,
                 "what can be written can be read: WRITE alone is not enough");
    CHECK_STATUS(sys_shm_map(pass, 0, 0, PAGE_SIZE, PROT_READ), ERR_PERMISSION_DENIED, "without MAP nothing goes");
    CHECK_STATUS(sys_shm_size(pass), PAGE_SIZE, "but asking for the size");
    status_t both = sys_shm_map(run, 0, 0, PAGE_SIZE, PROT_READ | PROT_EXECUTE);
    CHECK(both > 0, "EXECUTE lets execute");
    CHECK_STATUS(sys_vm_protect((uint64_t)both, PAGE_SIZE, PROT_READ), OK, "less is always possible");
    CHECK_STATUS(sys_vm_protect((uint64_t)both, PAGE_SIZE, PROT_EXECUTE), OK, "and back to what the handle allows");
    status_t full = sys_shm_map(shm, 0, 0, PAGE_SIZE, PROT_READ);
    CHECK_STATUS(sys_vm_protect((uint64_t)full, PAGE_SIZE, PROT_READ | PROT_WRITE), OK,
                 "with a handle that allows it, writing can be allowed later");
    CHECK(writable((void *)full), "and works");
    CHECK_STATUS(sys_vm_protect((uint64_t)full, PAGE_SIZE, PROT_WRITE | PROT_EXECUTE), ERR_INVALID_ARGUMENT,
                 "but never together with executing");
    CHECK_STATUS(sys_shm_map(port, 0, 0, PAGE_SIZE, PROT_READ), ERR_WRONG_TYPE, "a port is no memory");
    NEED(sys_handle_close(look));
    CHECK_STATUS(sys_shm_map(look, 0, 0, PAGE_SIZE, PROT_READ), ERR_INVALID_HANDLE, "nor is a closed handle");
}

TEST(mapping_stays, 7)
{
    handle_t shm = make(3 * PAGE_SIZE);
    uint8_t *at = map(shm, 0, 3, PROT_READ | PROT_WRITE);
    uint64_t state = test_seed();
    fill_random(at, 3 * PAGE_SIZE, &state);
    CHECK_STATUS(sys_handle_close(shm), OK, "the last handle is closed");
    /* Others would get the frames now, if they were free. */
    uint8_t *pages = map_pages(200, PROT_READ | PROT_WRITE);
    memset(pages, POISON, 200 * PAGE_SIZE);
    CHECK_EQ(test_hash(TEST_HASH_START, at, 3 * PAGE_SIZE) != 0, true, "the mapping can still be read");
    ANSWER("hash", "0x%016llx", (unsigned long long)test_hash(TEST_HASH_START, at, 3 * PAGE_SIZE));
    at[PAGE_SIZE] = 1;
    CHECK_EQ(at[PAGE_SIZE], 1, "and written");
    handle_t again = make(PAGE_SIZE);
    uint8_t *second = map(again, 0, 1, PROT_READ | PROT_WRITE);
    CHECK_EQ(second[0], 0, "new shared memory is new");
    CHECK_STATUS(sys_shm_unmap((uint64_t)at, 3 * PAGE_SIZE), OK, "it ends when it is unmapped");
    CHECK(!readable(at), "and is gone then");
    CHECK(readable(second), "and no other");
}

/* Parts ------------------------------------------------------------------------------ */

/* Which of `count` pages from `at` on are there, as digits. */
static uint64_t there(const uint8_t *at, unsigned count)
{
    uint64_t pattern = 0;
    for (unsigned i = 0; i < count; i++)
        pattern = pattern * 10 + readable(at + i * PAGE_SIZE);
    return pattern;
}

TEST(parts, 21)
{
    handle_t shm = make(8 * PAGE_SIZE);
    uint8_t *all = map(shm, 0, 8, PROT_READ | PROT_WRITE);
    for (unsigned i = 0; i < 8; i++)
        all[i * PAGE_SIZE] = (uint8_t)('a' + i);
    NEED(map_at(shm, AT, 8 * PAGE_SIZE));
    uint8_t *at = (uint8_t *)AT;
    CHECK_STATUS(sys_shm_unmap(AT + 3 * PAGE_SIZE, 2 * PAGE_SIZE), OK, "the middle is unmapped");
    CHECK_EQ(there(at, 8), 11100111, "the rest stays");
    CHECK_EQ(at[2 * PAGE_SIZE], 'c', "with what was there");
    CHECK_EQ(at[5 * PAGE_SIZE], 'f', "on either side");
    CHECK_STATUS(sys_shm_unmap(AT, PAGE_SIZE), OK, "the first page");
    CHECK_STATUS(sys_shm_unmap(AT + 7 * PAGE_SIZE, PAGE_SIZE), OK, "the last");
    CHECK_EQ(there(at, 8), 1100110, "four are left");
    CHECK_STATUS(sys_shm_map(shm, AT + 3 * PAGE_SIZE, 7 * PAGE_SIZE, PAGE_SIZE, PROT_READ), AT + 3 * PAGE_SIZE,
                 "into the hole another part");
    CHECK_EQ(at[3 * PAGE_SIZE], 'h', "which shows what it is");
    CHECK_STATUS(sys_vm_protect(AT + PAGE_SIZE, 2 * PAGE_SIZE, PROT_READ), OK, "two of them become read-only");
    CHECK(!writable(at + PAGE_SIZE) && !writable(at + 2 * PAGE_SIZE) && writable(at + 5 * PAGE_SIZE),
          "and no other");
    CHECK_STATUS(sys_vm_protect(AT + 2 * PAGE_SIZE, 3 * PAGE_SIZE, PROT_READ), ERR_NOT_MAPPED,
                 "protecting over a hole changes nothing");
    CHECK_STATUS(sys_shm_unmap(AT, 8 * PAGE_SIZE), OK, "holes are fine");
    CHECK_EQ(there(at, 8), 0, "all is gone");
    CHECK_STATUS(sys_shm_unmap(AT, 8 * PAGE_SIZE), OK, "and again: nothing but a hole");
    CHECK_EQ(there(all, 8), 11111111, "the other mapping is not touched");
    CHECK_STATUS(sys_shm_unmap(AT + 1, PAGE_SIZE), ERR_INVALID_ARGUMENT, "inside a page");
    CHECK_STATUS(sys_shm_unmap(AT, 100), ERR_INVALID_ARGUMENT, "part of a page");
    CHECK_STATUS(sys_shm_unmap(AT, 0), ERR_INVALID_ARGUMENT, "no length");
    CHECK_STATUS(sys_shm_unmap(KERNEL_ADDRESS, PAGE_SIZE), ERR_INVALID_ADDRESS, "the kernel");
    CHECK_STATUS(sys_shm_unmap(AT, 0 - AT), ERR_INVALID_ADDRESS, "round the end of all addresses");
}

/* Unmapping shared memory leaves private memory alone, and says so; vm_unmap takes both. */
TEST(private_beside, 9)
{
    handle_t shm = make(2 * PAGE_SIZE);
    NEED(map_at(shm, AT, 2 * PAGE_SIZE));
    NEED(sys_vm_map(AT + 2 * PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_WRITE));
    uint8_t *at = (uint8_t *)AT;
    at[0] = 1;
    at[2 * PAGE_SIZE] = 2;
    CHECK_STATUS(sys_shm_unmap(AT, 3 * PAGE_SIZE), ERR_NOT_MAPPED, "a range with private memory in it");
    CHECK_STATUS(sys_shm_unmap(AT + 2 * PAGE_SIZE, PAGE_SIZE), ERR_NOT_MAPPED, "private memory alone");
    CHECK_EQ(there(at, 3), 111, "nothing has changed");
    CHECK_EQ(at[2 * PAGE_SIZE], 2, "nor the contents");
    CHECK_STATUS(sys_vm_unmap(AT + PAGE_SIZE, 2 * PAGE_SIZE), OK, "vm_unmap takes a part of each");
    CHECK_EQ(there(at, 3), 100, "the first page stays");
    uint8_t *again = map(shm, 0, 2, PROT_READ);
    CHECK_EQ(again[0], 1, "and the region with what it had");
    CHECK_STATUS(sys_shm_unmap(AT, PAGE_SIZE), OK, "the rest goes");
    CHECK_STATUS(sys_handle_close(shm), OK, "and the handle");
}

/* Large: page tables of their own for each 2 MiB. */
TEST(large, 5)
{
    uint64_t size = 10ull << 20;
    handle_t shm = make(size);
    uint64_t address = AT + (2ull << 20) - 3 * PAGE_SIZE;
    CHECK_STATUS(map_at(shm, address, size), (status_t)address, "10 MiB are mapped across six page tables");
    uint64_t state = test_seed(), wrong = 0;
    for (uint64_t at = 0; at < size; at += PAGE_SIZE)
        *(uint64_t *)(address + at) = test_random(&state);
    CHECK_STATUS(sys_shm_unmap(address, size), OK, "written to and unmapped");
    uint8_t *again = map(shm, 0, size / PAGE_SIZE, PROT_READ);
    state = test_seed();
    for (uint64_t at = 0; at < size; at += PAGE_SIZE)
        wrong += *(uint64_t *)(again + at) != test_random(&state);
    CHECK_EQ(wrong, 0, "every page is there under another address");
    CHECK_STATUS(sys_shm_unmap((uint64_t)again, size), OK, "unmapped");
    CHECK_STATUS(sys_handle_close(shm), OK, "and closed");
}

/* What is left ---------------------------------------------------------------------- */

static void all_paths(void *argument)
{
    (void)argument;
    for (int round = 0; round < 10; round++) {
        handle_t shm = make(6 * PAGE_SIZE), look = duplicate(shm, RIGHT_READ | RIGHT_MAP);
        NEED(map_at(shm, AT, 6 * PAGE_SIZE));
        map_at(shm, AT, PAGE_SIZE);
        sys_shm_map(look, 0, 0, PAGE_SIZE, PROT_WRITE);
        sys_shm_map(look, 0, PAGE_SIZE, 6 * PAGE_SIZE, PROT_READ);
        sys_shm_create(1ull << 40);
        *(volatile uint8_t *)AT = 1;
        NEED(sys_shm_unmap(AT + 2 * PAGE_SIZE, PAGE_SIZE));
        NEED(sys_shm_map(look, AT + 2 * PAGE_SIZE, 5 * PAGE_SIZE, PAGE_SIZE, PROT_READ));
        NEED(sys_vm_protect(AT, PAGE_SIZE, PROT_READ));
        NEED(sys_handle_close(shm));
        NEED(sys_shm_unmap(AT + 4 * PAGE_SIZE, PAGE_SIZE));
        NEED(round & 1 ? sys_shm_unmap(AT, 6 * PAGE_SIZE) : sys_vm_unmap(AT, 6 * PAGE_SIZE));
        NEED(sys_handle_close(look));
    }
}

TEST(no_leak, 1)
{
    CHECK_BALANCED(all_paths, NULL, "10 rounds of each success and each error leave nothing behind");
}

static void fill_quota(void *argument)
{
    static handle_t regions[HANDLE_TABLE_MAX];
    size_t count = 0;
    status_t st = OK;
    (void)argument;
    while (count < HANDLE_TABLE_MAX && (st = sys_shm_create(256 * PAGE_SIZE)) > 0)
        regions[count++] = (handle_t)st;
    CHECK_STATUS(st, ERR_OUT_OF_MEMORY, "shared memory is made until there is no more");
    CHECK(count > 10, "there was some");
    NEED(sys_handle_close(regions[--count])); /* for the page tables */
    uint8_t *last = map(regions[count - 1], 0, 256, PROT_READ | PROT_WRITE);
    memset(last, POISON, 256 * PAGE_SIZE);
    CHECK_EQ(last[256 * PAGE_SIZE - 1], POISON, "what could be made can be used");
    CHECK_STATUS(sys_shm_unmap((uint64_t)last, 256 * PAGE_SIZE), OK, "and given up");
    close_all(regions, count);
}

TEST(exhaustion, 4 * 2 + 1)
{
    CHECK_BALANCED(fill_quota, NULL, "all memory comes back");
}

static void no_slots(void *argument)
{
    static handle_t filler[HANDLE_TABLE_MAX];
    (void)argument;
    size_t count = fill_table(start_handle(START_STDOUT), filler);
    CHECK_STATUS(sys_shm_create(PAGE_SIZE), ERR_NO_SLOTS, "no slot is free for a handle");
    close_all(filler, count);
}

TEST(table_full, 2 + 1)
{
    CHECK_BALANCED(no_slots, NULL, "the frames come back");
}
