/* SPDX-License-Identifier: MIT */
/*
 * channel_race.c: lab 3, what happens when a thread is stopped at the worst moment.
 *
 * Meant to be run with instruction counting and short pseudo-random time slices, as port_race.c, and on several
 * CPUs. Who loses a wake-up sleeps for ever, and the kernel reports the dead-lock at once, so no deadline is
 * under way.
 */
#include "user/test/orders.h"

#define ROUNDS       3000
#define CLOSE_ROUNDS 3000

static struct pair lane;

static int64_t play_back(void *rounds)
{
    uint64_t word = 0;
    for (uint64_t i = 0; i < (uint64_t)rounds; i++) {
        if (take(lane.b, &word, NULL, DEADLINE_FOREVER) != OK || word != i)
            return -1;
        if (post_now(lane.b, word + 1) != OK)
            return -2;
    }
    return 0;
}

TEST(lost_wakeup, 4)
{
    lane = make_pair();
    struct thread *thread = start_thread(play_back, (void *)ROUNDS);
    uint64_t word = 0, round = 0, sum = 0;
    status_t sent = OK, received = OK;
    for (; round < ROUNDS && sent == OK && received == OK && word == round; round++) {
        sent = post_now(lane.a, round);
        received = take(lane.a, &word, NULL, DEADLINE_FOREVER);
        sum += word;
    }
    CHECK_STATUS(sent, OK, "sending in %u rounds of question and answer", ROUNDS);
    CHECK_STATUS(received, OK, "receiving the answers");
    CHECK_EQ(sum, (uint64_t)ROUNDS * (ROUNDS + 1) / 2, "each answer comes once and in its turn");
    sys_handle_close(lane.a); /* lets the other side end after a wrong answer */
    CHECK_EQ(join_thread(thread), 0, "the other side has got every question");
}

/* The queue runs full and empty: now one waits for room, now the other for a message. */
static int64_t produce(void *rounds)
{
    for (uint64_t i = 0; i < (uint64_t)rounds; i++)
        if (post(lane.b, i, HANDLE_INVALID, DEADLINE_FOREVER) != OK)
            return (int64_t)i + 1;
    return 0;
}

TEST(lost_room, 3)
{
    lane = make_pair();
    struct thread *thread = start_thread(produce, (void *)(2ul * ROUNDS));
    uint64_t word = 0, round = 0, state = test_seed();
    status_t st = OK;
    for (; round < 2 * ROUNDS && st == OK && word == (round ? round - 1 : 0); round++) {
        if (test_random(&state) % 64 == 0)
            sys_thread_yield();
        st = take(lane.a, &word, NULL, DEADLINE_FOREVER);
    }
    CHECK_STATUS(st, OK, "receiving %u messages", 2 * ROUNDS);
    CHECK_EQ(word, 2 * ROUNDS - 1, "in order to the last");
    sys_handle_close(lane.a);
    CHECK_EQ(join_thread(thread), 0, "the sender has got room every time");
}

static int64_t serve(void *argument)
{
    uint64_t word;
    (void)argument;
    status_t st = take(lane.b, &word, NULL, DEADLINE_FOREVER);
    while (st == OK)
        st = ask(lane.b, word * 3, &word, DEADLINE_FOREVER);
    return st;
}

TEST(call_rounds, 3)
{
    lane = make_pair();
    struct thread *thread = start_thread(serve, NULL);
    uint64_t word = 0, round = 0;
    status_t st = OK;
    for (; round < 2 * ROUNDS && st == OK && word == (round ? 3 * (round - 1) : 0); round++)
        st = ask(lane.a, round, &word, DEADLINE_FOREVER);
    CHECK_STATUS(st, OK, "%u calls, answered by a server's calls", 2 * ROUNDS);
    CHECK_EQ(word, 3 * (2 * ROUNDS - 1), "each with its answer");
    sys_handle_close(lane.a);
    CHECK_STATUS(join_thread(thread), ERR_PEER_CLOSED, "the server ends with its client");
}

/* Closing ---------------------------------------------------------------------------------- */

static status_t take_all(handle_t end)
{
    uint64_t word;
    status_t st, count = 0;
    while ((st = take(end, &word, NULL, DEADLINE_FOREVER)) == OK)
        count++;
    return st == ERR_PEER_CLOSED ? count : st; /* how many came before the end */
}

/* The peer sends a message or two, or none, and closes, while the other thread goes to sleep. */
TEST(close_and_recv, 3)
{
    struct thread *thread = begin_orders(take_all);
    uint64_t state = test_seed();
    unsigned round = 0, wrong = 0;
    status_t st = OK;
    for (; round < CLOSE_ROUNDS && wrong == 0; round++) {
        struct pair pair = make_pair();
        unsigned count = round % 3;
        give_order(pair.a, &state);
        for (unsigned i = 0; i < count; i++)
            NEED(post_now(pair.b, i));
        NEED(sys_handle_close(pair.b));
        st = get_report();
        wrong += st != (status_t)count;
        NEED(sys_handle_close(pair.a));
    }
    CHECK_EQ(wrong, 0, "each receiver gets what was sent and then ERR_PEER_CLOSED; the last got %lld, round %u",
             (long long)st, round);
    CHECK_EQ(round, CLOSE_ROUNDS, "all rounds are played");
    end_orders(thread);
}

