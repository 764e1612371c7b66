/* SPDX-License-Identifier: MIT */
/*
 * port_life.c: lab 2, how ports end, and what becomes of handles that are on their way.
 *
 * A handle in a queued message is as real as one in a table: it keeps its object alive, it counts
 * against its sender's limit, and when the queue is destroyed it is closed. Figures that do not
 * balance afterwards are the only trace of one that was forgotten.
 */
#include "user/test/support.h"

#define DEPTH      200
#define QUOTA_SIZE MESSAGE_MAX_SIZE
#define QUOTA_MOST 8192 /* messages: half a GiB, more than any quota */

static uint8_t data[QUOTA_SIZE];

static status_t send_cargo(handle_t port, handle_t cargo)
{
    return send_word(port, 0, cargo, DEADLINE_POLL);
}

static status_t probe(handle_t sender)
{
    return send_word(sender, 0, HANDLE_INVALID, DEADLINE_POLL);
}

/* Closing ------------------------------------------------------------------------ */

TEST(close_destroys, 9)
{
    uint64_t word;
    handle_t port = make_port(4), cargo = make_port(4), other = make_port(4);
    handle_t watch = make_sender(cargo), sender = make_sender(other);
    NEED(send_cargo(port, cargo));
    NEED(send_cargo(port, sender));
    CHECK_STATUS(probe(watch), OK, "a port whose receive side is queued takes messages");
    CHECK_STATUS(sys_port_close(port), OK, "the queue that holds it is closed");
    CHECK_STATUS(probe(watch), ERR_PORT_CLOSED, "what was queued is destroyed: it is closed too");
    CHECK_STATUS(try_recv_word(port, &word, NULL), ERR_PORT_CLOSED, "nothing can be taken out");
    CHECK_STATUS(try_recv_word(other, &word, NULL), ERR_EMPTY,
                 "a port of which only a sender was queued lives on");
    CHECK(handle_alive(port), "the closed port's handle is still a handle");
    CHECK_STATUS(sys_handle_close(port), OK, "which can be closed");
    CHECK_STATUS(probe(port), ERR_INVALID_HANDLE, "and is gone then");
    CHECK_STATUS(probe(other), OK, "the other port still works");
}

TEST(last_receive, 7)
{
    handle_t port = make_port(4), cargo = make_port(4), carrier = make_port(1), got = HANDLE_INVALID;
    handle_t sender = make_sender(port), watch = make_sender(cargo);
    uint64_t word;
    NEED(send_cargo(port, cargo));
    NEED(send_cargo(carrier, port));
    CHECK_STATUS(probe(sender), OK, "a receive side that is under way is not lost");
    NEED(try_recv_word(carrier, &word, &got));
    CHECK_STATUS(probe(sender), OK, "nor when it has arrived");
    CHECK_STATUS(sys_handle_close(got), OK, "the last RECEIVE handle closes");
    CHECK_STATUS(probe(sender), ERR_PORT_CLOSED, "senders are told");
    CHECK_STATUS(send_word(sender, 0, HANDLE_INVALID, DEADLINE_FOREVER), ERR_PORT_CLOSED,
                 "also those who would wait");
    CHECK_STATUS(probe(watch), ERR_PORT_CLOSED, "what was queued is destroyed");

    /* The other way round: senders may go, the receiver stays. */
    handle_t second = make_port(4), last = make_sender(second);
    NEED(send_word(last, 5, HANDLE_INVALID, DEADLINE_POLL));
    NEED(sys_handle_close(last));
    CHECK_STATUS(try_recv_word(second, &word, NULL), OK,
                 "what was sent is received though its sender has closed");
}

static int64_t receive_until_closed(void *port)
{
    uint64_t word;
    return recv_word((handle_t)(uint64_t)port, &word, NULL, DEADLINE_FOREVER);
}

