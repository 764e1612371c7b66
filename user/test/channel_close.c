/* SPDX-License-Identifier: MIT */
/*
 * channel_close.c: lab 3, how a channel ends.
 *
 * An end closes with its handle: by handle_close, with its process, with the queue in which it
 * travels. The peer is told at once when it sends (C3), and when it receives, as soon as it has taken
 * what was sent before.
 */
#include "user/test/channel.h"

#define DEPTH 200

static void expect_closed(handle_t end, const char *who)
{
    uint64_t word;
    CHECK_STATUS(post_now(end, 1), ERR_PEER_CLOSED, "%s: send", who);
    CHECK_STATUS(post(end, 1, HANDLE_INVALID, DEADLINE_FOREVER), ERR_PEER_CLOSED, "send with a deadline");
    CHECK_STATUS(try_take(end, &word, NULL), ERR_PEER_CLOSED, "try_recv");
    CHECK_STATUS(take(end, &word, NULL, DEADLINE_FOREVER), ERR_PEER_CLOSED, "recv");
    CHECK_STATUS(ask(end, 1, &word, DEADLINE_FOREVER), ERR_PEER_CLOSED, "call");
}

TEST(peer_closed, 2 * (5 + 6) + 5 + 7)
{
    for (int way = 0; way < 2; way++) {
        struct pair pair = make_pair();
        handle_t gone = way ? pair.b : pair.a, here = way ? pair.a : pair.b;
        unsigned wrong;
        fill_queue(gone);
        NEED(post_now(here, 1)); /* which nobody will ever receive */
        CHECK_STATUS(sys_handle_close(gone), OK, "end %d closes", way);
        CHECK_STATUS(post_now(here, 2), ERR_PEER_CLOSED, "its peer is told at once when it sends");
        CHECK_EQ(drain_queue(here, &wrong), CHANNEL_CAPACITY, "and still receives what was sent before");
        CHECK_EQ(wrong, 0, "in its order");
        expect_closed(here, "when that is taken");
        CHECK_STATUS(sys_handle_close(here), OK, "it can be closed");
        CHECK_STATUS(sys_handle_close(gone), ERR_INVALID_HANDLE, "the other has been");
    }
    /* What was sent before counts also if it is received by recv and call, and if the queue was full. */
    struct pair pair = make_pair();
    uint64_t word = 0;
    NEED(post_now(pair.a, 7));
    NEED(post_now(pair.a, 8));
    fill_queue(pair.b);
    NEED(sys_handle_close(pair.a));
    CHECK_STATUS(take(pair.b, &word, NULL, DEADLINE_FOREVER), OK, "recv takes the first message");
    CHECK_STATUS(ask(pair.b, 1, &word, DEADLINE_FOREVER), ERR_PEER_CLOSED, "call does not send");
    CHECK_EQ(word, 7, "and takes none");
    CHECK_STATUS(take(pair.b, &word, NULL, DEADLINE_FOREVER), OK, "recv takes the second");
    CHECK_EQ(word, 8, "last message");
    CHECK_STATUS(post_now(pair.b, 1), ERR_PEER_CLOSED, "closed comes before full");
    expect_closed(pair.b, "after that");
    CHECK_STATUS(sys_handle_close(pair.b), OK, "and it closes");
}

/* What is queued for an end goes with it, and what is refused stays. */
TEST(close_destroys, 12)
{
    struct pair pair = make_pair(), queued = make_pair(), kept = make_pair();
    handle_t got = HANDLE_INVALID;
    uint64_t word;
    NEED(send_cargo(pair.a, queued.a)); /* to b, which closes */
    NEED(send_cargo(pair.b, kept.a));   /* to a, which lives on */
    CHECK_STATUS(post_now(queued.b, 1), OK, "an end that is queued takes messages");
    CHECK_STATUS(sys_handle_close(pair.b), OK, "the end that it was sent to closes");
    CHECK_STATUS(post_now(queued.b, 1), ERR_PEER_CLOSED, "so it is closed");
    CHECK_STATUS(post_now(kept.b, 5), OK, "what the closed end has sent lives on");
    handle_t refused = queued.b;
    CHECK_STATUS(send_cargo(pair.a, refused), ERR_PEER_CLOSED, "a message with a handle to the closed end");
    CHECK(handle_alive(refused), "leaves the handle with the sender");
    CHECK_STATUS(post(pair.a, 1, refused, DEADLINE_FOREVER), ERR_PEER_CLOSED, "so with a deadline");
    CHECK(handle_alive(refused), "too");
    CHECK_STATUS(try_take(pair.a, &word, &got), OK, "what was sent before is received");
    CHECK_STATUS(try_take(got, &word, NULL), OK, "with an end that works");
    CHECK_EQ(word, 5, "and has what came meanwhile");
    CHECK_STATUS(post_now(kept.b, 6), OK, "and later");
}

