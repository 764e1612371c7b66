/* SPDX-License-Identifier: MIT */
/*
 * channel_move.c: lab 3, ends that go to another holder (C8): in a message, to a new process, to oneself.
 *
 * With the end goes all that is queued for it and all that will be. Whoever of the old holder still
 * waits at it is called off: ERR_CANCELED. A thread that has only looked the handle up is too late as well.
 */
#include "user/test/channel.h"

/* Who waits at an end, for a message, for an answer and for room, while it moves away. */
struct crowd {
    struct wait take, ask, post;
    handle_t cargo;
};

/* The queue of what `end` sends is full but for the question. */
static void gather(struct crowd *crowd, handle_t end)
{
    for (uint64_t i = 1; i < CHANNEL_CAPACITY; i++)
        NEED(post_now(end, i - 1));
    begin(&crowd->take, wait_take, end, 0, DEADLINE_FOREVER);
    begin(&crowd->ask, wait_ask, end, CHANNEL_CAPACITY - 1, DEADLINE_FOREVER);
    crowd->cargo = make_sender(make_port(1));
    crowd->post = (struct wait){ .end = end, .word = 99, .handle = crowd->cargo, .deadline = DEADLINE_FOREVER };
    crowd->post.thread = start_thread(wait_post, &crowd->post);
    settle();
    test_require(!returned(&crowd->take) && !returned(&crowd->ask) && !returned(&crowd->post));
}

static void expect_called_off(struct crowd *crowd, const char *how)
{
    CHECK_STATUS(join_thread(crowd->take.thread), ERR_CANCELED, "who waits for a message at an end that moves %s", how);
    CHECK_STATUS(join_thread(crowd->ask.thread), ERR_CANCELED, "who waits for an answer");
    CHECK_STATUS(join_thread(crowd->post.thread), ERR_CANCELED, "who waits for room");
    CHECK(handle_alive(crowd->cargo), "and keeps what he would have sent");
}

/* The new holder has it all, and what the old one sent has been sent. */
static void expect_whole(handle_t end, handle_t peer)
{
    uint64_t word = 0;
    unsigned wrong;
    CHECK_STATUS(post_now(peer, 71), OK, "the peer notices nothing");
    CHECK_STATUS(take(end, &word, NULL, DEADLINE_POLL), OK, "the new holder receives");
    CHECK_EQ(word, 71, "what comes");
    CHECK_EQ(drain_queue(peer, &wrong), CHANNEL_CAPACITY, "what the old one had sent has been sent");
    CHECK_EQ(wrong, 0, "and nothing else");
    CHECK_STATUS(post_now(end, 72), OK, "the new holder sends");
    CHECK_STATUS(take(peer, &word, NULL, DEADLINE_POLL), OK, "which arrives");
    CHECK_EQ(word, 72, "as sent");
}

#define WHOLE 8

TEST(by_channel, 2 * (1 + 4 + 2 + WHOLE))
{
    uint64_t word;
    for (int port = 0; port < 2; port++) {
        struct crowd crowd;
        struct pair pair = make_pair(), way = port ? (struct pair){ make_port(4), 0 } : make_pair();
        handle_t got = HANDLE_INVALID;
        gather(&crowd, pair.a);
        CHECK_STATUS(port ? send_word(way.a, 1, pair.a, DEADLINE_POLL) : send_cargo(way.a, pair.a), OK,
                     "an end is sent away under three threads");
        expect_called_off(&crowd, port ? "through a port" : "through a channel");
        CHECK_STATUS(post_now(pair.a, 1), ERR_INVALID_HANDLE, "its number is dead");
        CHECK_STATUS(port ? try_recv_word(way.a, &word, &got) : try_take(way.b, &word, &got), OK,
                     "it is received");
        expect_whole(got, pair.b);
    }
}

TEST(by_loopback, 4 + WHOLE)
{
    struct crowd crowd;
    struct pair pair = make_pair();
    gather(&crowd, pair.a);
    handle_t moved = move_by_loopback(pair.a);
    expect_called_off(&crowd, "to oneself");
    expect_whole(moved, pair.b);
}

/* Sends back each word + 1, until its peer closes. */
ROLE(echo)
{
    handle_t end = start_handle(START_USER);
    uint64_t word;
    status_t st = take(end, &word, NULL, DEADLINE_FOREVER);
    while (st == OK)
        st = ask(end, word + 1, &word, DEADLINE_FOREVER);
    return st == ERR_PEER_CLOSED ? 0 : 1;
}

TEST(by_spawn, 4 + 6)
{
    struct crowd crowd;
    uint64_t word = 0;
    unsigned wrong;
    struct pair pair = make_pair();
    gather(&crowd, pair.a);
    handle_t process = start_role("echo", NULL, &pair.a, 1);
    expect_called_off(&crowd, "to a new process");
    CHECK_EQ(drain_queue(pair.b, &wrong), CHANNEL_CAPACITY, "what the old holder had sent has been sent");
    CHECK_EQ(wrong, 0, "in order");
    CHECK_STATUS(ask(pair.b, 11, &word, DEADLINE_FOREVER), OK, "the process answers");
    CHECK_EQ(word, 12, "what the peer asks");
    CHECK_STATUS(sys_handle_close(pair.b), OK, "the peer closes");
    CHECK_EQ(finish(process).code, 0, "so the process ends");
}

