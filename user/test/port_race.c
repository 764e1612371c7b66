/* SPDX-License-Identifier: MIT */
/*
 * port_race.c: lab 2, what happens when a thread is stopped at the worst moment.
 *
 * Meant to be run with instruction counting and short pseudo-random time slices: then the running
 * thread is pre-empted anywhere outside a spinlock, thousands of times, and every window is
 * hit. Who loses a wake-up sleeps for ever; the others wait for it, nobody can run, and the
 * kernel reports the dead-lock at once. No deadline may be under way meanwhile.
 */
#include "user/test/support.h"

#define ROUNDS       4000
#define CLOSE_ROUNDS 6000

/* Ping-pong ------------------------------------------------------------------------ */

static handle_t ping, pong;

static int64_t play_back(void *rounds)
{
    uint64_t word = 0;
    for (uint64_t i = 0; i < (uint64_t)rounds; i++) {
        status_t st = recv_word(ping, &word, NULL, DEADLINE_FOREVER);
        if (st != OK || word != i)
            return -1;
        st = send_word(pong, word + 1, HANDLE_INVALID, DEADLINE_POLL);
        if (st != OK)
            return -2;
    }
    return 0;
}

TEST(lost_wakeup, 4)
{
    ping = make_port(1);
    pong = make_port(1);
    struct thread *thread = start_thread(play_back, (void *)ROUNDS);
    uint64_t word = 0, round = 0, sum = 0;
    status_t sent = OK, received = OK;
    for (; round < ROUNDS && sent == OK && received == OK && word == round; round++) {
        sent = send_word(ping, round, HANDLE_INVALID, DEADLINE_POLL);
        received = recv_word(pong, &word, NULL, DEADLINE_FOREVER);
        sum += word;
    }
    CHECK_STATUS(sent, OK, "sending in %u rounds of question and answer", ROUNDS);
    CHECK_STATUS(received, OK, "receiving the answers");
    CHECK_EQ(sum, (uint64_t)ROUNDS * (ROUNDS + 1) / 2, "each answer comes once and in its turn");
    sys_port_close(ping); /* lets the other side end after a wrong answer */
    CHECK_EQ(join_thread(thread), 0, "the other side has got every question");
}

/* The same for senders: a queue of one, so that now one waits for room, now the other for a message. */
static int64_t produce(void *rounds)
{
    for (uint64_t i = 0; i < (uint64_t)rounds; i++)
        if (send_word(ping, i, HANDLE_INVALID, DEADLINE_FOREVER) != OK)
            return (int64_t)i + 1;
    return 0;
}

TEST(lost_room, 3)
{
    ping = make_port(1);
    struct thread *thread = start_thread(produce, (void *)ROUNDS);
    uint64_t word = 0, round = 0;
    status_t st = OK;
    for (; round < ROUNDS && st == OK && word == (round ? round - 1 : 0); round++)
        st = recv_word(ping, &word, NULL, DEADLINE_FOREVER);
    CHECK_STATUS(st, OK, "receiving %u messages through a queue of one", ROUNDS);
    CHECK_EQ(word, ROUNDS - 1, "in order to the last");
    sys_port_close(ping);
    CHECK_EQ(join_thread(thread), 0, "the sender has got room every time");
}

/* Several on both sides: whoever is woken must be the right one. */
#define SENDERS   3
#define RECEIVERS 3
#define EACH      400

static int64_t take_many(void *argument)
{
    uint64_t word, sum = 0;
    (void)argument;
    while (recv_word(ping, &word, NULL, DEADLINE_FOREVER) == OK)
        sum += word;
    return (int64_t)sum;
}

TEST(crowd, SENDERS + 2)
{
    struct thread *senders[SENDERS], *receivers[RECEIVERS];
    int64_t sum = 0;
    uint64_t word;
    ping = make_port(2);
    for (int i = 0; i < RECEIVERS; i++)
        receivers[i] = start_thread(take_many, NULL);
    for (int i = 0; i < SENDERS; i++)
        senders[i] = start_thread(produce, (void *)EACH);
    for (int i = 0; i < SENDERS; i++)
        CHECK_EQ(join_thread(senders[i]), 0, "sender %d has sent all of its messages", i);
    settle();
    CHECK_STATUS(try_recv_word(ping, &word, NULL), ERR_EMPTY,
                 "no message is left in the queue while receivers wait");
    NEED(sys_port_close(ping));
    for (int i = 0; i < RECEIVERS; i++)
        sum += join_thread(receivers[i]);
    CHECK_EQ(sum, SENDERS * (EACH * (EACH - 1) / 2), "every message is received exactly once");
}

/* Closing ------------------------------------------------------------------------- */

static handle_t order, report;

/* Takes a port's number from `order`, calls recv on it, and reports what that answered. */
static int64_t receive_ordered(void *argument)
{
    uint64_t port, word;
    (void)argument;
    while (recv_word(order, &port, NULL, DEADLINE_FOREVER) == OK) {
        status_t st = recv_word((handle_t)port, &word, NULL, DEADLINE_FOREVER);
        if (send_word(report, (uint64_t)st, HANDLE_INVALID, DEADLINE_POLL) != OK)
            return 1;
    }
    return 0;
}

