/* SPDX-License-Identifier: MIT */
/*
 * channel_wait.c: lab 3, threads that wait at a channel, and who runs when they are woken.
 *
 * settle() lets every other thread run until it blocks. When a wake-up is missing, nobody
 * is left who can run while the case joins the sleeper: the kernel reports the dead-lock.
 */
#include "user/test/channel.h"

#define WAITERS 4

TEST(waits, 2 * 6 + 7)
{
    struct wait wait;
    uint64_t word = 0;
    struct pair pair = make_pair();
    for (int way = 0; way < 2; way++) {
        handle_t from = way ? pair.b : pair.a, to = way ? pair.a : pair.b;
        begin(&wait, wait_take, to, 0, DEADLINE_FOREVER);
        CHECK(!returned(&wait), "recv from an empty channel waits, direction %d", way);
        CHECK_STATUS(post_now(to, 5), OK, "a message the other way");
        CHECK(!returned(&wait), "is not what it waits for");
        CHECK_STATUS(post_now(from, 42), OK, "a message this way");
        CHECK_STATUS(join_thread(wait.thread), OK, "wakes it");
        CHECK_EQ(wait.word, 42, "and is what it gets");
        NEED(try_take(from, &word, NULL));
    }
    fill_queue(pair.a);
    begin(&wait, wait_post, pair.a, CHANNEL_CAPACITY, DEADLINE_FOREVER);
    CHECK(!returned(&wait), "sending with a deadline to a full channel waits");
    CHECK_STATUS(try_take(pair.b, &word, NULL), OK, "receiving makes room");
    CHECK_EQ(word, 0, "with the message that was there");
    CHECK_STATUS(join_thread(wait.thread), OK, "it wakes the sender");
    CHECK_STATUS(post_now(pair.a, 99), ERR_QUEUE_FULL, "whose message has taken the room");
    for (unsigned i = 1; i <= CHANNEL_CAPACITY && word == i - 1; i++)
        NEED(try_take(pair.b, &word, NULL));
    CHECK_EQ(word, CHANNEL_CAPACITY, "and comes last");
    CHECK_STATUS(try_take(pair.b, &word, NULL), ERR_EMPTY, "once");
}

static void expect_late(uint64_t deadline, const char *what)
{
    int64_t late = (int64_t)(clock_now() - deadline);
    CHECK(late >= 0 && late < (int64_t)NS_PER_MS, "%s at its deadline: %lld us after it", what,
          (long long)late / 1000);
}

TEST(deadlines, 17)
{
    struct wait wait, next;
    uint64_t word = 0;
    struct pair pair = make_pair();
    handle_t port = make_port(1), cargo = make_sender(port);
    CHECK_STATUS(take(pair.a, &word, NULL, DEADLINE_POLL), ERR_TIMED_OUT, "recv without waiting");
    CHECK_STATUS(take(pair.a, &word, NULL, 1), ERR_TIMED_OUT, "recv with a deadline long past");
    uint64_t deadline = clock_now() + NS_PER_MS;
    CHECK_STATUS(take(pair.a, &word, NULL, deadline), ERR_TIMED_OUT, "recv that waits in vain");
    expect_late(deadline, "returns");
    NEED(post_now(pair.b, 1));
    CHECK_STATUS(take(pair.a, &word, NULL, 1), OK, "the queue is looked at before the deadline");
    fill_queue(pair.b);
    deadline = clock_now() + NS_PER_MS;
    CHECK_STATUS(post(pair.b, 9, cargo, deadline), ERR_TIMED_OUT, "a sender that waits in vain");
    expect_late(deadline, "returns");
    CHECK(handle_alive(cargo), "and keeps its handle");
    CHECK_EQ(drain_queue(pair.a, NULL), CHANNEL_CAPACITY, "what it wanted to send is not queued");

    /* Who has given up is not there any more: the message is for the one behind. */
    begin(&wait, wait_take, pair.a, 0, clock_now() + NS_PER_MS);
    begin(&next, wait_take, pair.a, 0, DEADLINE_FOREVER);
    CHECK_STATUS(join_thread(wait.thread), ERR_TIMED_OUT, "the first of two waiters times out");
    CHECK(!returned(&next), "the second goes on waiting");
    CHECK_STATUS(post_now(pair.b, 7), OK, "a message is sent");
    CHECK_STATUS(join_thread(next.thread), OK, "it wakes the second");
    CHECK_EQ(next.word, 7, "which gets it");
    begin(&wait, wait_take, pair.a, 0, deadline_after(1000));
    CHECK_STATUS(post(pair.b, 8, HANDLE_INVALID, DEADLINE_FOREVER), OK, "with deadlines on both sides");
    CHECK_STATUS(join_thread(wait.thread), OK, "the receiver wakes long before");
    CHECK_EQ(wait.word, 8, "with its message");
}

