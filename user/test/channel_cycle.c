/* SPDX-License-Identifier: MIT */
/*
 * channel_cycle.c: lab 3, ends in queues that nobody could ever reach (C5), and ends in queues that somebody can.
 *
 * An end lies in the queue that its own channel's other end feeds, or round a ring of such queues: then it
 * would keep itself alive for ever. ERR_CYCLE must come exactly then.
 */
#include "user/test/channel.h"

#define RING_MOST 30

TEST(cycle, 19)
{
    uint64_t word;
    handle_t got = HANDLE_INVALID, port = make_port(2), sender = make_sender(port);
    struct pair pair = make_pair(), other = make_pair();
    CHECK_STATUS(send_cargo(pair.a, pair.b), ERR_CYCLE, "an end through the other, into its own queue");
    CHECK(handle_alive(pair.b), "stays");
    CHECK_STATUS(send_cargo(pair.b, pair.a), ERR_CYCLE, "the same the other way");
    handle_t both[3] = { pair.a, sender, pair.b };
    struct message_args out = outgoing(1, NULL, 0, both, 3);
    CHECK_STATUS(sys_channel_send(pair.a, &out, DEADLINE_POLL), ERR_CYCLE, "both ends in one message through one");
    CHECK_STATUS(sys_channel_call(pair.b, &out, &out, DEADLINE_FOREVER), ERR_CYCLE, "by channel_call");
    CHECK(handle_alive(pair.a) && handle_alive(sender) && handle_alive(pair.b), "all stay");
    fill_queue(pair.a);
    CHECK_STATUS(post(pair.a, 1, pair.b, DEADLINE_FOREVER), ERR_CYCLE,
                 "into its own queue when that is full: it is not waited for");
    CHECK_EQ(drain_queue(pair.b, NULL), CHANNEL_CAPACITY, "the channel is as it was");

    /* B1 through A2 and B2 through A1: C5's own example. */
    CHECK_STATUS(send_cargo(other.a, pair.b), OK, "an end through another channel");
    CHECK_STATUS(send_cargo(pair.a, other.b), ERR_CYCLE, "whose receiving end may not follow it");
    CHECK_STATUS(send_cargo(other.b, other.b), OK, "but it may go through itself");
    CHECK_STATUS(send_cargo(other.a, other.a), ERR_CYCLE, "its peer then may not");
    CHECK_STATUS(try_take(other.a, &word, &got), OK, "whoever has that takes it out again");
    CHECK_STATUS(try_take(got, &word, &pair.b), OK, "and the first end out of its queue");
    CHECK_STATUS(send_cargo(pair.a, got), OK, "now it may go the way that was refused");
    CHECK_STATUS(try_take(pair.b, &word, &got), OK, "and arrives");

    /* With a port between. */
    CHECK_STATUS(send_cargo(pair.a, port), OK, "a port's receive side through a channel");
    CHECK_STATUS(send_word(sender, 1, pair.b, DEADLINE_POLL), ERR_CYCLE, "whose end may not go into the port");
    CHECK_STATUS(send_word(sender, 1, pair.a, DEADLINE_POLL), OK, "the other end may");
}

/* What is no ring: siblings, chains, an end sent through itself. */
TEST(no_cycle, 17)
{
    uint64_t word = 0;
    handle_t got[2] = { HANDLE_INVALID, HANDLE_INVALID };
    struct pair pair = make_pair(), way = make_pair();
    CHECK_STATUS(send_cargo(pair.a, pair.a), OK, "an end through itself");
    CHECK_STATUS(post_now(pair.a, 1), ERR_INVALID_HANDLE, "has left");
    CHECK_STATUS(post_now(pair.b, 5), OK, "its peer can send to it");
    CHECK_STATUS(try_take(pair.b, &word, &pair.a), OK, "and receive it");
    CHECK_STATUS(try_take(pair.a, &word, NULL), OK, "with what was sent to it meanwhile");
    CHECK_EQ(word, 5, "unharmed");

    handle_t both[2] = { pair.a, pair.b };
    struct message_args out = outgoing(1, NULL, 0, both, 2), in = incoming(NULL, 0, got, 2);
    CHECK_STATUS(sys_channel_send(way.a, &out, DEADLINE_POLL), OK, "both ends through a third");
    CHECK_STATUS(sys_channel_try_recv(way.b, &in), OK, "arrive");
    CHECK_STATUS(post_now(got[0], 9), OK, "connected");
    CHECK_STATUS(try_take(got[1], &word, NULL), OK, "as before");

    /* Siblings and a chain: x1 and y1 in way's queue, z1 in x1's. */
    struct pair x = make_pair(), y = make_pair(), z = make_pair();
    CHECK_STATUS(send_cargo(way.a, x.b), OK, "an end");
    CHECK_STATUS(send_cargo(way.a, y.b), OK, "and another behind it");
    CHECK_STATUS(send_cargo(x.a, z.b), OK, "and a third into the first's queue");
    CHECK_STATUS(send_cargo(x.a, y.a), OK, "the second's peer there too");
    CHECK_STATUS(send_cargo(z.a, x.a), OK, "and the first's into the third's");
    CHECK_STATUS(send_cargo(z.a, way.a), OK, "and the way in which all of it lies");
    CHECK_STATUS(sys_handle_close(way.b), OK, "all hang on one end, which closes");
}

