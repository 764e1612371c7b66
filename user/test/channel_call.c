/* SPDX-License-Identifier: MIT */
/*
 * channel_call.c: lab 3, question and answer in one call.
 *
 * The call has two halves. What goes wrong in the first leaves everything with the caller; when the second
 * goes wrong the question has gone, and the answer, if there is one, stays queued.
 */
#include "user/test/channel.h"

#define ROUNDS      200
#define BUFFER_SIZE 4096

static uint8_t buffer[BUFFER_SIZE], question[BUFFER_SIZE];

/* Answers with what came, each byte one higher, and the handles, one call for answer and next question. */
static int64_t serve(void *argument)
{
    static uint8_t data[BUFFER_SIZE];
    handle_t handles[2], end = *(handle_t *)argument;
    struct message_args args = incoming(data, BUFFER_SIZE, handles, 2);
    status_t st = sys_channel_recv(end, &args, DEADLINE_FOREVER);
    while (st == OK) {
        for (uint32_t i = 0; i < args.header.size; i++)
            data[i]++;
        args.header.msg_type++;
        st = sys_channel_call(end, &args, &args, DEADLINE_FOREVER); /* in == out */
    }
    return st;
}

/* Sizes below and above what a queue keeps a message for; every third with one handle or two. */
TEST(round_trips, 7)
{
    struct pair pair = make_pair();
    handle_t cargo[2] = { make_port(1), make_sender(make_port(1)) };
    uint64_t ids[2] = { object_id(cargo[0]), object_id(cargo[1]) };
    uint64_t state = test_seed(), hash = TEST_HASH_START;
    struct thread *thread = start_thread(serve, &pair.b);
    unsigned round = 0, wrong = 0;
    status_t st = OK;
    for (; round < ROUNDS && st == OK && !wrong; round++) {
        uint32_t size = (uint32_t)(test_random(&state) % (round % 4 == 0 ? BUFFER_SIZE : 200)), count = round % 3;
        fill_random(question, size, &state);
        struct message_args out = outgoing(round, question, size, cargo, count);
        struct message_args in = incoming(buffer, BUFFER_SIZE, cargo, count);
        st = sys_channel_call(pair.a, &out, &in, DEADLINE_FOREVER);
        wrong = in.header.size != size || in.header.handle_count != count || in.header.msg_type != round + 1 ||
                in.header.reserved != 0;
        for (uint32_t i = 0; i < size; i++)
            wrong += buffer[i] != (uint8_t)(question[i] + 1);
        hash = test_hash(hash, buffer, size);
    }
    CHECK_STATUS(st, OK, "%u calls, answered by another thread's calls, round %u", ROUNDS, round);
    CHECK_EQ(wrong, 0, "size, type, handles and contents of the answer are right");
    REQUIRE(handle_alive(cargo[0]) && handle_alive(cargo[1]), "handles that have gone to and fro work");
    CHECK_EQ(object_id(cargo[0]), ids[0], "and are to the same port");
    CHECK_EQ(object_id(cargo[1]), ids[1], "each to its own");
    ANSWER("hash", "0x%016llx", (unsigned long long)hash);
    CHECK_STATUS(sys_handle_close(pair.a), OK, "the client closes");
    CHECK_STATUS(join_thread(thread), ERR_PEER_CLOSED, "so the server's call ends");
}

/* in == out: the answer takes the question's place. */
TEST(in_place, 5)
{
    struct pair pair = make_pair();
    handle_t cargo = make_port(1);
    uint64_t id = object_id(cargo), words[32] = { 41 };
    struct thread *thread = start_thread(serve, &pair.b);
    struct message_args args = outgoing(7, words, sizeof(words), &cargo, 1);
    args.data_capacity = sizeof(words);
    args.handle_capacity = 1;
    CHECK_STATUS(sys_channel_call(pair.a, &args, &args, DEADLINE_FOREVER), OK, "one struct for question and answer");
    CHECK_EQ(args.header.msg_type, 8, "the header is the answer's");
    CHECK_EQ(words[0], 41 + 0x0101010101010102 - 1, "the contents too");
    CHECK_EQ(object_id(cargo), id, "and the handle");
    NEED(sys_handle_close(pair.a));
    CHECK_STATUS(join_thread(thread), ERR_PEER_CLOSED, "the server ends");
}

