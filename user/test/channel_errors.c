/* SPDX-License-Identifier: MIT */
/*
 * channel_errors.c: lab 3, messages that are refused or cannot be delivered, and what runs out.
 *
 * All of it happens or none: after each error the handles are with the sender under their old
 * numbers, or the message is in its place in the queue.
 */
#include "user/test/channel.h"

#define QUOTA_MOST 400 /* channels: half a GiB of messages, more than any quota */

static uint8_t data[MESSAGE_MAX_SIZE];

static void expect_refused(handle_t end, const struct message_args *out, status_t expected,
                           const char *what)
{
    CHECK_STATUS(sys_channel_send(end, out, DEADLINE_FOREVER), expected, "sending %s", what);
}

TEST(refused, 11 + 5)
{
    struct pair pair = make_pair();
    handle_t port = make_port(1), good = make_sender(port), fixed = duplicate(port, PORT_RIGHT_SEND);
    handle_t twice[2] = { good, good }, stale[2] = { good, good + (1u << HANDLE_INDEX_BITS) };
    handle_t bound[2] = { good, fixed }, many[MESSAGE_MAX_HANDLES + 1] = { good }, got;
    uint64_t word;
    struct message_args out = outgoing(1, data, MESSAGE_MAX_SIZE + 1, &good, 1);
    expect_refused(pair.a, &out, ERR_TOO_BIG, "65537 bytes");
    out = outgoing(1, data, 8, many, MESSAGE_MAX_HANDLES + 1);
    expect_refused(pair.a, &out, ERR_TOO_BIG, "65 handles");
    out = outgoing(1, data, 8, &good, 1);
    out.header.reserved = 1;
    expect_refused(pair.a, &out, ERR_INVALID_ARGUMENT, "something in the reserved field");
    out = outgoing(1, data, 8, twice, 2);
    expect_refused(pair.a, &out, ERR_INVALID_ARGUMENT, "a handle twice");
    out = outgoing(1, data, 8, stale, 2);
    expect_refused(pair.a, &out, ERR_INVALID_HANDLE, "a stale handle after a good one");
    out = outgoing(1, data, 8, bound, 2);
    expect_refused(pair.a, &out, ERR_PERMISSION_DENIED, "a handle without TRANSFER after a good one");
    out = outgoing(1, (void *)KERNEL_ADDRESS, 8, &good, 1);
    expect_refused(pair.a, &out, ERR_INVALID_ADDRESS, "eight bytes of the kernel");
    out = outgoing(1, NULL, 200, &good, 1);
    expect_refused(pair.a, &out, ERR_INVALID_ADDRESS, "200 bytes from NULL");
    out = outgoing(1, data, 8, NULL, 1);
    expect_refused(pair.a, &out, ERR_INVALID_ADDRESS, "a list of handles at NULL");
    expect_refused(pair.a, (void *)KERNEL_ADDRESS, ERR_INVALID_ADDRESS, "arguments of the kernel's");
    expect_refused(pair.a, NULL, ERR_INVALID_ADDRESS, "arguments at NULL");

    CHECK(handle_alive(good), "the good handle has stayed through all of it");
    CHECK_STATUS(try_take(pair.b, &word, NULL), ERR_EMPTY, "nothing has arrived");
    CHECK_STATUS(send_cargo(pair.a, good), OK, "now it goes");
    CHECK_STATUS(try_take(pair.b, &word, &got), OK, "and arrives");
    CHECK_EQ(object_id(got), object_id(port), "and is to the same port");
}

static void expect_stays(handle_t end, struct message_args *in, status_t expected, const char *what)
{
    CHECK_STATUS(sys_channel_try_recv(end, in), expected, "try_recv with %s", what);
    if (expected == ERR_INVALID_ADDRESS)
        CHECK(header_untouched(in), "leaves the header alone");
    else
        CHECK(in->header.size == 100 && in->header.handle_count == 2 && in->header.msg_type == 5,
              "tells the true sizes");
    CHECK_STATUS(sys_channel_recv(end, in, DEADLINE_FOREVER), expected, "recv with %s", what);
}