/* Ring i of n: a channel, or a port if `ports` has bit i. */
struct link {
    handle_t in, out; /* what goes in at `in` lies in the queue of `out` */
};

static struct link make_link(bool port)
{
    if (port) {
        handle_t receive = make_port(2);
        return (struct link){ make_sender(receive), receive };
    }
    struct pair pair = make_pair();
    return (struct link){ pair.a, pair.b };
}

static status_t put_in(struct link link, bool port, handle_t cargo)
{
    return port ? send_word(link.in, 0, cargo, DEADLINE_POLL) : send_cargo(link.in, cargo);
}

static status_t take_out(struct link link, bool port, handle_t *got)
{
    uint64_t word;
    return port ? try_recv_word(link.out, &word, got) : try_take(link.out, &word, got);
}

struct ring {
    unsigned size;
    uint32_t ports; /* bits */
    const char *what;
};

static void play_ring(void *argument)
{
    const struct ring *ring = argument;
    static struct link links[RING_MOST];
    unsigned n = ring->size, chained = 0, refused = 0, freed = 0;
    for (unsigned i = 0; i < n; i++)
        links[i] = make_link(ring->ports >> i & 1);
    for (unsigned i = 0; i + 1 < n; i++)
        chained += put_in(links[i + 1], ring->ports >> (i + 1) & 1, links[i].out) == OK;
    handle_t last = links[n - 1].out;
    for (unsigned i = 0; i < n; i++)
        refused += put_in(links[i], ring->ports >> i & 1, last) == ERR_CYCLE;
    CHECK_EQ(chained, n - 1, "%s: a chain, each in the next one's queue", ring->what);
    CHECK_EQ(refused, n, "the last may go to none of them");
    CHECK(handle_alive(last), "it has stayed");
    for (unsigned i = n - 1; i > 0; i--)
        freed += take_out(links[i], ring->ports >> i & 1, &links[i - 1].out) == OK;
    CHECK_EQ(freed, n - 1, "all are taken out again");
    CHECK_STATUS(put_in(links[0], ring->ports & 1, last), n > 1 ? OK : ERR_CYCLE, "then the last may go into the first");
    for (unsigned i = 0; i < n; i++) {
        NEED(sys_handle_close(links[i].in));
        if (i + 1 < n)
            NEED(sys_handle_close(links[i].out));
    }
}

TEST(rings, 6 * (2 * 5 + 1))
{
    static struct ring rings[] = {
        { 2, 0, "two channels" },        { 5, 0, "five channels" },
        { 30, 0, "thirty channels" },    { 2, 1, "a port and a channel" },
        { 5, 0x15, "ports and channels in turn" }, { 30, 0x2f0f3355, "thirty of both" },
    };
    for (size_t i = 0; i < array_size(rings); i++)
        CHECK_BALANCED(play_ring, &rings[i], "nothing is left behind");
}

/* Two halves of a ring, by two threads at once ----------------------------------------------- */

#define HALVES_ROUNDS 1500

static struct pair x, y;
static uint32_t turn, done;
static status_t second_half;

static void wait_until(uint32_t *counter, uint32_t value)
{
    while (__atomic_load_n(counter, __ATOMIC_ACQUIRE) < value)
        sys_thread_yield();
}

static int64_t close_second_half(void *argument)
{
    for (uint32_t i = 1; i <= (uint64_t)argument; i++) {
        wait_until(&turn, i);
        second_half = i & 1 ? send_cargo(x.a, y.b) : post(x.a, 0, y.b, deadline_after(1));
        __atomic_store_n(&done, i, __ATOMIC_RELEASE);
    }
    return 0;
}

static void play_halves(void *argument)
{
    uint64_t state = test_seed(), rounds = (uint64_t)argument;
    unsigned neither = 0, both = 0, strange = 0, mine = 0;
    turn = done = 0;
    struct thread *thread = start_thread(close_second_half, argument);
    for (uint32_t i = 1; i <= rounds; i++) {
        x = make_pair();
        y = make_pair();
        __atomic_store_n(&turn, i, __ATOMIC_RELEASE);
        for (uint64_t n = test_random(&state) % 64; n > 0; n--)
            __asm__ volatile("pause");
        if (test_random(&state) & 1)
            sys_thread_yield();
        status_t first_half = send_cargo(y.a, x.b);
        wait_until(&done, i);
        both += first_half == OK && second_half == OK;
        neither += first_half != OK && second_half != OK;
        strange += (first_half != OK && first_half != ERR_CYCLE) || (second_half != OK && second_half != ERR_CYCLE);
        mine += first_half == OK;
        handle_t left[3] = { x.a, y.a, first_half == OK ? y.b : x.b };
        close_all(left, 3); /* ends the case if the one that was refused has not stayed */
    }
    CHECK_EQ(both, 0, "never do both halves of a ring go, %u times one of them", (unsigned)rounds);
    CHECK_EQ(neither, 0, "nor neither");
    CHECK_EQ(strange, 0, "who is too late gets ERR_CYCLE");
    NOTE("the first half went in %u of %u rounds", mine, (unsigned)rounds);
    CHECK_EQ(join_thread(thread), 0, "both sides end");
}

TEST(halves, 4 * 2 + 1)
{
    CHECK_BALANCED(play_halves, (void *)HALVES_ROUNDS, "no ring has been left behind");
}
