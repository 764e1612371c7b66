/* SPDX-License-Identifier: MIT */
/*
 * port_wait.c: lab 2, threads that wait at a port: for a message, for room, until a
 * deadline, until it is closed, until they are killed.
 *
 * settle() lets every other thread run until it blocks. When a wake-up is missing, nobody
 * is left who can run while the case joins the sleeper: the kernel reports the dead-lock.
 */
#include "user/test/support.h"

#define WAITERS 8

/* One thread's call and what came of it. */
struct wait {
    struct thread *thread;
    handle_t port, handle; /* handle: to send, or HANDLE_INVALID; what was received */
    uint64_t deadline, word;
    status_t st;
    uint64_t begun, ended; /* ns */
    uint32_t returned;
};

static int64_t receive(void *argument)
{
    struct wait *wait = argument;
    wait->begun = clock_now();
    wait->st = recv_word(wait->port, &wait->word, &wait->handle, wait->deadline);
    wait->ended = clock_now();
    __atomic_store_n(&wait->returned, 1, __ATOMIC_RELEASE);
    return wait->st;
}

static int64_t transmit(void *argument)
{
    struct wait *wait = argument;
    wait->begun = clock_now();
    wait->st = send_word(wait->port, wait->word, wait->handle, wait->deadline);
    wait->ended = clock_now();
    __atomic_store_n(&wait->returned, 1, __ATOMIC_RELEASE);
    return wait->st;
}

/* Starts a thread and lets it run until it waits. */
static void begin(struct wait *wait, int64_t (*call)(void *), handle_t port, uint64_t word,
                  uint64_t deadline)
{
    *wait = (struct wait){ .port = port, .word = word, .deadline = deadline };
    wait->thread = start_thread(call, wait);
    settle();
}

static bool returned(struct wait *wait)
{
    return __atomic_load_n(&wait->returned, __ATOMIC_ACQUIRE);
}

TEST(send_wakes, 6)
{
    struct wait wait;
    handle_t port = make_port(4);
    begin(&wait, receive, port, 0, DEADLINE_FOREVER);
    CHECK(!returned(&wait), "recv from an empty port waits");
    CHECK_STATUS(send_word(port, 42, HANDLE_INVALID, DEADLINE_POLL), OK, "a message is sent");
    CHECK_STATUS(join_thread(wait.thread), OK, "it wakes the receiver");
    CHECK_EQ(wait.word, 42, "which gets the message");
    begin(&wait, receive, port, 0, deadline_after(1000));
    CHECK_STATUS(send_word(port, 43, HANDLE_INVALID, DEADLINE_FOREVER), OK,
                 "the same with a deadline on either side");
    CHECK_STATUS(join_thread(wait.thread), OK, "long before which the receiver wakes");
}

TEST(recv_timeout, 3 * 3 + 6)
{
    static const uint64_t after[] = { 100 * NS_PER_US, NS_PER_MS, 20 * NS_PER_MS };
    struct wait wait, next;
    handle_t port = make_port(4);
    for (size_t i = 0; i < array_size(after); i++) {
        uint64_t word, begun = clock_now(), deadline = begun + after[i];
        CHECK_STATUS(recv_word(port, &word, NULL, deadline), ERR_TIMED_OUT,
                     "recv with a deadline in %llu us", (unsigned long long)(after[i] / 1000));
        uint64_t late = clock_now() - deadline;
        CHECK((int64_t)late >= 0, "does not return before it");
        CHECK((int64_t)late < (int64_t)NS_PER_MS, "nor long after it: %lld us",
              (long long)late / 1000);
    }
    /* Who has given up is not there any more: the message is for the one behind. */
    begin(&wait, receive, port, 0, clock_now() + NS_PER_MS);
    begin(&next, receive, port, 0, DEADLINE_FOREVER);
    CHECK_STATUS(join_thread(wait.thread), ERR_TIMED_OUT, "the first of two waiters times out");
    CHECK(!returned(&next), "the second goes on waiting");
    CHECK_STATUS(send_word(port, 9, HANDLE_INVALID, DEADLINE_POLL), OK, "a message is sent");
    CHECK_STATUS(join_thread(next.thread), OK, "it wakes the second");
    CHECK_EQ(next.word, 9, "which gets it");
    CHECK_STATUS(try_recv_word(port, &next.word, NULL), ERR_EMPTY, "nothing is left behind");
}

TEST(receivers_fifo, 2 * WAITERS * 2 + 4)
{
    struct wait waits[WAITERS], last;
    uint64_t word;
    handle_t port = make_port(WAITERS), other = make_port(1);
    /* The second time with handles, for which each receiver must first get slots. */
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < WAITERS; i++)
            begin(&waits[i], receive, port, 0, DEADLINE_FOREVER);
        for (uint64_t i = 0; i < WAITERS; i++)
            NEED(send_word(port, 100 + i, round == 0 ? HANDLE_INVALID : make_sender(other),
                           DEADLINE_POLL));
        for (int i = 0; i < WAITERS; i++) {
            CHECK_STATUS(join_thread(waits[i].thread), OK, "waiter %d is served", i);
            CHECK_EQ(waits[i].word, 100 + i, "with message %d: who came first is served first", i);
        }
    }
    begin(&last, receive, port, 0, DEADLINE_FOREVER);
    NEED(send_word(port, 7, HANDLE_INVALID, DEADLINE_POLL));
    CHECK_STATUS(try_recv_word(port, &word, NULL), ERR_EMPTY,
                 "a newcomer does not get the message for which another has waited");
    CHECK_STATUS(join_thread(last.thread), OK, "who waited gets it");
    CHECK_EQ(last.word, 7, "and no other");
    CHECK_STATUS(try_recv_word(port, &word, NULL), ERR_EMPTY, "nothing is left behind");
}