/* What is queued travels with the end, through several hands. */
TEST(with_its_queue, 8)
{
    struct pair pair = make_pair(), way = make_pair(), far = make_pair();
    handle_t end = pair.a, port = make_port(1), sender = make_sender(port);
    uint64_t word = 0;
    NEED(post_now(pair.b, 0));
    NEED(post(pair.b, 1, sender, DEADLINE_POLL));
    NEED(send_cargo(way.a, end));
    NEED(post_now(pair.b, 2));
    CHECK_STATUS(try_take(way.b, &word, &end), OK, "an end is received");
    CHECK_STATUS(send_cargo(far.a, end), OK, "and sent on unread");
    NEED(post_now(pair.b, 3));
    CHECK_STATUS(try_take(far.b, &word, &end), OK, "and received again");
    for (uint64_t i = 0; i < 4; i++) {
        struct message_args in = incoming(&word, sizeof(word), &sender, 1);
        NEED(sys_channel_try_recv(end, &in));
        CHECK_EQ(word, i, "message %llu has waited in it", (unsigned long long)i);
    }
    CHECK_EQ(object_id(sender), object_id(port), "with its handle");
}

/* An end that stays after all: who waits at it for a message is not disturbed. */
TEST(stays, 9 + 5)
{
    struct wait wait;
    struct pair pair = make_pair(), full = make_pair(), gone = make_pair();
    handle_t closed = make_port(1), twice[2] = { pair.a, pair.a }, bad[2] = { pair.a, POISON32 };
    fill_queue(full.a);
    NEED(sys_handle_close(gone.b));
    NEED(sys_port_close(closed));
    begin(&wait, wait_take, pair.a, 0, DEADLINE_FOREVER);
    struct message_args out = outgoing(1, NULL, 0, twice, 2), in = incoming(NULL, 0, NULL, 0);
    CHECK_STATUS(sys_channel_send(full.b, &out, DEADLINE_POLL), ERR_INVALID_ARGUMENT, "an end twice");
    out = outgoing(1, NULL, 0, bad, 2);
    CHECK_STATUS(sys_channel_send(full.b, &out, DEADLINE_POLL), ERR_INVALID_HANDLE, "an end with a forged handle");
    out = outgoing(1, NULL, 0, &pair.a, 1);
    CHECK_STATUS(sys_channel_send(full.a, &out, DEADLINE_POLL), ERR_QUEUE_FULL, "into a full queue");
    CHECK_STATUS(sys_channel_send(gone.a, &out, DEADLINE_FOREVER), ERR_PEER_CLOSED, "to a closed peer");
    CHECK_STATUS(sys_port_send(closed, &out, DEADLINE_FOREVER), ERR_PORT_CLOSED, "to a closed port");
    CHECK_STATUS(sys_channel_send(pair.b, &out, DEADLINE_FOREVER), ERR_CYCLE, "into its own queue");
    CHECK_STATUS(sys_channel_call(full.a, &out, &in, DEADLINE_FOREVER), ERR_QUEUE_FULL, "by channel_call");
    CHECK_STATUS(sys_message_loopback(&out, &in), ERR_BUFFER_TOO_SMALL, "to oneself without room");
    CHECK_STATUS(sys_process_spawn("test/none", "x", 2, &pair.a, 1), ERR_NOT_FOUND, "to a program that is not");

    CHECK(!returned(&wait), "a receiver has waited at it all the time");
    CHECK_STATUS(post_now(pair.b, 5), OK, "a message comes");
    CHECK_STATUS(join_thread(wait.thread), OK, "it wakes");
    CHECK_EQ(wait.word, 5, "and has it");
    CHECK_STATUS(post_now(pair.a, 6), OK, "the end works as before");
}

/* A message with an end in it waits for room: the end is under way already. Then the wait fails, and it is back. */
TEST(stays_late, 6 + 4 + 7)
{
    struct wait wait, carrier;
    uint64_t word = 0;
    struct pair pair = make_pair(), full = make_pair();
    fill_queue(full.a);
    for (int closing = 0; closing < 2; closing++) {
        carrier = (struct wait){ .end = full.a, .handle = pair.a,
                                 .deadline = closing ? DEADLINE_FOREVER : clock_now() + 4 * NS_PER_MS };
        carrier.thread = start_thread(wait_post, &carrier);
        settle();
        CHECK_STATUS(post_now(pair.a, 1), ERR_INVALID_HANDLE, "an end in a message that waits for room is not here");
        if (closing)
            NEED(sys_handle_close(full.b));
        CHECK_STATUS(join_thread(carrier.thread), closing ? ERR_PEER_CLOSED : ERR_TIMED_OUT, "the message is not sent");
        begin(&wait, wait_take, pair.a, 0, DEADLINE_FOREVER);
        NEED(post_now(pair.b, 8));
        CHECK_STATUS(join_thread(wait.thread), OK, "the end is back and receives");
        CHECK_STATUS(post_now(pair.a, 9), OK, "and sends");
        NEED(try_take(pair.b, &word, NULL));
        CHECK_EQ(word, 9, "to its peer");
    }
    /* An end that is to go through itself waits for room like any other. */
    fill_queue(pair.a);
    carrier = (struct wait){ .end = pair.a, .handle = pair.a, .word = CHANNEL_CAPACITY, .deadline = DEADLINE_FOREVER };
    carrier.thread = start_thread(wait_post, &carrier);
    settle();
    CHECK(!returned(&carrier), "an end sent through itself waits for room");
    for (uint64_t i = 0; i < CHANNEL_CAPACITY; i++)
        NEED(try_take(pair.b, &word, NULL));
    CHECK_STATUS(join_thread(carrier.thread), OK, "and goes when there is some");
    handle_t got = HANDLE_INVALID;
    CHECK_STATUS(try_take(pair.b, &word, &got), OK, "to its peer");
    CHECK_EQ(word, CHANNEL_CAPACITY, "in its turn");
    CHECK_STATUS(post_now(got, 3), OK, "where it works");
    CHECK_STATUS(try_take(pair.b, &word, NULL), OK, "as ever");
    CHECK_EQ(word, 3, "both ways");
}