/* Several threads of one process share an end. */
TEST(in_turn, 2 * WAITERS * 2 + 3)
{
    struct wait waits[WAITERS];
    uint64_t word;
    struct pair pair = make_pair();
    for (int i = 0; i < WAITERS; i++)
        begin(&waits[i], wait_take, pair.a, 0, DEADLINE_FOREVER);
    for (uint64_t i = 0; i < WAITERS; i++)
        NEED(post_now(pair.b, 100 + i));
    CHECK_STATUS(try_take(pair.a, &word, NULL), ERR_EMPTY,
                 "a newcomer does not get a message for which another has waited");
    for (int i = 0; i < WAITERS; i++) {
        CHECK_STATUS(join_thread(waits[i].thread), OK, "receiver %d is served", i);
        CHECK_EQ(waits[i].word, 100 + i, "who came first gets the first message");
    }
    fill_queue(pair.b);
    for (uint64_t i = 0; i < WAITERS; i++)
        begin(&waits[i], wait_post, pair.b, CHANNEL_CAPACITY + i, DEADLINE_FOREVER);
    NEED(try_take(pair.a, &word, NULL));
    CHECK_STATUS(post_now(pair.b, 99), ERR_QUEUE_FULL,
                 "nor does a newcomer get the room for which another has waited");
    unsigned received = 1;
    for (int i = 0; i < WAITERS; i++) {
        while (received < CHANNEL_CAPACITY + (unsigned)i && try_take(pair.a, &word, NULL) == OK)
            received += word == received;
        CHECK_STATUS(join_thread(waits[i].thread), OK, "sender %d gets its room", i);
        NEED(try_take(pair.a, &word, NULL));
        CHECK_EQ(word, CHANNEL_CAPACITY + i, "who came first is queued first");
        received += word == received;
    }
    CHECK_EQ(received, CHANNEL_CAPACITY + WAITERS, "all messages came in order");
}

/* Who runs ------------------------------------------------------------------------------- */

#define ROUNDS 200

static struct pair lane;
static uint32_t heard, stop;

static int64_t listen(void *argument)
{
    uint64_t word;
    (void)argument;
    while (take(lane.b, &word, NULL, DEADLINE_FOREVER) == OK)
        __atomic_store_n(&heard, heard + 1, __ATOMIC_RELEASE);
    return 0;
}

/*
 * On one CPU: who sends to a receiver that waits lends it the CPU, so the message has been dealt with when the call
 * returns. Now and then the sender's turn ends meanwhile.
 */
TEST(hand_over, 2)
{
    lane = make_pair();
    struct thread *thread = start_thread(listen, NULL);
    settle();
    unsigned at_once = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        NEED(post_now(lane.a, i));
        at_once += __atomic_load_n(&heard, __ATOMIC_ACQUIRE) == i + 1;
        for (unsigned n = 0; n < 100 && __atomic_load_n(&heard, __ATOMIC_ACQUIRE) != i + 1; n++)
            sys_thread_yield();
    }
    CHECK(at_once > ROUNDS * 9 / 10, "the receiver has run when channel_send returns: %u of %u times",
          at_once, ROUNDS);
    NEED(sys_handle_close(lane.a));
    CHECK_EQ(join_thread(thread), 0, "the receiver ends");
}