TEST(send_waits, 13)
{
    struct wait wait;
    uint64_t word = 0;
    handle_t port = make_port(1), other = make_port(1), handle = make_sender(other), got;
    NEED(send_word(port, 1, HANDLE_INVALID, DEADLINE_POLL));
    begin(&wait, transmit, port, 2, DEADLINE_FOREVER);
    CHECK(!returned(&wait), "sending to a full port with a deadline waits");
    CHECK_STATUS(try_recv_word(port, &word, NULL), OK, "receiving makes room");
    CHECK_EQ(word, 1, "with the message that was there");
    CHECK_STATUS(join_thread(wait.thread), OK, "it wakes the sender");
    CHECK_STATUS(send_word(port, 3, HANDLE_INVALID, DEADLINE_POLL), ERR_QUEUE_FULL,
                 "whose message has taken the room");

    uint64_t deadline = clock_now() + NS_PER_MS;
    CHECK_STATUS(send_word(port, 4, handle, deadline), ERR_TIMED_OUT, "a sender gives up");
    uint64_t late = clock_now() - deadline;
    CHECK(late < NS_PER_MS, "at its deadline");
    CHECK(handle_alive(handle), "and keeps its handle");
    CHECK_STATUS(send_word(port, 4, handle, 1), ERR_TIMED_OUT, "so with a deadline long past");
    CHECK(handle_alive(handle), "and keeps its handle");
    CHECK_STATUS(try_recv_word(port, &word, &got), OK, "one message is queued");
    CHECK_EQ(word, 2, "the one that waited");
    CHECK_STATUS(try_recv_word(port, &word, &got), ERR_EMPTY, "and not the one that gave up");
}

TEST(senders_fifo, WAITERS * 3 + 4)
{
    struct wait waits[WAITERS], last;
    uint64_t word = 0;
    handle_t port = make_port(1);
    NEED(send_word(port, 99, HANDLE_INVALID, DEADLINE_POLL));
    for (uint64_t i = 0; i < WAITERS; i++)
        begin(&waits[i], transmit, port, 100 + i, DEADLINE_FOREVER);
    NEED(try_recv_word(port, &word, NULL));
    for (int i = 0; i < WAITERS; i++) {
        CHECK_STATUS(join_thread(waits[i].thread), OK, "sender %d gets its room", i);
        CHECK_STATUS(recv_word(port, &word, NULL, DEADLINE_FOREVER), OK, "its message arrives");
        CHECK_EQ(word, 100 + i, "who came first is queued first");
    }
    NEED(send_word(port, 1, HANDLE_INVALID, DEADLINE_POLL));
    begin(&last, transmit, port, 2, DEADLINE_FOREVER);
    NEED(try_recv_word(port, &word, NULL));
    CHECK_STATUS(send_word(port, 3, HANDLE_INVALID, DEADLINE_POLL), ERR_QUEUE_FULL,
                 "a newcomer does not get the room for which another has waited");
    CHECK_STATUS(join_thread(last.thread), OK, "who waited gets it");
    CHECK_STATUS(try_recv_word(port, &word, NULL), OK, "and has sent");
    CHECK_EQ(word, 2, "its message");
}

TEST(close_wakes_receivers, WAITERS + 6)
{
    struct wait waits[WAITERS];
    uint64_t word;
    handle_t port = make_port(4), sender = make_sender(port);
    for (int i = 0; i < WAITERS; i++)
        begin(&waits[i], receive, port, 0, DEADLINE_FOREVER);
    CHECK_STATUS(sys_port_close(port), OK, "a port at which %d threads wait is closed", WAITERS);
    for (int i = 0; i < WAITERS; i++)
        CHECK_STATUS(join_thread(waits[i].thread), ERR_PORT_CLOSED, "receiver %d wakes", i);
    CHECK_STATUS(try_recv_word(port, &word, NULL), ERR_PORT_CLOSED, "try_recv after that");
    CHECK_STATUS(recv_word(port, &word, NULL, DEADLINE_FOREVER), ERR_PORT_CLOSED, "recv");
    CHECK_STATUS(send_word(sender, 1, HANDLE_INVALID, DEADLINE_POLL), ERR_PORT_CLOSED, "send");
    CHECK_STATUS(send_word(sender, 1, HANDLE_INVALID, DEADLINE_FOREVER), ERR_PORT_CLOSED,
                 "send with a deadline");
    CHECK_STATUS(sys_port_close(port), ERR_PORT_CLOSED, "close");
}