/* The handle goes away under a thread that waits on it, and its slot is used again. */
TEST(close_under_waiter, 3)
{
    handle_t port = make_port(1);
    struct thread *thread = start_thread(receive_until_closed, (void *)(uint64_t)port);
    settle();
    CHECK_STATUS(sys_handle_close(port), OK, "the handle on which a thread waits is closed");
    handle_t next = make_port(1);
    NEED(send_word(next, 1, HANDLE_INVALID, DEADLINE_POLL));
    CHECK_STATUS(join_thread(thread), ERR_PORT_CLOSED, "the thread wakes");
    uint64_t word;
    CHECK_STATUS(try_recv_word(next, &word, NULL), OK,
                 "and has taken nothing from the port made since");
}

/* The receive side goes to another holder under a thread that waits on it. */
TEST(move_under_waiter, 7)
{
    uint64_t word = 0;
    handle_t port = make_port(4), sender = make_sender(port), carrier = make_port(1), full = make_port(1), got;
    struct thread *thread = start_thread(receive_until_closed, (void *)(uint64_t)port);
    settle();
    NEED(send_word(full, 1, HANDLE_INVALID, DEADLINE_POLL));
    CHECK_STATUS(send_cargo(full, port), ERR_QUEUE_FULL, "a receive side that cannot go yet");
    CHECK_STATUS(send_cargo(carrier, port), OK, "goes, under a thread that waits on it");
    CHECK_STATUS(probe(sender), OK, "a message is sent to its new holder");
    CHECK_STATUS(join_thread(thread), ERR_CANCELED, "the thread is called off");
    CHECK_STATUS(try_recv_word(carrier, &word, &got), OK, "the receive side arrives");
    CHECK_STATUS(try_recv_word(got, &word, NULL), OK, "and has the message");
    CHECK_STATUS(recv_word(port, &word, NULL, DEADLINE_FOREVER), ERR_INVALID_HANDLE, "the old handle is none");
}

/* Nesting ------------------------------------------------------------------------- */

/* Each port's receive side is queued in the next one; returns the outermost. *innermost: a sender. */
static handle_t nest(unsigned depth, handle_t *innermost)
{
    handle_t inner = make_port(1);
    if (innermost != NULL)
        *innermost = make_sender(inner);
    for (unsigned i = 1; i < depth; i++) {
        handle_t outer = make_port(1);
        NEED(send_cargo(outer, inner));
        inner = outer;
    }
    return inner;
}

ROLE(nest)
{
    nest(DEPTH, NULL);
    return 0;
}

static void nest_and_destroy(void *way)
{
    handle_t innermost;
    if (way == NULL) {
        handle_t outer = nest(DEPTH, &innermost);
        CHECK_STATUS(probe(innermost), OK, "the innermost of %d nested ports is open", DEPTH);
        CHECK_STATUS(sys_port_close(outer), OK, "closing the outermost");
        CHECK_STATUS(probe(innermost), ERR_PORT_CLOSED, "destroys all of them");
        NEED(sys_handle_close(outer));
        NEED(sys_handle_close(innermost));
    } else {
        CHECK_EQ(finish(start_role("nest", NULL, NULL, 0)).code, 0,
                 "a process that holds the outermost ends");
    }
}

TEST(nested, 3 * 2 + 1 + 2 + 1)
{
    CHECK_BALANCED(nest_and_destroy, NULL, "closing nested ports leaves nothing behind");
    CHECK_BALANCED(nest_and_destroy, "process", "nor does the end of their process");
}