/* A small message without handles, then one with two; neither may be lost, nor change places. */
TEST(stays_queued, 2 + 6 * 3 + 8)
{
    static handle_t filler[HANDLE_TABLE_MAX];
    static uint8_t in_data[128];
    struct pair pair = make_pair();
    handle_t port = make_port(1), sent[2] = { make_sender(port), make_sender(port) }, got[2];
    uint64_t state = test_seed(), word = 0;
    fill_random(data, 100, &state);
    NEED(post_now(pair.a, 76));
    struct message_args in = incoming(&word, 7, NULL, 0);
    CHECK_STATUS(sys_channel_try_recv(pair.b, &in), ERR_BUFFER_TOO_SMALL, "8 bytes into 7");
    in = incoming((void *)KERNEL_ADDRESS, 8, NULL, 0);
    CHECK_STATUS(sys_channel_try_recv(pair.b, &in), ERR_INVALID_ADDRESS, "8 bytes into the kernel");
    NEED(try_take(pair.b, &word, NULL));
    struct message_args out = outgoing(5, data, 100, sent, 2);
    NEED(sys_channel_send(pair.a, &out, DEADLINE_POLL));
    NEED(post_now(pair.a, 77));

    in = incoming(in_data, 99, got, 2);
    expect_stays(pair.b, &in, ERR_BUFFER_TOO_SMALL, "room for 99 bytes of 100");
    in = incoming(in_data, 100, got, 1);
    expect_stays(pair.b, &in, ERR_BUFFER_TOO_SMALL, "room for one handle of two");
    in = incoming(NULL, 100, got, 2);
    expect_stays(pair.b, &in, ERR_INVALID_ADDRESS, "data to NULL");
    in = incoming((void *)KERNEL_ADDRESS, 100, got, 2);
    expect_stays(pair.b, &in, ERR_INVALID_ADDRESS, "data to a kernel address");
    in = incoming(in_data, 100, NULL, 2);
    expect_stays(pair.b, &in, ERR_INVALID_ADDRESS, "handles to NULL");
    size_t count = fill_table(start_handle(START_STDOUT), filler);
    in = incoming(in_data, 100, got, 2);
    expect_stays(pair.b, &in, ERR_NO_SLOTS, "a full handle table");
    close_all(filler + count - 2, 2);
    CHECK_EQ(word, 76, "the small message has arrived whole");
    CHECK_STATUS(sys_channel_try_recv(pair.b, &in), OK, "two handles with two slots free");
    CHECK_EQ(in.header.size, 100, "the message has waited");
    CHECK_MEM(in_data, data, 100, "with its contents");
    CHECK(handle_alive(got[0]) && handle_alive(got[1]), "and its handles");
    CHECK_EQ(object_id(got[1]), object_id(port), "which work");
    CHECK_STATUS(try_take(pair.b, &word, NULL), OK, "the next message comes after it");
    CHECK_EQ(word, 77, "and not before");
}

/* Limits --------------------------------------------------------------------------------- */

static handle_t model;

/* Sends `count` handles in one message. On failure they are closed again. */
static status_t send_many(handle_t end, uint32_t count)
{
    handle_t handles[MESSAGE_MAX_HANDLES];
    for (uint32_t i = 0; i < count; i++)
        handles[i] = duplicate(model, RIGHTS_SAME);
    struct message_args out = outgoing(1, NULL, 0, handles, count);
    status_t st = sys_channel_send(end, &out, DEADLINE_POLL);
    if (st != OK)
        close_all(handles, count); /* ends the case unless all have stayed */
    return st;
}

#define FULL (HANDLES_IN_FLIGHT_MAX / MESSAGE_MAX_HANDLES)

static void fill_in_flight(void *argument)
{
    (void)argument;
    handle_t target = make_port(4), got[MESSAGE_MAX_HANDLES];
    struct pair pair = make_pair(), other = make_pair();
    model = make_sender(target);
    unsigned sent = 0;
    while (sent < FULL && send_many(sent & 1 ? pair.a : pair.b, MESSAGE_MAX_HANDLES) == OK)
        sent++;
    CHECK_EQ(sent, FULL, "%d handles may be under way, in both directions", HANDLES_IN_FLIGHT_MAX);
    CHECK_STATUS(send_many(other.a, 1), ERR_NO_SLOTS, "and not one more");
    CHECK_STATUS(send_cargo(other.a, other.b), ERR_NO_SLOTS, "no end either");
    CHECK_STATUS(post_now(other.a, 1), OK, "messages without handles go as before");
    struct message_args in = incoming(NULL, 0, got, MESSAGE_MAX_HANDLES);
    CHECK_STATUS(sys_channel_try_recv(pair.b, &in), OK, "64 of them are received");
    close_all(got, MESSAGE_MAX_HANDLES);
    CHECK_STATUS(send_many(other.a, MESSAGE_MAX_HANDLES), OK, "so 64 more may go");
    NEED(sys_handle_close(pair.a));
    CHECK_STATUS(send_many(other.a, MESSAGE_MAX_HANDLES), OK,
                 "closing an end gives back what was queued for it");
    NEED(sys_handle_close(pair.b));
    CHECK_STATUS(send_many(other.a, MESSAGE_MAX_HANDLES), OK, "and closing the other, for that");
    handle_t all[4] = { target, other.a, other.b, model };
    close_all(all, 4);
}