TEST(close_wakes_senders, WAITERS * 2 + 3)
{
    struct wait waits[WAITERS];
    handle_t port = make_port(1), other = make_port(1), sender = make_sender(port);
    NEED(send_word(port, 1, HANDLE_INVALID, DEADLINE_POLL));
    for (int i = 0; i < WAITERS; i++) {
        waits[i] = (struct wait){ .port = port, .deadline = DEADLINE_FOREVER,
                                  .handle = make_sender(other) };
        waits[i].thread = start_thread(transmit, &waits[i]);
    }
    settle();
    CHECK_STATUS(sys_port_close(port), OK, "a full port at which %d senders wait is closed",
                 WAITERS);
    for (int i = 0; i < WAITERS; i++) {
        CHECK_STATUS(join_thread(waits[i].thread), ERR_PORT_CLOSED, "sender %d wakes", i);
        CHECK(handle_alive(waits[i].handle), "and keeps its handle");
    }
    handle_t handle = waits[0].handle;
    CHECK_STATUS(send_word(sender, 1, handle, DEADLINE_POLL), ERR_PORT_CLOSED, "send after that");
    CHECK(handle_alive(handle), "keeps the handle too");
}

ROLE(receiver)
{
    uint64_t word;
    return (int)recv_word(start_handle(START_USER), &word, NULL, DEADLINE_FOREVER);
}

ROLE(sender)
{
    status_t st;
    while ((st = send_word(start_handle(START_USER), 5, HANDLE_INVALID, DEADLINE_FOREVER)) == OK) {
    }
    return (int)st;
}

/* A port whose receive side another process has. */
static handle_t start_with_port(const char *role, handle_t *sender, uint64_t capacity)
{
    handle_t port = make_port(capacity);
    *sender = make_sender(port);
    return start_role(role, NULL, &port, 1);
}

TEST(kill_receiver, 4)
{
    handle_t sender, process = start_with_port("receiver", &sender, 4);
    settle();
    CHECK_STATUS(sys_process_kill(process), OK, "a process that waits for a message is killed");
    CHECK_EQ(finish(process).reason, EXIT_KILLED, "it ends");
    CHECK_STATUS(send_word(sender, 1, HANDLE_INVALID, DEADLINE_POLL), ERR_PORT_CLOSED,
                 "its port is closed, since nobody can receive any more");
    CHECK_STATUS(send_word(sender, 1, HANDLE_INVALID, DEADLINE_FOREVER), ERR_PORT_CLOSED,
                 "also for those who would wait");
}

TEST(kill_sender, 6)
{
    uint64_t word;
    handle_t port = make_port(2), sender = make_sender(port);
    handle_t process = start_role("sender", NULL, &sender, 1);
    settle();
    struct wait wait;
    begin(&wait, transmit, port, 6, DEADLINE_FOREVER);
    CHECK_STATUS(sys_process_kill(process), OK, "a process that waits for room is killed");
    CHECK_EQ(finish(process).reason, EXIT_KILLED, "it ends");
    CHECK(!returned(&wait), "the sender behind it goes on waiting");
    NEED(try_recv_word(port, &word, NULL));
    CHECK_STATUS(join_thread(wait.thread), OK, "the room is for that one");
    NEED(try_recv_word(port, &word, NULL));
    CHECK_STATUS(try_recv_word(port, &word, NULL), OK, "its message is queued");
    CHECK_EQ(word, 6, "and what the dead one wanted to send is not");
}

TEST(receiver_dies, 5)
{
    handle_t sender, process = start_with_port("receiver", &sender, 1);
    settle();
    NEED(send_word(sender, 1, HANDLE_INVALID, DEADLINE_POLL)); /* on which it exits */
    CHECK_EQ(finish(process).code, 0, "a process ends of itself");
    CHECK_STATUS(send_word(sender, 1, HANDLE_INVALID, DEADLINE_FOREVER), ERR_PORT_CLOSED,
                 "its port is closed");

    /* And with a sender waiting at the full queue of a receiver that never receives. */
    struct wait wait;
    handle_t both[2] = { make_port(1), make_port(1) }, busy = make_sender(both[1]);
    NEED(send_word(busy, 1, HANDLE_INVALID, DEADLINE_POLL));
    process = start_role("receiver", NULL, both, 2);
    begin(&wait, transmit, busy, 2, DEADLINE_FOREVER);
    CHECK(!returned(&wait), "a sender waits at the full port of another process");
    CHECK_STATUS(sys_process_kill(process), OK, "which is killed");
    finish(process);
    CHECK_STATUS(join_thread(wait.thread), ERR_PORT_CLOSED, "the sender wakes");
}

/* A case that dead-locks on purpose: the grader reads the report. */
TEST(deadlock, 1)
{
    struct wait wait;
    handle_t port = make_port(1);
    NOTE("port %llu", (unsigned long long)object_id(port));
    begin(&wait, receive, port, 0, DEADLINE_FOREVER);
    CHECK_STATUS(join_thread(wait.thread), ERR_PORT_CLOSED, "never comes to this");
}
