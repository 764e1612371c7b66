/* SPDX-License-Identifier: MIT */
/*
 * channel_race_move.c: lab 3, ends that move, or deadlines that pass, while a thread is anywhere in a call (C8).
 *
 * To be run like channel_race.c. What the peer sends after an end has moved is for its new holder: a thread
 * that looked up the old handle before, and comes to the queue only now, must not get it.
 */
#include "user/test/orders.h"

#define ROUNDS 3000

static uint64_t word_taken;

/* To oneself, or through another channel and back. */
static struct pair way;

static handle_t move_away(handle_t end, bool through)
{
    uint64_t word;
    if (!through)
        return move_by_loopback(end);
    NEED(send_cargo(way.a, end));
    NEED(try_take(way.b, &word, &end));
    return end;
}

static bool too_late(status_t st)
{
    return st == ERR_CANCELED || st == ERR_INVALID_HANDLE;
}

static status_t take_one(handle_t end)
{
    return take(end, &word_taken, NULL, DEADLINE_FOREVER);
}

TEST(recv, 5)
{
    struct thread *thread = begin_orders(take_one);
    uint64_t state = test_seed(), word = 0;
    unsigned round = 0, stolen = 0, missing = 0, called_off = 0;
    way = make_pair();
    for (; round < ROUNDS && stolen + missing == 0; round++) {
        struct pair pair = make_pair();
        give_order(pair.a, &state);
        handle_t moved = move_away(pair.a, round & 1);
        NEED(post_now(pair.b, round)); /* after the move: the new holder's */
        status_t st = get_report();
        stolen += !too_late(st);
        called_off += st == ERR_CANCELED;
        missing += try_take(moved, &word, NULL) != OK || word != round;
        close_pair((struct pair){ moved, pair.b });
    }
    CHECK_EQ(stolen, 0, "no thread of the old holder gets a message sent after the move, round %u", round);
    CHECK_EQ(missing, 0, "the new holder has it");
    CHECK_EQ(round, ROUNDS, "all rounds are played");
    CHECK(often(called_off, ROUNDS / 20), "often the old thread was in the call: %u times", called_off);
    end_orders(thread);
}

static status_t send_one(handle_t end)
{
    return post(end, 99, HANDLE_INVALID, DEADLINE_FOREVER);
}

/* Now for room, now with room: what the old thread sends goes before the move or not at all. */
TEST(send, 5)
{
    struct thread *thread = begin_orders(send_one);
    uint64_t state = test_seed(), word = 0;
    unsigned round = 0, wrong = 0, late = 0, called_off = 0;
    way = make_pair();
    for (; round < ROUNDS && wrong + late == 0; round++) {
        struct pair pair = make_pair();
        unsigned queued = round % 3 == 0 ? 0 : CHANNEL_CAPACITY, before = 0, arrived = 0;
        for (unsigned i = 0; i < queued; i++)
            NEED(post_now(pair.a, i));
        give_order(pair.a, &state);
        handle_t moved = move_away(pair.a, round & 1);
        while (try_take(pair.b, &word, NULL) == OK)
            before += word == 99;
        status_t st = get_report();
        while (try_take(pair.b, &word, NULL) == OK)
            arrived++;
        late += arrived;
        /* A full queue has room only after the move. */
        wrong += st == OK ? before != 1 || queued != 0 : !too_late(st) || before != 0;
        called_off += st == ERR_CANCELED;
        close_pair((struct pair){ moved, pair.b });
    }
    CHECK_EQ(late, 0, "no thread of the old holder sends after the move, round %u", round);
    CHECK_EQ(wrong, 0, "what it was told is true");
    CHECK_EQ(round, ROUNDS, "all rounds are played");
    CHECK(often(called_off, ROUNDS / 20), "often the old thread was in the call: %u times", called_off);
    end_orders(thread);
}

/* Deadlines -------------------------------------------------------------------------------- */

#define DEADLINE_ROUNDS 250

/* A message comes at the moment when who waits for it gives up: he has it, or it is still there. */
TEST(deadline, 4)
{
    uint64_t state = test_seed(), word = 0;
    unsigned round = 0, wrong = 0, in_time = 0, too_late_count = 0;
    for (; round < DEADLINE_ROUNDS && wrong == 0; round++) {
        struct pair pair = make_pair();
        uint64_t now = clock_now(), deadline = now + 300 * NS_PER_US;
        struct wait wait = { .end = pair.a, .deadline = deadline };
        struct thread *thread = start_thread(round & 1 ? wait_ask : wait_take, &wait);
        sys_thread_sleep(now + 100 * NS_PER_US);
        uint64_t moment = deadline - 8000 + test_random(&state) % 12000;
        while (clock_now() < moment) {
        }
        status_t sent = post_now(pair.b, 7);
        while (clock_now() < deadline + 20000) {
        }
        status_t st = (status_t)join_thread(thread), rest = try_take(pair.a, &word, NULL);
        in_time += st == OK;
        too_late_count += st == ERR_TIMED_OUT;
        wrong += sent != OK || (st == OK ? wait.word != 7 || rest != ERR_EMPTY : rest != OK || word != 7);
        close_pair(pair);
    }
    CHECK_EQ(wrong, 0, "each message is received or waits, round %u", round);
    CHECK_EQ(in_time + too_late_count, round, "a wait ends in one way or the other");
    CHECK(in_time > 0, "sometimes the message is in time");
    CHECK(too_late_count > 0, "sometimes it is too late");
}