static handle_t cargo;

static status_t send_ordered(handle_t end)
{
    return send_cargo(end, cargo);
}

static status_t close_end(handle_t end)
{
    return sys_handle_close(end);
}

/* A message with an end in it is sent while the peer closes: it goes and is destroyed, or it stays. */
TEST(close_and_send, 5)
{
    struct thread *thread = begin_orders(send_ordered);
    uint64_t state = test_seed();
    unsigned round = 0, stranded = 0, lost = 0, strange = 0;
    for (; round < CLOSE_ROUNDS && stranded + lost + strange == 0; round++) {
        struct pair pair = make_pair(), inner = make_pair();
        cargo = inner.a;
        give_order(pair.a, &state);
        NEED(sys_handle_close(pair.b));
        status_t sent = get_report(), open = post_now(inner.b, 0);
        stranded += sent == OK && open != ERR_PEER_CLOSED;
        lost += sent != OK && open != OK;
        strange += sent != OK && sent != ERR_PEER_CLOSED;
        if (handle_alive(cargo))
            NEED(sys_handle_close(cargo));
        NEED(sys_handle_close(inner.b));
        NEED(sys_handle_close(pair.a));
    }
    CHECK_EQ(stranded, 0, "no message is accepted and then stranded, round %u", round);
    CHECK_EQ(lost, 0, "no end is lost with a message that was refused, round %u", round);
    CHECK_EQ(strange, 0, "who is too late gets ERR_PEER_CLOSED");
    CHECK_EQ(round, CLOSE_ROUNDS, "all rounds are played");
    end_orders(thread);
}

/* Both ends at once, with ends queued in both directions (C4). */
static void close_both(void *rounds)
{
    struct thread *thread = begin_orders(close_end);
    uint64_t state = test_seed();
    unsigned refused = 0, open = 0;
    for (uint64_t round = 0; round < (uint64_t)rounds; round++) {
        struct pair pair = make_pair(), there = make_pair(), back = make_pair();
        NEED(send_cargo(pair.a, there.a));
        NEED(send_cargo(pair.b, back.a));
        NEED(post_now(pair.a, round));
        give_order(pair.a, &state);
        refused += sys_handle_close(pair.b) != OK;
        refused += get_report() != OK;
        open += post_now(there.b, 1) != ERR_PEER_CLOSED;
        open += post_now(back.b, 1) != ERR_PEER_CLOSED;
        NEED(sys_handle_close(there.b));
        NEED(sys_handle_close(back.b));
    }
    CHECK_EQ(refused, 0, "both ends of a channel close at once, %u times", (unsigned)(uint64_t)rounds);
    CHECK_EQ(open, 0, "each time what was queued is destroyed, both ways");
    end_orders(thread);
}

TEST(both_close, 3 * 2 + 1)
{
    CHECK_BALANCED(close_both, (void *)1000, "nothing is freed twice or left behind");
}

/*
 * The same while a thread has taken a message out of the queue and copies it, in vain: where it was going to put it back
 * there is no queue any more. The copy fails at its end, so there is time.
 */
static uint8_t *half_room; /* a page to write to and one to read */

static status_t take_in_vain(handle_t end)
{
    handle_t got;
    struct message_args in = incoming(half_room, 2 * PAGE_SIZE, &got, 1);
    return sys_channel_recv(end, &in, DEADLINE_FOREVER);
}

static void close_under_copy(void *rounds)
{
    static uint8_t data[2 * PAGE_SIZE];
    struct thread *thread = begin_orders(take_in_vain);
    uint64_t state = test_seed();
    unsigned strange = 0, open = 0, in_time = 0;
    for (uint64_t round = 0; round < (uint64_t)rounds; round++) {
        struct pair pair = make_pair(), inner = make_pair();
        struct message_args out = outgoing(1, data, sizeof(data), &inner.a, 1);
        NEED(sys_channel_send(pair.b, &out, DEADLINE_POLL));
        give_order(pair.a, &state);
        NEED(sys_handle_close(pair.a));
        NEED(sys_handle_close(pair.b));
        status_t st = get_report();
        strange += st != ERR_INVALID_ADDRESS && st != ERR_CANCELED && st != ERR_INVALID_HANDLE;
        in_time += st == ERR_INVALID_ADDRESS;
        open += post_now(inner.b, 1) != ERR_PEER_CLOSED;
        NEED(sys_handle_close(inner.b));
    }
    CHECK_EQ(strange, 0, "a receiver whose channel closes while it copies is told so or of its bad address");
    CHECK_EQ(open, 0, "and the message that it could not take is destroyed");
    CHECK(often(in_time, (unsigned)(uint64_t)rounds / 4), "often it was copying: %u times", in_time);
    end_orders(thread);
}

TEST(close_under_copy, 4 * 2 + 1)
{
    half_room = map_pages(2, PROT_READ | PROT_WRITE);
    NEED(sys_vm_protect((uint64_t)half_room + PAGE_SIZE, PAGE_SIZE, PROT_READ));
    CHECK_BALANCED(close_under_copy, (void *)500, "nothing is freed twice or left behind");
}