/* Who waits when the peer closes. */
TEST(close_wakes, 2 + 6 + 4)
{
    struct wait waits[3];
    struct pair pair = make_pair(), other = make_pair();
    for (int i = 0; i < 2; i++)
        begin(&waits[i], i ? wait_ask : wait_take, pair.a, 0, DEADLINE_FOREVER);
    NEED(sys_handle_close(pair.b));
    CHECK_STATUS(join_thread(waits[0].thread), ERR_PEER_CLOSED, "a receiver wakes when the peer closes");
    CHECK_STATUS(join_thread(waits[1].thread), ERR_PEER_CLOSED, "and one that waits for an answer");

    pair = make_pair();
    fill_queue(pair.a);
    for (int i = 0; i < 3; i++) {
        waits[i] = (struct wait){ .end = pair.a, .deadline = DEADLINE_FOREVER,
                                  .handle = i < 2 ? make_sender(make_port(1)) : other.a };
        waits[i].thread = start_thread(wait_post, &waits[i]);
        settle();
    }
    NEED(sys_handle_close(pair.b));
    for (int i = 0; i < 3; i++) {
        CHECK_STATUS(join_thread(waits[i].thread), ERR_PEER_CLOSED, "sender %d that waits for room wakes", i);
        CHECK(handle_alive(waits[i].handle), "and keeps its handle");
    }
    uint64_t word = 0;
    CHECK_STATUS(post_now(other.b, 3), OK, "the end that did not get away takes messages");
    CHECK_STATUS(try_take(other.a, &word, NULL), OK, "and receives");
    CHECK_STATUS(post_now(other.a, 4), OK, "and sends");
    CHECK_STATUS(try_take(other.b, &word, NULL), OK, "and is received");
}

/* Who waits at an end that is closed under him. The slot is used again at once. */
TEST(own_end, 9)
{
    struct wait waits[3];
    uint64_t word = 0;
    struct pair pair = make_pair();
    handle_t cargo = make_sender(make_port(1));
    fill_queue(pair.a);
    waits[2] = (struct wait){ .end = pair.a, .word = 99, .handle = cargo, .deadline = DEADLINE_FOREVER };
    waits[2].thread = start_thread(wait_post, &waits[2]);
    begin(&waits[0], wait_take, pair.a, 0, DEADLINE_FOREVER);
    begin(&waits[1], wait_take, pair.a, 0, deadline_after(1000));
    NEED(sys_handle_close(pair.a));
    struct pair next = make_pair();
    NEED(post_now(next.a, 1));
    NEED(post_now(next.b, 1));
    CHECK_STATUS(join_thread(waits[0].thread), ERR_CANCELED, "a receiver whose end is closed under it");
    CHECK_STATUS(join_thread(waits[1].thread), ERR_CANCELED, "the same with a deadline");
    CHECK_STATUS(join_thread(waits[2].thread), ERR_CANCELED, "a sender that waited for room");
    CHECK(handle_alive(cargo), "keeps its handle");
    CHECK_STATUS(try_take(next.a, &word, NULL), OK, "they have taken nothing");
    CHECK_STATUS(try_take(next.b, &word, NULL), OK, "from the channel made since");
    unsigned wrong;
    CHECK_EQ(drain_queue(pair.b, &wrong), CHANNEL_CAPACITY, "the peer receives what was sent");
    CHECK_EQ(wrong, 0, "and nothing else");
    CHECK_STATUS(try_take(pair.b, &word, NULL), ERR_PEER_CLOSED, "then it is told");
}

/* Nesting --------------------------------------------------------------------------------- */