TEST(close_and_recv, 3)
{
    order = make_port(1);
    report = make_port(1);
    struct thread *thread = start_thread(receive_ordered, NULL);
    uint64_t answer = (uint64_t)(status_t)ERR_PORT_CLOSED;
    unsigned round = 0;
    for (; round < CLOSE_ROUNDS && (status_t)answer == ERR_PORT_CLOSED; round++) {
        handle_t port = make_port(1);
        NEED(send_word(order, port, HANDLE_INVALID, DEADLINE_POLL));
        if (round % 4 != 0)
            sys_thread_yield(); /* so that the other thread is somewhere in recv */
        NEED(sys_port_close(port));
        NEED(recv_word(report, &answer, NULL, DEADLINE_FOREVER));
        NEED(sys_handle_close(port));
    }
    CHECK_STATUS((status_t)answer, ERR_PORT_CLOSED,
                 "recv from a port that is being closed, round %u", round);
    CHECK_EQ(round, CLOSE_ROUNDS, "all rounds are played");
    NEED(sys_port_close(order));
    CHECK_EQ(join_thread(thread), 0, "the receiver ends");
}

/*
 * A message is sent while the port is being closed: it goes and is destroyed, or it stays. Every second one carries a
 * receive side, whose port tells what became of it; the others are queued without the lock over all
 * ports, and the kernel itself sees when a closed port's queue is not empty at its end.
 */
static handle_t cargo, target;

static bool carries(uint64_t round)
{
    return round % 2 == 0;
}

static int64_t send_ordered(void *argument)
{
    uint64_t word;
    (void)argument;
    while (recv_word(order, &word, NULL, DEADLINE_FOREVER) == OK) {
        status_t st = send_word(target, word, carries(word) ? cargo : HANDLE_INVALID, DEADLINE_POLL);
        if (send_word(report, (uint64_t)st, HANDLE_INVALID, DEADLINE_POLL) != OK)
            return 1;
    }
    return 0;
}

TEST(close_and_send, 5)
{
    order = make_port(1);
    report = make_port(1);
    struct thread *thread = start_thread(send_ordered, NULL);
    unsigned round = 0, stranded = 0, lost = 0, strange = 0;
    for (; round < CLOSE_ROUNDS && stranded + lost + strange == 0; round++) {
        uint64_t answer;
        target = make_port(1);
        cargo = make_port(1);
        handle_t watch = make_sender(cargo); /* tells whether cargo's receive side lives */
        NEED(send_word(order, round, HANDLE_INVALID, DEADLINE_POLL));
        if (round % 4 != 0)
            sys_thread_yield();
        NEED(sys_port_close(target));
        NEED(recv_word(report, &answer, NULL, DEADLINE_FOREVER));
        status_t sent = (status_t)answer, open = send_word(watch, 0, HANDLE_INVALID, DEADLINE_POLL);
        /* The closed port still exists: a message stranded in its queue keeps cargo open. */
        stranded += sent == OK && carries(round) && open != ERR_PORT_CLOSED;
        lost += sent != OK && !handle_alive(cargo);
        strange += sent != OK && sent != ERR_PORT_CLOSED;
        if (handle_alive(cargo))
            NEED(sys_handle_close(cargo));
        NEED(sys_handle_close(watch));
        NEED(sys_handle_close(target));
    }
    CHECK_EQ(stranded, 0, "no message is accepted and then stranded in a closed port, round %u",
             round);
    CHECK_EQ(lost, 0, "no handle is lost with a message that was refused, round %u", round);
    CHECK_EQ(strange, 0, "who is too late gets ERR_PORT_CLOSED");
    CHECK_EQ(round, CLOSE_ROUNDS, "all rounds are played");
    NEED(sys_port_close(order));
    CHECK_EQ(join_thread(thread), 0, "the sender ends");
}

/* Deadlines ----------------------------------------------------------------------- */

#define TIMEOUT_ROUNDS 250

struct patient {
    uint64_t deadline, word;
    status_t st;
};

static int64_t wait_patiently(void *argument)
{
    struct patient *patient = argument;
    return patient->st = recv_word(ping, &patient->word, NULL, patient->deadline);
}

/*
 * A message comes at the moment when the first of two waiters gives up. Either it still
 * gets the message, or the second one does: it must not stay in the queue while one sleeps.
 */
TEST(timeout_race, 4)
{
    uint64_t state = test_seed();
    unsigned round = 0, wrong = 0, first_got = 0, first_gave_up = 0;
    for (; round < TIMEOUT_ROUNDS && wrong == 0; round++) {
        ping = make_port(2);
        uint64_t now = clock_now(), deadline = now + 400 * NS_PER_US;
        struct patient first = { .deadline = deadline }, second = { .deadline = DEADLINE_FOREVER };
        struct thread *one = start_thread(wait_patiently, &first);
        sys_thread_sleep(now + 100 * NS_PER_US);
        struct thread *two = start_thread(wait_patiently, &second);
        sys_thread_sleep(now + 200 * NS_PER_US);
        /* From well before the deadline to just after it, without giving the CPU away. */
        uint64_t moment = deadline - 12000 + test_random(&state) % 16000;
        while (clock_now() < moment) {
        }
        status_t st = send_word(ping, 1, HANDLE_INVALID, DEADLINE_POLL);
        while (clock_now() < deadline + 20000) {
        }
        join_thread(one);
        if (first.st == OK)
            NEED(send_word(ping, 2, HANDLE_INVALID, DEADLINE_POLL));
        join_thread(two); /* a dead-lock here: its message was swallowed by the first */
        first_got += first.st == OK;
        first_gave_up += first.st == ERR_TIMED_OUT;
        wrong += st != OK || second.st != OK || second.word != (first.st == OK ? 2 : 1) ||
                 (first.st == OK && first.word != 1);
        NEED(sys_handle_close(ping));
    }
    CHECK_EQ(wrong, 0, "each message reaches a waiter, round %u", round);
    CHECK_EQ(first_got + first_gave_up, round, "the first gets it or gives up");
    CHECK(first_got > 0, "sometimes the message is in time");
    CHECK(first_gave_up > 0, "sometimes it is too late");
}