TEST(cycle, 17)
{
    uint64_t word;
    handle_t a = make_port(4), to_a = make_sender(a), b = make_port(4), to_b = make_sender(b);
    CHECK_STATUS(send_cargo(a, a), ERR_CYCLE, "a port's receive side into its own queue");
    CHECK(handle_alive(a), "stays");
    CHECK_STATUS(send_cargo(to_a, a), ERR_CYCLE, "the same through a sender");
    handle_t mixed[3] = { make_sender(b), a, make_sender(a) };
    struct message_args out = outgoing(1, NULL, 0, mixed, 3);
    CHECK_STATUS(sys_port_send(to_a, &out, DEADLINE_POLL), ERR_CYCLE, "the same among others");
    CHECK(handle_alive(mixed[0]) && handle_alive(a) && handle_alive(mixed[2]), "all stay");
    CHECK_STATUS(send_cargo(a, mixed[2]), OK, "a sender of the port into its queue is no cycle");
    CHECK_STATUS(send_cargo(to_a, b), OK, "b's receive side into a");
    CHECK_STATUS(send_cargo(to_b, a), ERR_CYCLE, "then a's into b");
    CHECK_STATUS(try_recv_word(a, &word, &mixed[2]), OK, "a still receives");
    CHECK_STATUS(try_recv_word(a, &word, &b), OK, "and gives b back");
    CHECK_STATUS(send_cargo(to_b, a), OK, "now a's receive side may go into b");

    handle_t ports[5], senders[5];
    for (int i = 0; i < 5; i++) {
        ports[i] = make_port(4);
        senders[i] = make_sender(ports[i]);
    }
    unsigned chained = 0;
    for (int i = 0; i < 4; i++)
        chained += send_cargo(senders[i + 1], ports[i]) == OK;
    CHECK_EQ(chained, 4, "a chain of five ports, each in the next one's queue");
    CHECK_STATUS(send_cargo(senders[0], ports[4]), ERR_CYCLE, "closing the ring");
    CHECK_STATUS(send_cargo(senders[2], ports[4]), ERR_CYCLE, "closing it in the middle");
    handle_t apart = make_port(4);
    CHECK_STATUS(send_cargo(senders[0], apart), OK, "another port into the innermost is no cycle");
    CHECK_STATUS(try_recv_word(ports[4], &word, &ports[3]), OK, "the ring is opened");
    CHECK_STATUS(send_cargo(senders[0], ports[4]), OK, "and what would have closed it may go");
}

/* Limits --------------------------------------------------------------------------- */

static handle_t model;

/* Sends `count` handles in one message. On failure they are closed again. */
static status_t send_many(handle_t port, uint32_t count)
{
    handle_t handles[MESSAGE_MAX_HANDLES];
    for (uint32_t i = 0; i < count; i++)
        handles[i] = duplicate(model, RIGHTS_SAME);
    struct message_args out = outgoing(1, NULL, 0, handles, count);
    status_t st = sys_port_send(port, &out, DEADLINE_POLL);
    if (st != OK)
        close_all(handles, count); /* ends the case unless all have stayed */
    return st;
}

#define FULL (HANDLES_IN_FLIGHT_MAX / MESSAGE_MAX_HANDLES)

static void fill_in_flight(void *argument)
{
    (void)argument;
    handle_t target = make_port(4), got[MESSAGE_MAX_HANDLES];
    handle_t port = make_port(8), again = make_port(8);
    model = make_sender(target);
    unsigned sent = 0;
    while (sent < FULL && send_many(port, MESSAGE_MAX_HANDLES) == OK)
        sent++;
    CHECK_EQ(sent, FULL, "%d handles may be under way", HANDLES_IN_FLIGHT_MAX);
    CHECK_STATUS(send_many(port, 1), ERR_NO_SLOTS, "and not one more");
    CHECK_STATUS(send_many(again, 1), ERR_NO_SLOTS, "to no other port either");
    CHECK_STATUS(probe(again), OK, "messages without handles go as before");
    struct message_args in = incoming(NULL, 0, got, MESSAGE_MAX_HANDLES);
    CHECK_STATUS(sys_port_try_recv(port, &in), OK, "64 of them are received");
    close_all(got, MESSAGE_MAX_HANDLES);
    CHECK_STATUS(send_many(again, MESSAGE_MAX_HANDLES), OK, "so 64 more may go");
    CHECK_STATUS(send_many(again, 1), ERR_NO_SLOTS, "and not one more");
    NEED(sys_port_close(port));
    sent = 0;
    while (sent < FULL && send_many(again, MESSAGE_MAX_HANDLES) == OK)
        sent++;
    CHECK_EQ(sent, FULL - 1, "closing a port gives back what its queue held");
    handle_t all[4] = { target, port, again, model };
    close_all(all, 4);
}

TEST(in_flight, 8 * 2 + 1)
{
    CHECK_BALANCED(fill_in_flight, NULL, "no handle stays under way for ever");
}