/* Each end is queued in the next channel, whose sending end is open or closed; returns the outermost. */
static handle_t nest(unsigned depth, handle_t *watch)
{
    struct pair inner = make_pair();
    *watch = inner.a;
    for (unsigned i = 1; i < depth; i++) {
        struct pair outer = make_pair();
        NEED(send_cargo(outer.a, inner.b));
        if (i & 1)
            NEED(sys_handle_close(outer.a));
        inner = outer;
    }
    return inner.b;
}

ROLE(nest)
{
    handle_t watch;
    nest(DEPTH, &watch);
    return 0;
}

/* In another process, so that its handles need not be closed one by one. */
ROLE(nest_and_close)
{
    handle_t watch, outer = nest(DEPTH, &watch);
    if (post_now(watch, 1) != OK)
        return 1;
    if (sys_handle_close(outer) != OK)
        return 2;
    return post_now(watch, 1) == ERR_PEER_CLOSED ? 0 : 3;
}

static void nest_and_destroy(void *role)
{
    CHECK_EQ(finish(start_role(role, NULL, NULL, 0)).code, 0, "%d channels, each in the next one: %s", DEPTH,
             (const char *)role);
}

TEST(nested, 3 * 2)
{
    CHECK_BALANCED(nest_and_destroy, "nest_and_close", "one close destroys all of them");
    CHECK_BALANCED(nest_and_destroy, "nest", "so does the end of their process");
}

/* Death ----------------------------------------------------------------------------------- */

ROLE(waits_for_message)
{
    uint64_t word;
    return (int)take(start_handle(START_USER), &word, NULL, DEADLINE_FOREVER);
}

ROLE(waits_for_room)
{
    handle_t end = start_handle(START_USER);
    while (post(end, 3, HANDLE_INVALID, DEADLINE_FOREVER) == OK) {
    }
    return 1;
}

ROLE(waits_for_answer)
{
    uint64_t word;
    return (int)ask(start_handle(START_USER), 3, &word, DEADLINE_FOREVER);
}

static void kill_while(void *role)
{
    struct pair pair = make_pair();
    struct wait wait;
    uint64_t word;
    handle_t process = start_role(role, NULL, &pair.b, 1);
    settle();
    begin(&wait, wait_take, pair.a, 0, DEADLINE_FOREVER);
    for (unsigned i = 0; i < CHANNEL_CAPACITY && try_take(pair.a, &word, NULL) == OK; i++) {
    }
    settle();
    NEED(sys_process_kill(process));
    CHECK_EQ(finish(process).reason, EXIT_KILLED, "a process that %s is killed", (const char *)role);
    status_t st = join_thread(wait.thread);
    CHECK(st == OK || st == ERR_PEER_CLOSED, "who waits at the other end wakes");
    while ((st = try_take(pair.a, &word, NULL)) == OK) {
    }
    CHECK_STATUS(st, ERR_PEER_CLOSED, "what it sent is received, and then it is told");
    CHECK_STATUS(post_now(pair.a, 1), ERR_PEER_CLOSED, "sending says so too");
    NEED(sys_handle_close(pair.a));
}

TEST(process_death, 3 * 9 + 4)
{
    CHECK_BALANCED(kill_while, "waits_for_message", "nothing is left behind");
    CHECK_BALANCED(kill_while, "waits_for_room", "nothing is left behind");
    CHECK_BALANCED(kill_while, "waits_for_answer", "nothing is left behind");

    /* A process dies whose end nobody receives from: who waits for room there wakes. */
    struct wait wait;
    struct pair pair = make_pair();
    fill_queue(pair.a);
    handle_t both[2] = { make_pair().a, pair.b }, process = start_role("waits_for_message", NULL, both, 2);
    begin(&wait, wait_post, pair.a, 1, DEADLINE_FOREVER);
    CHECK(!returned(&wait), "a sender waits for room at another process's end");
    NEED(sys_process_kill(process));
    CHECK_EQ(finish(process).reason, EXIT_KILLED, "which is killed");
    CHECK_STATUS(join_thread(wait.thread), ERR_PEER_CLOSED, "it wakes");
    CHECK_STATUS(post_now(pair.a, 1), ERR_PEER_CLOSED, "there is nobody");
}
