/* SPDX-License-Identifier: MIT */
/*
 * message_bad.c: lab 1, when things go wrong: bad pointers, memory that runs out, arguments
 * that change while they are read, threads that want the same handle.
 *
 * Whatever happens, all of an operation happens or none of it: after each error the
 * handle that should have travelled must still be here under its old number.
 */
#include "user/test/support.h"

#define SMALL    64
#define LARGE    4096
#define WORKERS  4
#define CHUNKS   64

static uint8_t out_data[MESSAGE_MAX_SIZE], in_data[MESSAGE_MAX_SIZE];

static handle_t traveller(void)
{
    return duplicate(start_handle(START_STDOUT), RIGHTS_SAME);
}

/*
 * A page that can be written, one that cannot (with `in` on it), and around them nothing: far
 * from where the kernel puts what may go anywhere.
 */
#define EDGE      0x0000300000000000ull
#define READ_ONLY (EDGE + 16 * PAGE_SIZE)
#define NOTHING   (EDGE + 32 * PAGE_SIZE)

static void map_edges(const struct message_args *in)
{
    NEED(sys_vm_map(EDGE, PAGE_SIZE, PROT_READ | PROT_WRITE));
    NEED(sys_vm_map(READ_ONLY, PAGE_SIZE, PROT_READ | PROT_WRITE));
    if (in != NULL)
        memcpy((void *)READ_ONLY, in, sizeof(*in));
    NEED(sys_vm_protect(READ_ONLY, PAGE_SIZE, PROT_READ));
}

/* From the first eight addresses 64 bytes cannot be read; to none can they be written. */
#define UNREADABLE 8
#define UNWRITABLE 9
static const struct {
    const char *what;
    uint64_t value;
} list[UNWRITABLE] = {
    { "NULL", 0 },
    { "an address in page 0", 64 },
    { "an unmapped address", NOTHING },
    { "one that runs into an unmapped page", EDGE + PAGE_SIZE - 1 },
    { "a kernel address", KERNEL_ADDRESS },
    { "an address in the kernel's map of memory", DIRECT_MAP_ADDRESS },
    { "a non-canonical address", NON_CANONICAL_ADDRESS },
    { "the last addresses of all", LAST_ADDRESS - 7 },
    { "a read-only page", READ_ONLY },
};

TEST(bad_args, UNREADABLE + UNWRITABLE + 2)
{
    handle_t handle = traveller(), got;
    struct message_args out = outgoing(1, out_data, 8, &handle, 1);
    struct message_args in = incoming(in_data, 8, &got, 1);
    map_edges(&in);
    for (int i = 0; i < UNREADABLE; i++)
        CHECK_STATUS(sys_message_loopback((void *)list[i].value, &in), ERR_INVALID_ADDRESS,
                     "outgoing arguments at %s", list[i].what);
    for (int i = 0; i < UNWRITABLE; i++)
        CHECK_STATUS(sys_message_loopback(&out, (void *)list[i].value), ERR_INVALID_ADDRESS,
                     "incoming arguments at %s", list[i].what);
    CHECK(handle_alive(handle), "the handle has stayed all the while");
    CHECK_STATUS(sys_message_loopback(&out, &in), OK, "and can be sent when all is well");
}

TEST(bad_source, UNREADABLE * 2 * 3 + 1)
{
    map_edges(NULL);
    handle_t handle = traveller(), got;
    for (int i = 0; i < UNREADABLE; i++) {
        struct message_args out = outgoing(1, (void *)list[i].value, 64, &handle, 1);
        struct message_args in = incoming(in_data, 64, &got, 1);
        CHECK_STATUS(sys_message_loopback(&out, &in), ERR_INVALID_ADDRESS, "data at %s",
                     list[i].what);
        CHECK(handle_alive(handle), "the handle stays");
        CHECK(header_untouched(&in), "nothing is delivered");

        out = outgoing(1, out_data, 64, (handle_t *)list[i].value, 16);
        in = incoming(in_data, 64, &got, 1);
        CHECK_STATUS(sys_message_loopback(&out, &in), ERR_INVALID_ADDRESS, "handles at %s",
                     list[i].what);
        CHECK(handle_alive(handle), "the handle stays");
        CHECK(header_untouched(&in), "nothing is delivered");
    }
    struct message_args out = outgoing(1, out_data, 64, &handle, 1);
    struct message_args in = incoming(in_data, 64, &got, 1);
    CHECK_STATUS(sys_message_loopback(&out, &in), OK, "the handle travels from a good address");
}