static void expect_unsent(handle_t end, const struct message_args *out, struct message_args *in, status_t expected,
                          const char *what)
{
    CHECK_STATUS(sys_channel_call(end, out, in, DEADLINE_FOREVER), expected, "calling with %s", what);
}

TEST(unsent, 11 + 4)
{
    struct pair pair = make_pair(), gone = make_pair(), full = make_pair();
    handle_t cargo = make_sender(make_port(1)), twice[2] = { cargo, cargo };
    uint64_t word = 0;
    struct message_args in = incoming(&word, 8, NULL, 0), out = outgoing(1, &word, 8, &cargo, 1), bad;
    NEED(post_now(pair.b, 5)); /* an answer waits already: no error may take it */
    NEED(sys_handle_close(gone.b));
    fill_queue(full.a);
    expect_unsent(gone.a, &out, &in, ERR_PEER_CLOSED, "a peer that is closed");
    expect_unsent(full.a, &out, &in, ERR_QUEUE_FULL, "a full queue");
    expect_unsent(pair.a, (void *)KERNEL_ADDRESS, &in, ERR_INVALID_ADDRESS, "a question of the kernel's");
    expect_unsent(pair.a, &out, (void *)KERNEL_ADDRESS, ERR_INVALID_ADDRESS, "room for the answer in the kernel");
    expect_unsent(pair.a, &out, NULL, ERR_INVALID_ADDRESS, "no room for the answer");
    bad = outgoing(1, NULL, 8, &cargo, 1);
    expect_unsent(pair.a, &bad, &in, ERR_INVALID_ADDRESS, "contents at NULL");
    bad = outgoing(1, &word, MESSAGE_MAX_SIZE + 1, &cargo, 1);
    expect_unsent(pair.a, &bad, &in, ERR_TOO_BIG, "65537 bytes");
    bad = outgoing(1, &word, 8, twice, 2);
    expect_unsent(pair.a, &bad, &in, ERR_INVALID_ARGUMENT, "a handle twice");
    bad = outgoing(1, &word, 8, &pair.b, 1);
    expect_unsent(pair.a, &bad, &in, ERR_CYCLE, "the peer itself as cargo");
    expect_unsent(start_handle(START_STDOUT), &out, &in, ERR_WRONG_TYPE, "a console");
    bad = outgoing(1, &word, 8, &cargo, 1);
    bad.header.reserved = 1;
    expect_unsent(pair.a, &bad, &in, ERR_INVALID_ARGUMENT, "something in the reserved field");
    CHECK(handle_alive(cargo) && handle_alive(pair.b), "all handles have stayed");
    CHECK_STATUS(try_take(pair.b, &word, NULL), ERR_EMPTY, "no question has gone");
    CHECK_STATUS(try_take(pair.a, &word, NULL), OK, "no answer has been taken");
    CHECK_EQ(word, 5, "it is there");
}

/* The question goes each time, with its handle; the answer waits in its place. */
static void expect_sent(struct pair pair, struct message_args *in, uint64_t deadline, status_t expected,
                        const char *what)
{
    uint64_t word = 77;
    handle_t cargo = make_port(1), got = HANDLE_INVALID;
    struct message_args out = outgoing(1, &word, 8, &cargo, 1);
    CHECK_STATUS(sys_channel_call(pair.a, &out, in, deadline), expected, "calling with %s", what);
    word = 0;
    CHECK(!handle_alive(cargo) && try_take(pair.b, &word, &got) == OK && word == 77,
          "the question has gone, and its handle");
    NEED(sys_handle_close(got));
}

