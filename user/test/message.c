/* SPDX-License-Identifier: MIT */
/*
 * message.c: lab 1, what a message carries: its header and its payload.
 *
 * Everything goes through message_loopback, which builds a message exactly as sending
 * does and delivers it exactly as receiving does. Handles are in message_handles.c,
 * bad pointers and races in message_bad.c.
 */
#include "user/lib/ipc.h"
#include "user/test/support.h"

/* A page more than the maximum, so that going too far is not a fault. */
static uint8_t out_data[MESSAGE_MAX_SIZE + PAGE_SIZE];
static uint8_t in_data[MESSAGE_MAX_SIZE + PAGE_SIZE];

/* The sizes at which a wrong rounding or a wrong comparison shows. */
static const uint32_t sizes[] = { 1, 63, 64, 65, 4095, 4096, 4097, 65535, 65536 };

TEST(empty, 5 * 5)
{
    uint64_t state = test_seed();
    uint32_t types[] = { 0, 1, 0x7fffffff, 0xffffffff, (uint32_t)test_random(&state) };
    struct message_args in;
    for (size_t i = 0; i < array_size(types); i++) {
        struct message_args out = outgoing(types[i], NULL, 0, NULL, 0);
        in = incoming(NULL, 0, NULL, 0);
        CHECK_STATUS(sys_message_loopback(&out, &in), OK, "an empty message of type %#x", types[i]);
        CHECK_EQ(in.header.size, 0, "its size is zero");
        CHECK_EQ(in.header.handle_count, 0, "it carries no handle");
        CHECK_EQ(in.header.msg_type, types[i], "its type is the sender's");
        CHECK_EQ(in.header.reserved, 0, "the reserved field comes out as zero");
    }
    ANSWER("type", "%u", in.header.msg_type);
}

TEST(round_trip, 9 * 4)
{
    uint64_t state = test_seed();
    for (size_t i = 0; i < array_size(sizes); i++) {
        uint32_t size = sizes[i];
        fill_random(out_data, size, &state);
        memset(in_data, POISON, sizeof(in_data));
        struct message_args out = outgoing(7, out_data, size, NULL, 0);
        struct message_args in = incoming(in_data, size, NULL, 0);
        CHECK_STATUS(sys_message_loopback(&out, &in), OK, "a message of %u bytes", size);
        CHECK_EQ(in.header.size, size, "its size is what was sent");
        CHECK_MEM(in_data, out_data, size, "all %u bytes arrive, the last one too", size);
        CHECK_EQ(in_data[size], POISON, "the byte after the message is left alone");

        char key[16];
        snprintf(key, sizeof(key), "hash_%u", size);
        ANSWER(key, "0x%016llx", (unsigned long long)test_hash(TEST_HASH_START, in_data, size));
    }
}

/* The two buffers belong to the caller: many messages through them must not mix. */
TEST(many, 2)
{
    uint64_t state = test_seed();
    uint64_t hash = TEST_HASH_START;
    status_t st = OK;
    unsigned round = 0;
    for (; round < 300 && st == OK; round++) {
        uint32_t size = (uint32_t)(test_random(&state) % 2048);
        fill_random(out_data, size, &state);
        struct message_args out = outgoing(round, out_data, size, NULL, 0);
        struct message_args in = incoming(in_data, sizeof(in_data), NULL, 0);
        st = sys_message_loopback(&out, &in);
        if (st == OK && (in.header.size != size || in.header.msg_type != round))
            break;
        hash = test_hash(hash, in_data, size);
    }
    CHECK_STATUS(st, OK, "every one of 300 messages");
    CHECK_EQ(round, 300, "each has the size and type it was sent with");
    ANSWER("hash", "0x%016llx", (unsigned long long)hash);
}

TEST(header, 4 * 2 + 3)
{
    static const uint32_t reserved[] = { 1, 0x100, 0x80000000, 0xffffffff };
    for (size_t i = 0; i < array_size(reserved); i++) {
        struct message_args out = outgoing(7, "x", 1, NULL, 0);
        out.header.reserved = reserved[i];
        struct message_args in = incoming(in_data, sizeof(in_data), NULL, 0);
        CHECK_STATUS(sys_message_loopback(&out, &in), ERR_INVALID_ARGUMENT,
                     "sending with reserved = %#x", reserved[i]);
        CHECK(header_untouched(&in), "a refused message leaves the receiver's header alone");
    }
    struct message_args out = outgoing(7, "x", 1, NULL, 0);
    struct message_args in = incoming(in_data, sizeof(in_data), NULL, 0);
    CHECK_STATUS(sys_message_loopback(&out, &in), OK, "a message with reserved = 0");
    struct message_header expected = { .size = 1, .handle_count = 0, .msg_type = 7 };
    CHECK_MEM(&in.header, &expected, sizeof(expected), "all 16 bytes of the header are written");
    CHECK(in.data == (uint64_t)in_data && in.data_capacity == sizeof(in_data),
          "the rest of the arguments is left alone");
}