TEST(bad_target, UNWRITABLE * 2 * 3 + 2)
{
    map_edges(NULL);
    handle_t handles[16], got[16];
    for (int i = 0; i < 16; i++)
        handles[i] = traveller();
    struct message_args out = outgoing(1, out_data, 64, handles, 16);
    for (int i = 0; i < UNWRITABLE; i++) {
        for (int where = 0; where < 2; where++) {
            void *data = where == 0 ? (void *)list[i].value : in_data;
            handle_t *array = where == 1 ? (handle_t *)list[i].value : got;
            struct message_args in = incoming(data, 64, array, 16);
            CHECK_STATUS(sys_message_loopback(&out, &in), ERR_INVALID_ADDRESS,
                         "%s delivered to %s", where == 0 ? "data" : "handles", list[i].what);
            CHECK(handle_alive(handles[0]) && handle_alive(handles[15]), "the handles stay");
            CHECK(header_untouched(&in), "the header says nothing");
        }
    }
    struct message_args in = incoming(in_data, 64, got, 16);
    CHECK_STATUS(sys_message_loopback(&out, &in), OK, "they travel to a good address");
    CHECK(handle_alive(got[0]) && handle_alive(got[15]), "and arrive");
}

/* A header that another thread keeps changing. */
static struct message_args changing;
static uint32_t stop;

static int64_t change_size(void *argument)
{
    volatile uint32_t *size = &changing.header.size;
    (void)argument;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        *size = LARGE;
        *size = 0xffffffff;
        *size = SMALL;
    }
    return 0;
}

TEST(fetched_once, 5)
{
    uint64_t state = test_seed();
    fill_random(out_data, LARGE, &state);
    changing = outgoing(1, out_data, SMALL, NULL, 0);
    struct thread *thread = start_thread(change_size, NULL);
    unsigned strange = 0, wrong_size = 0, wrong_data = 0, sent = 0, round = 0;
    status_t st = OK;
    for (; round < 4000 && !strange && !wrong_size && !wrong_data; round++) {
        memset(in_data, POISON, LARGE + 1);
        struct message_args in = incoming(in_data, sizeof(in_data), NULL, 0);
        st = sys_message_loopback(&changing, &in);
        strange += st != OK && st != ERR_TOO_BIG;
        if (st != OK)
            continue;
        sent++;
        uint32_t size = in.header.size;
        wrong_size += size != SMALL && size != LARGE;
        wrong_data += !wrong_size && (memcmp(in_data, out_data, size) != 0 ||
                                      in_data[size] != POISON);
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    CHECK_EQ(join_thread(thread), 0, "the thread that changes the size ends");
    CHECK_STATUS(strange ? st : OK, OK, "each time one of the sizes that stood there is used");
    CHECK_EQ(wrong_size, 0, "in message %u the size delivered is one that was sent", round);
    CHECK_EQ(wrong_data, 0, "in message %u size and contents agree", round);
    CHECK(sent > 0, "some messages arrive");
}

/* Two threads send the same handle at the same moment: one of them has it to give. */
static handle_t contested;
static uint32_t turn, ready;

static status_t grab(handle_t *got)
{
    struct message_args out = outgoing(1, NULL, 0, &contested, 1);
    struct message_args in = incoming(NULL, 0, got, 1);
    return sys_message_loopback(&out, &in);
}

static int64_t other_thread(void *rounds)
{
    int64_t won = 0;
    for (uint32_t round = 1; round <= (uint64_t)rounds; round++) {
        while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != round)
            sys_thread_yield();
        handle_t got = HANDLE_INVALID;
        status_t st = grab(&got);
        if (st == OK)
            __atomic_store_n(&contested, got, __ATOMIC_RELAXED);
        won += st == OK;
        __atomic_store_n(&ready, st == OK ? 1 : st == ERR_INVALID_HANDLE ? 2 : 3, __ATOMIC_RELEASE);
    }
    return won;
}

TEST(moved_once, 4)
{
    const uint32_t rounds = 1000;
    contested = traveller();
    struct thread *thread = start_thread(other_thread, (void *)(uint64_t)rounds);
    uint32_t round = 1, both = 0, neither = 0, strange = 0;
    int64_t mine = 0;
    for (; round <= rounds; round++) {
        handle_t got = HANDLE_INVALID, old = contested;
        __atomic_store_n(&ready, 0, __ATOMIC_RELEASE);
        __atomic_store_n(&turn, round, __ATOMIC_RELEASE);
        if (round & 1)
            sys_thread_yield(); /* lets the other thread begin first, every second time */
        struct message_args out = outgoing(1, NULL, 0, &old, 1);
        struct message_args in = incoming(NULL, 0, &got, 1);
        status_t st = sys_message_loopback(&out, &in);
        uint32_t theirs;
        while ((theirs = __atomic_load_n(&ready, __ATOMIC_ACQUIRE)) == 0)
            sys_thread_yield();
        both += st == OK && theirs == 1;
        neither += st != OK && theirs != 1;
        strange += (st != OK && st != ERR_INVALID_HANDLE) || theirs == 3;
        mine += st == OK;
        if (st == OK)
            contested = got;
    }
    CHECK_EQ(both, 0, "no round in which both threads send the same handle");
    CHECK_EQ(neither, 0, "no round in which neither can");
    CHECK_EQ(strange, 0, "who is too late gets ERR_INVALID_HANDLE");
    CHECK_EQ(mine + join_thread(thread), rounds, "one winner a round");
}