TEST(sent, 7 * 2 + 10)
{
    static handle_t filler[HANDLE_TABLE_MAX];
    struct pair pair = make_pair();
    uint64_t word = 0, sent[40] = { 11 };
    handle_t gift = make_sender(make_port(1)), got = HANDLE_INVALID;
    struct message_args in = incoming(sent, sizeof(sent), NULL, 0);
    expect_sent(pair, &in, DEADLINE_POLL, ERR_TIMED_OUT, "no answer and no time");
    expect_sent(pair, &in, clock_now() + NS_PER_MS, ERR_TIMED_OUT, "no answer in time");
    CHECK(header_untouched(&in), "the room for the answer is left alone");
    NEED(post_now(pair.b, 5));
    CHECK_STATUS(try_take(pair.a, &word, NULL), OK, "an answer that comes too late comes by recv");

    struct message_args gift_out = outgoing(6, sent, sizeof(sent), &gift, 1);
    NEED(sys_channel_send(pair.b, &gift_out, DEADLINE_POLL)); /* the answer that waits from now on */
    NEED(post_now(pair.b, 12));
    in = incoming(sent, sizeof(sent) - 1, &got, 1);
    expect_sent(pair, &in, DEADLINE_FOREVER, ERR_BUFFER_TOO_SMALL, "too little room for the answer");
    CHECK(in.header.size == sizeof(sent) && in.header.handle_count == 1 && in.header.msg_type == 6,
          "the true sizes are told");
    in = incoming(sent, sizeof(sent), NULL, 0);
    expect_sent(pair, &in, DEADLINE_FOREVER, ERR_BUFFER_TOO_SMALL, "no room for its handle");
    in = incoming((void *)KERNEL_ADDRESS, sizeof(sent), &got, 1);
    expect_sent(pair, &in, DEADLINE_FOREVER, ERR_INVALID_ADDRESS, "room in the kernel");
    in = incoming(sent, sizeof(sent), NULL, 1);
    expect_sent(pair, &in, DEADLINE_FOREVER, ERR_INVALID_ADDRESS, "room for its handle at NULL");
    struct message_args out = outgoing(1, sent, 8, NULL, 0);
    size_t count = fill_table(start_handle(START_STDOUT), filler);
    in = incoming(sent, sizeof(sent), &got, 1);
    CHECK_STATUS(sys_channel_call(pair.a, &out, &in, DEADLINE_FOREVER), ERR_NO_SLOTS, "calling with a full table");
    NEED(sys_handle_close(filler[count - 1]));
    CHECK_STATUS(try_take(pair.b, &word, NULL), OK, "the question has gone");

    in = incoming(sent, sizeof(sent), &got, 1);
    CHECK_STATUS(sys_channel_call(pair.a, &out, &in, DEADLINE_POLL), OK, "with room the answer is taken at once");
    CHECK(in.header.size == sizeof(sent) && sent[0] == 11, "it has waited");
    CHECK(handle_alive(got), "with its handle");
    CHECK_STATUS(try_take(pair.a, &word, NULL), OK, "the message behind it has stayed behind it");
    CHECK_EQ(word, 12, "whole");
    NEED(try_take(pair.b, &word, NULL));
    NEED(sys_handle_close(filler[0]));
    expect_sent(pair, &in, 1, ERR_TIMED_OUT, "a deadline long past");
}

/* What becomes of a call that waits when its end or its peer goes. */
TEST(ends, 3 * 3 + 4)
{
    for (int way = 0; way < 3; way++) {
        static const char *const what[] = { "the peer closes", "its end is closed", "its end moves away" };
        struct wait wait;
        uint64_t word = 0;
        struct pair pair = make_pair();
        begin(&wait, wait_ask, pair.a, 3, DEADLINE_FOREVER);
        CHECK(!returned(&wait), "a call waits for its answer");
        handle_t moved = HANDLE_INVALID;
        if (way == 2)
            moved = move_by_loopback(pair.a);
        else
            NEED(sys_handle_close(way == 0 ? pair.b : pair.a));
        CHECK_STATUS(join_thread(wait.thread), way == 0 ? ERR_PEER_CLOSED : ERR_CANCELED, "%s", what[way]);
        CHECK_STATUS(try_take(pair.b, &word, NULL), way == 0 ? ERR_INVALID_HANDLE : OK,
                     "the question had gone before");
        if (way == 2)
            NEED(sys_handle_close(moved));
    }
    /* A question that carries the end by which it is asked: nobody is left here to hear the answer. */
    struct pair pair = make_pair();
    uint64_t word = 0;
    handle_t got = HANDLE_INVALID;
    struct message_args out = outgoing(1, &word, 8, &pair.a, 1), in = incoming(&word, 8, NULL, 0);
    NEED(post_now(pair.b, 5));
    CHECK_STATUS(sys_channel_call(pair.a, &out, &in, DEADLINE_FOREVER), ERR_CANCELED,
                 "a call that gives its own end away");
    CHECK_STATUS(try_take(pair.b, &word, &got), OK, "it has gone");
    CHECK_STATUS(try_take(got, &word, NULL), OK, "with what was queued for it");
    CHECK_EQ(word, 5, "for its new holder");
}