TEST(in_place, 4)
{
    uint8_t expected[1000];
    uint64_t state = test_seed();
    fill_random(expected, sizeof(expected), &state);
    memcpy(out_data, expected, sizeof(expected));
    struct message_args args = outgoing(9, out_data, sizeof(expected), NULL, 0);
    args.data_capacity = sizeof(expected);
    CHECK_STATUS(sys_message_loopback(&args, &args), OK, "one argument for both directions");
    CHECK_EQ(args.header.size, sizeof(expected), "the size is kept");
    CHECK_EQ(args.header.msg_type, 9, "the type is kept");
    CHECK_MEM(out_data, expected, sizeof(expected), "so are the contents");
}

TEST(size_limit, 2 + 4 * 2 + 4 + 1)
{
    struct message_args out = outgoing(1, out_data, MESSAGE_MAX_SIZE, NULL, 0);
    struct message_args in = incoming(in_data, sizeof(in_data), NULL, 0);
    CHECK_STATUS(sys_message_loopback(&out, &in), OK, "the greatest message, 65536 bytes");
    CHECK_EQ(in.header.size, MESSAGE_MAX_SIZE, "arrives whole");

    static const uint32_t too_big[] = { MESSAGE_MAX_SIZE + 1, MESSAGE_MAX_SIZE + PAGE_SIZE,
                                        0x80000000, 0xffffffff };
    for (size_t i = 0; i < array_size(too_big); i++) {
        out = outgoing(1, out_data, too_big[i], NULL, 0);
        in = incoming(in_data, sizeof(in_data), NULL, 0);
        CHECK_STATUS(sys_message_loopback(&out, &in), ERR_TOO_BIG, "a message of %u bytes",
                     too_big[i]);
        CHECK(header_untouched(&in), "nothing is delivered");
    }

    /* A capacity is a promise of room, not a size: no product of it may wrap, no sum overflow. */
    out = outgoing(1, "12345678", 8, NULL, 0);
    static const uint32_t capacities[] = { 0xffffffff, 0x40000000, 0x40000001, 8 };
    static handle_t none[1]; /* far from the end of user space: 16 GiB of handles would fit there */
    for (size_t i = 0; i < array_size(capacities); i++) {
        in = incoming(in_data, capacities[i], none, capacities[i]);
        CHECK_STATUS(sys_message_loopback(&out, &in), OK, "8 bytes where %u fit", capacities[i]);
    }
    CHECK_STATUS(message_loopback(&in.header, 1, out_data, (1ull << 32) + 8, NULL, 0, in_data,
                                  sizeof(in_data), NULL, 0),
                 ERR_TOO_BIG, "2^32 + 8 bytes, through the library");
}

TEST(too_small, 3 * 6 + 2)
{
    static const uint32_t capacities[] = { 0, 1, 99 };
    uint64_t state = test_seed();
    fill_random(out_data, 100, &state);
    struct message_args out = outgoing(0x1234, out_data, 100, NULL, 0);
    for (size_t i = 0; i < array_size(capacities); i++) {
        memset(in_data, POISON, 128);
        struct message_args in = incoming(in_data, capacities[i], NULL, 0);
        CHECK_STATUS(sys_message_loopback(&out, &in), ERR_BUFFER_TOO_SMALL,
                     "100 bytes where %u fit", capacities[i]);
        CHECK_EQ(in.header.size, 100, "the header tells the true size");
        CHECK_EQ(in.header.handle_count, 0, "and the number of handles");
        CHECK_EQ(in.header.msg_type, 0x1234, "and the type");
        CHECK_EQ(in.header.reserved, 0, "and reserved is zero");
        CHECK(in_data[0] == POISON && in_data[99] == POISON, "no part of it is delivered");
    }
    struct message_args in = incoming(in_data, 100, NULL, 0);
    CHECK_STATUS(sys_message_loopback(&out, &in), OK, "100 bytes where exactly 100 fit");
    CHECK_MEM(in_data, out_data, 100, "arrive");
}

TEST(unaligned, 6)
{
    static uint8_t arena[PAGE_SIZE];
    uint64_t state = test_seed();
    handle_t handle = duplicate(start_handle(START_STDOUT), RIGHTS_SAME);
    uint64_t id = object_id(handle);
    uint8_t *out_at = arena + 1, *in_at = arena + 129;
    uint8_t *handle_at = arena + 257, *handle_in_at = arena + 273;
    uint8_t *data_at = arena + 301, *data_in_at = arena + 1001;

    fill_random(data_at, 333, &state);
    memcpy(handle_at, &handle, sizeof(handle));
    struct message_args out = outgoing(1, data_at, 333, (handle_t *)(void *)handle_at, 1);
    struct message_args in = incoming(data_in_at, 333, (handle_t *)(void *)handle_in_at, 1);
    memcpy(out_at, &out, sizeof(out));
    memcpy(in_at, &in, sizeof(in));
    CHECK_STATUS(sys_message_loopback((void *)out_at, (void *)in_at), OK,
                 "nothing at an aligned address");
    memcpy(&in, in_at, sizeof(in));
    memcpy(&handle, handle_in_at, sizeof(handle));
    CHECK_EQ(in.header.size, 333, "the size arrives");
    CHECK_EQ(in.header.handle_count, 1, "and the number of handles");
    CHECK_MEM(data_in_at, data_at, 333, "and the contents");
    REQUIRE(handle_alive(handle), "and a handle that works");
    CHECK_EQ(object_id(handle), id, "to the same object");
}