/* Takes all memory that the quota allows, in ever smaller pieces; returns how many pieces. */
static int take_memory(uint64_t (*chunks)[2])
{
    int count = 0;
    for (uint64_t length = 1ull << 36; length >= PAGE_SIZE && count < CHUNKS;) {
        status_t st = sys_vm_map(0, length, PROT_READ | PROT_WRITE);
        if (st < 0) {
            length /= 2;
            continue;
        }
        chunks[count][0] = (uint64_t)st;
        chunks[count++][1] = length;
    }
    return count;
}

TEST(quota, 5)
{
    static uint64_t chunks[CHUNKS][2];
    handle_t handle = traveller(), got;
    fill_random(out_data, sizeof(out_data), &(uint64_t){ 1 });
    struct message_args out = outgoing(1, out_data, sizeof(out_data), &handle, 1);
    struct message_args in = incoming(in_data, sizeof(in_data), &got, 1);
    memset(in_data, 0, sizeof(in_data));

    int count = take_memory(chunks);
    CHECK_STATUS(sys_message_loopback(&out, &in), ERR_OUT_OF_MEMORY,
                 "a message of 65536 bytes with the process's quota used up");
    CHECK(handle_alive(handle), "its handle stays");
    CHECK(header_untouched(&in), "nothing is delivered");
    for (int i = 0; i < count; i++)
        NEED(sys_vm_unmap(chunks[i][0], chunks[i][1]));
    CHECK_STATUS(sys_message_loopback(&out, &in), OK, "the same when there is memory again");
    CHECK_MEM(in_data, out_data, sizeof(out_data), "arrives");
}

/* Every way out of the path, good and bad. */
static void all_paths(void *argument)
{
    (void)argument;
    handle_t handles[MESSAGE_MAX_HANDLES], got[MESSAGE_MAX_HANDLES];
    for (uint32_t i = 0; i < MESSAGE_MAX_HANDLES; i++)
        handles[i] = traveller();
    for (int round = 0; round < 20; round++) {
        struct message_args out = outgoing(1, out_data, 5000, handles, MESSAGE_MAX_HANDLES);
        struct message_args in = incoming(in_data, 4999, got, MESSAGE_MAX_HANDLES);
        sys_message_loopback(&out, &in); /* too small for the data */
        in = incoming(in_data, 5000, got, 63);
        sys_message_loopback(&out, &in); /* for the handles */
        in = incoming((void *)KERNEL_ADDRESS, 5000, got, 64);
        sys_message_loopback(&out, &in); /* data cannot be written */
        in = incoming(in_data, 5000, (handle_t *)KERNEL_ADDRESS, 64);
        sys_message_loopback(&out, &in); /* handles cannot be written */
        out.data = KERNEL_ADDRESS;
        in = incoming(in_data, 5000, got, 64);
        sys_message_loopback(&out, &in); /* data cannot be read */
        out = outgoing(1, out_data, 5000, handles, MESSAGE_MAX_HANDLES);
        handle_t spare = handles[63];
        handles[63] = handles[0];
        sys_message_loopback(&out, &in); /* one handle twice */
        handles[63] = HANDLE_INVALID;
        sys_message_loopback(&out, &in); /* a bad handle */
        handles[63] = spare;
        out.header.reserved = 1;
        sys_message_loopback(&out, &in); /* reserved */
        out.header.reserved = 0;
        NEED(sys_message_loopback(&out, &in)); /* and all well */
        memcpy(handles, got, sizeof(handles));
    }
    close_all(handles, MESSAGE_MAX_HANDLES);
}

TEST(no_leak, 1)
{
    CHECK_BALANCED(all_paths, NULL, "20 rounds of each success and each error leave nothing behind");
}

/* Several threads at once, each with messages and handles of its own. */
static int64_t worker(void *number)
{
    static uint8_t buffers[WORKERS][2][2048];
    uint64_t index = (uint64_t)number, state = test_seed() + index;
    uint8_t *out_at = buffers[index][0], *in_at = buffers[index][1];
    for (int round = 0; round < 200; round++) {
        uint32_t size = (uint32_t)(test_random(&state) % 2048);
        fill_random(out_at, size, &state);
        handle_t handle = traveller(), got;
        struct message_args out = outgoing((uint32_t)index, out_at, size, &handle, 1);
        struct message_args in = incoming(in_at, 2048, &got, 1);
        if (sys_message_loopback(&out, &in) != OK || in.header.size != size ||
            in.header.msg_type != index || memcmp(in_at, out_at, size) != 0 ||
            handle_alive(handle) || sys_handle_close(got) != OK)
            return round + 1;
    }
    return 0;
}

static void all_workers(void *argument)
{
    (void)argument;
    struct thread *threads[WORKERS];
    for (uint64_t i = 0; i < WORKERS; i++)
        threads[i] = start_thread(worker, (void *)i);
    for (int i = 0; i < WORKERS; i++)
        CHECK_EQ(join_thread(threads[i]), 0, "thread %d: the first wrong message, 0 if none", i);
}

TEST(threads, WORKERS * 2 + 1)
{
    CHECK_BALANCED(all_workers, NULL, "four threads with messages of their own leave nothing behind");
}