/* Queued messages are the sender's memory: they end at its quota, and come back. */
static void fill_quota(void *argument)
{
    (void)argument;
    handle_t ports[QUOTA_MOST / PORT_MAX_CAPACITY], target = make_port(1);
    handle_t cargo = make_sender(target);
    unsigned count = 0, messages = 0;
    status_t st = OK;
    while (count < array_size(ports) && st == OK) {
        st = sys_port_create(PORT_MAX_CAPACITY);
        if (st < 0)
            break;
        ports[count++] = (handle_t)st;
        struct message_args out = outgoing(1, data, QUOTA_SIZE, NULL, 0);
        while ((st = sys_port_send(ports[count - 1], &out, DEADLINE_POLL)) == OK)
            messages++;
        if (st == ERR_QUEUE_FULL)
            st = OK;
    }
    CHECK_STATUS(st, ERR_OUT_OF_MEMORY, "queueing messages of %u bytes ends", QUOTA_SIZE);
    CHECK(messages > 16, "after a good many");
    handle_t last = ports[count - 1];
    struct message_args out = outgoing(1, data, QUOTA_SIZE, &cargo, 1);
    struct message_args in = incoming(data, QUOTA_SIZE, NULL, 0);
    CHECK_STATUS(sys_port_send(last, &out, DEADLINE_POLL), ERR_OUT_OF_MEMORY,
                 "one more with a handle");
    CHECK(handle_alive(cargo), "keeps its handle");
    CHECK_STATUS(sys_port_try_recv(last, &in), OK, "receiving one");
    out = outgoing(1, data, QUOTA_SIZE - PAGE_SIZE, &cargo, 1);
    CHECK_STATUS(sys_port_send(last, &out, DEADLINE_POLL), OK, "makes room for it");
    for (unsigned i = 0; i < count; i++)
        NEED(sys_port_close(ports[i]));
    close_all(ports, count);
    NEED(sys_handle_close(target));
}

TEST(quota, 6 * 2 + 1)
{
    CHECK_BALANCED(fill_quota, NULL, "all memory comes back when the ports are closed");
}

/* Every path of sending and receiving, good and bad, twenty times. */
static void all_paths(void *argument)
{
    (void)argument;
    for (int round = 0; round < 20; round++) {
        uint64_t word;
        handle_t port = make_port(2), target = make_port(1), got, handle = make_sender(target);
        handle_t twice[2] = { handle, handle };
        struct message_args out = outgoing(1, data, 3000, &handle, 1);
        struct message_args bad = outgoing(1, data, 3000, twice, 2);
        struct message_args small = incoming(data, 2999, &got, 1);
        struct message_args wrong = incoming((void *)KERNEL_ADDRESS, 3000, &got, 1);
        struct message_args in = incoming(data, 3000, &got, 1);
        sys_port_send(port, &bad, DEADLINE_POLL);
        bad = outgoing(1, (void *)KERNEL_ADDRESS, 3000, &handle, 1);
        sys_port_send(port, &bad, DEADLINE_POLL);
        NEED(sys_port_send(port, &out, DEADLINE_POLL));
        sys_port_try_recv(port, &small);
        sys_port_try_recv(port, &wrong);
        NEED(sys_port_try_recv(port, &in));
        sys_port_try_recv(port, &in);
        recv_word(port, &word, NULL, 1);
        NEED(send_word(port, 1, got, DEADLINE_POLL));
        NEED(send_word(port, 2, HANDLE_INVALID, DEADLINE_POLL));
        handle = make_sender(target);
        send_word(port, 3, handle, DEADLINE_POLL); /* full */
        send_word(port, 3, handle, 1);
        send_cargo(port, port); /* a cycle, were there room */
        if (round & 1)
            NEED(sys_port_close(port));
        send_word(port, 4, handle, DEADLINE_POLL);
        handle_t all[3] = { port, target, handle };
        close_all(all, 3);
    }
}

TEST(no_leak, 1)
{
    CHECK_BALANCED(all_paths, NULL, "20 rounds of each success and each error leave nothing behind");
}