TEST(in_flight, 8 * 2 + 1)
{
    CHECK_BALANCED(fill_in_flight, NULL, "no handle stays under way for ever");
}

/* Queued messages are the sender's memory, channels their maker's: both end at the quota, and come back. */
static void fill_quota(void *argument)
{
    (void)argument;
    static struct pair pairs[QUOTA_MOST];
    handle_t ends[2], target = make_port(1), cargo = make_sender(target);
    unsigned count = 0, messages = 0;
    status_t st = OK;
    while (count < QUOTA_MOST && st == OK) {
        st = sys_channel_create(ends);
        if (st < 0)
            break;
        pairs[count++] = (struct pair){ ends[0], ends[1] };
        struct message_args out = outgoing(1, data, MESSAGE_MAX_SIZE, NULL, 0);
        while ((st = sys_channel_send(ends[0], &out, DEADLINE_POLL)) == OK)
            messages++;
        if (st == ERR_QUEUE_FULL)
            st = OK;
    }
    CHECK_STATUS(st, ERR_OUT_OF_MEMORY, "queueing messages of 64 KiB ends");
    CHECK(messages > CHANNEL_CAPACITY, "after a good many");
    struct message_args out = outgoing(1, data, MESSAGE_MAX_SIZE, &cargo, 1);
    CHECK_STATUS(sys_channel_send(ends[1], &out, DEADLINE_POLL), ERR_OUT_OF_MEMORY, "one more with a handle");
    CHECK(handle_alive(cargo), "keeps its handle");
    while ((st = sys_channel_create(ends)) == OK && count < QUOTA_MOST)
        pairs[count++] = (struct pair){ ends[0], ends[1] };
    CHECK_STATUS(st, ERR_OUT_OF_MEMORY, "making channels ends too");
    unsigned sent = 0;
    while (sent < CHANNEL_CAPACITY && post_now(pairs[count - 1].a, sent) == OK)
        sent++;
    CHECK(sent >= 1, "a small message still goes without memory, for the channel has kept it");
    for (unsigned i = 0; i < count; i++)
        close_pair(pairs[i]);
    NEED(sys_handle_close(cargo));
    NEED(sys_handle_close(target));
}

TEST(quota, 6 * 2 + 1)
{
    CHECK_BALANCED(fill_quota, NULL, "all memory comes back when the channels are closed");
}

/* Every path, good and bad, twenty times. */
static void all_paths(void *argument)
{
    (void)argument;
    for (int round = 0; round < 20; round++) {
        uint64_t word;
        struct pair pair = make_pair(), cargo = make_pair();
        handle_t twice[2] = { cargo.b, cargo.b }, got;
        struct message_args out = outgoing(1, data, 3000, &cargo.b, 1);
        struct message_args bad = outgoing(1, data, 3000, twice, 2);
        struct message_args small = incoming(data, 2999, &got, 1);
        struct message_args wrong = incoming((void *)KERNEL_ADDRESS, 3000, &got, 1);
        struct message_args in = incoming(data, 3000, &got, 1);
        sys_channel_send(pair.a, &bad, DEADLINE_POLL);
        bad = outgoing(1, (void *)KERNEL_ADDRESS, round & 1 ? 100 : 3000, &cargo.b, 1);
        sys_channel_send(pair.a, &bad, DEADLINE_POLL);
        NEED(sys_channel_send(pair.a, &out, DEADLINE_POLL));
        sys_channel_try_recv(pair.b, &small);
        sys_channel_try_recv(pair.b, &wrong);
        NEED(sys_channel_try_recv(pair.b, &in));
        sys_channel_try_recv(pair.b, &in);
        take(pair.b, &word, NULL, 1);
        send_cargo(cargo.a, got); /* a cycle */
        send_cargo(pair.a, pair.a); /* through itself: lands at its peer */
        NEED(try_take(pair.b, &word, &pair.a));
        ask(pair.a, 1, &word, DEADLINE_POLL);
        NEED(try_take(pair.b, &word, NULL));
        fill_queue(pair.a);
        post(pair.a, 1, got, DEADLINE_POLL);
        post(pair.a, 1, got, 1);
        NEED(send_cargo(pair.b, got));
        NEED(sys_handle_close(round & 1 ? pair.a : pair.b));
        post(round & 1 ? pair.b : pair.a, 1, cargo.a, DEADLINE_POLL);
        NEED(sys_handle_close(round & 1 ? pair.b : pair.a));
        NEED(sys_handle_close(cargo.a));
    }
}

TEST(no_leak, 1)
{
    CHECK_BALANCED(all_paths, NULL, "20 rounds of each success and each error leave nothing behind");
}