#define FAIR_SLICE 100000ull /* ns: the run's slice=, see test_lab3_channel.py */
#define FAIR_TURNS 100

/* The longest time for which the CPU was another's. It ends by itself, should the others stand still. */
static int64_t stand_by(void *argument)
{
    uint64_t *longest = argument, last = clock_now(), end = last + 3 * FAIR_TURNS * FAIR_SLICE;
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE) && last < end) {
        uint64_t now = clock_now();
        if (now - last > *longest)
            *longest = now - last;
        last = now;
    }
    return 0;
}

static int64_t answer_all(void *argument)
{
    uint64_t word, *answered = argument;
    status_t st = take(lane.b, &word, NULL, DEADLINE_FOREVER);
    for (; st == OK; ++*answered)
        st = ask(lane.b, word + 1, &word, DEADLINE_FOREVER);
    return st;
}

/* Two that hand the CPU to each other without end share one turn: a third is not shut out. */
TEST(fair, 5)
{
    uint64_t longest = 0, answered = 0, word = 0, begun = clock_now(), asked = 0;
    lane = make_pair();
    struct thread *server = start_thread(answer_all, &answered);
    struct thread *third = start_thread(stand_by, &longest);
    status_t st = OK;
    for (; clock_now() < begun + FAIR_TURNS * FAIR_SLICE && st == OK; asked++)
        st = ask(lane.a, asked, &word, DEADLINE_FOREVER);
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
    CHECK_STATUS(st, OK, "question and answer for %llu us", FAIR_TURNS * FAIR_SLICE / 1000);
    CHECK_EQ(word, asked, "the last answer is right");
    CHECK_EQ(join_thread(third), 0, "a thread that only computes lives beside them");
    CHECK(longest < 6 * FAIR_SLICE, "it never stands still for more than some turns: %llu us of %llu",
          (unsigned long long)longest / 1000, FAIR_SLICE / 1000);
    NEED(sys_handle_close(lane.a));
    CHECK_STATUS(join_thread(server), ERR_PEER_CLOSED, "the server ends with its client");
}

/*
 * The same with several receivers that compute when they are woken: a sender that lends the CPU again and again is no
 * sender that owns it.
 */
static int64_t listen_and_compute(void *argument)
{
    uint64_t word;
    const handle_t *end = argument;
    while (take(*end, &word, NULL, DEADLINE_FOREVER) == OK)
        for (uint64_t begun = clock_now(); clock_now() < begun + FAIR_SLICE / 4;) {
        }
    return 0;
}

TEST(fair_lender, 3)
{
    struct pair pairs[WAITERS];
    struct thread *threads[WAITERS];
    uint64_t longest = 0, begun;
    for (int i = 0; i < WAITERS; i++) {
        pairs[i] = make_pair();
        threads[i] = start_thread(listen_and_compute, &pairs[i].b);
    }
    settle();
    struct thread *third = start_thread(stand_by, &longest);
    unsigned sent = 0;
    for (begun = clock_now(); clock_now() < begun + FAIR_TURNS * FAIR_SLICE; sent++)
        post_now(pairs[sent % WAITERS].a, sent);
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
    CHECK(sent > FAIR_TURNS, "a sender has kept %d receivers busy", WAITERS);
    CHECK_EQ(join_thread(third), 0, "a thread that only computes lives beside them");
    CHECK(longest < (WAITERS + 6) * FAIR_SLICE, "it never stands still for more than some turns: %llu us of %llu",
          (unsigned long long)longest / 1000, FAIR_SLICE / 1000);
    for (int i = 0; i < WAITERS; i++) {
        NEED(sys_handle_close(pairs[i].a));
        join_thread(threads[i]);
    }
}
