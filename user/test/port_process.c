/* SPDX-License-Identifier: MIT */
/*
 * port_process.c: lab 2, ports between processes: what they are for.
 *
 * Each case starts this program again in other roles; they have no names in common
 * with the case and nothing but the handles it gives them.
 */
#include "user/lib/stdlib.h"
#include "user/test/support.h"

#define ROUNDS      300
#define SENDERS     4
#define EACH        200
#define BUFFER_SIZE 4096

static uint8_t buffer[BUFFER_SIZE];

/* Sends back what comes, handle and all, until the port is closed. */
ROLE(echo)
{
    handle_t from = start_handle(START_USER), to = start_handle(START_USER + 1);
    for (;;) {
        handle_t handle;
        struct message_args in = incoming(buffer, BUFFER_SIZE, &handle, 1);
        status_t st = sys_port_recv(from, &in, DEADLINE_FOREVER);
        if (st == ERR_PORT_CLOSED)
            return 0;
        if (st != OK)
            return 1;
        struct message_args out = outgoing(in.header.msg_type + 1, buffer, in.header.size, &handle,
                                           in.header.handle_count);
        if (sys_port_send(to, &out, DEADLINE_FOREVER) != OK)
            return 2;
    }
}

/* Starts an echo; *to and *back are this side's ends. */
static handle_t start_echo(handle_t *to, handle_t *back)
{
    handle_t there = make_port(1), here = make_port(1);
    handle_t both[2] = { there, make_sender(here) };
    *to = make_sender(there);
    *back = here;
    return start_role("echo", NULL, both, 2);
}

/* Messages of changing sizes, every second one with a handle that moves there and back. */
TEST(pingpong, 6)
{
    static uint8_t sent[BUFFER_SIZE];
    handle_t to, back, process = start_echo(&to, &back), cargo = make_port(1);
    uint64_t id = object_id(cargo), state = test_seed(), hash = TEST_HASH_START;
    status_t out_status = OK, in_status = OK;
    unsigned round = 0, wrong = 0;
    for (; round < ROUNDS && out_status == OK && in_status == OK && !wrong; round++) {
        uint32_t size = (uint32_t)(test_random(&state) % 256), count = round & 1;
        fill_random(sent, size, &state);
        struct message_args out = outgoing(round, sent, size, &cargo, count);
        struct message_args in = incoming(buffer, BUFFER_SIZE, &cargo, count);
        out_status = sys_port_send(to, &out, DEADLINE_FOREVER);
        in_status = sys_port_recv(back, &in, DEADLINE_FOREVER);
        wrong = in.header.size != size || in.header.msg_type != round + 1 ||
                in.header.handle_count != count || memcmp(sent, buffer, size) != 0;
        hash = test_hash(hash, buffer, size);
    }
    CHECK_STATUS(out_status, OK, "sending to another process, round %u", round);
    CHECK_STATUS(in_status, OK, "receiving what it sends back, round %u", round);
    CHECK_EQ(wrong, 0, "size, type, number of handles and contents are right, round %u", round);
    REQUIRE(handle_alive(cargo), "a handle that has moved %d times works", ROUNDS);
    CHECK_EQ(object_id(cargo), id, "and is to the same object");
    ANSWER("hash", "0x%016llx", (unsigned long long)hash);
    NEED(sys_handle_close(back));
    NEED(send_word(to, 0, HANDLE_INVALID, DEADLINE_FOREVER));
    CHECK_EQ(finish(process).code, 2, "when this side closes its port the other cannot send");
}

/* argv[0] is the sender's number; each message is {number, sequence, random value}. */
ROLE(sender)
{
    uint64_t number, seed;
    handle_t to = start_handle(START_USER);
    char *comma = strchr(argv[0], ',');
    if (comma == NULL)
        return 1;
    *comma = '\0';
    if (!parse_number(argv[0], &number) || !parse_number(comma + 1, &seed))
        return 1;
    for (uint64_t i = 0; i < EACH; i++) {
        uint64_t words[3] = { number, i, test_random(&seed) };
        struct message_args out = outgoing(1, words, sizeof(words), NULL, 0);
        if (sys_port_send(to, &out, DEADLINE_FOREVER) != OK)
            return 2;
    }
    return 0;
}

TEST(many_senders, 3 + SENDERS)
{
    handle_t port = make_port(3), processes[SENDERS];
    uint64_t next[SENDERS] = { 0 }, hash[SENDERS], words[3];
    for (uint64_t i = 0; i < SENDERS; i++) {
        char argument[64];
        handle_t sender = make_sender(port);
        hash[i] = TEST_HASH_START;
        snprintf(argument, sizeof(argument), "%llu,%llu", (unsigned long long)i,
                 (unsigned long long)(test_seed() + i));
        processes[i] = start_role("sender", argument, &sender, 1);
    }
    status_t st = OK;
    unsigned count = 0, out_of_order = 0;
    for (; count < SENDERS * EACH && st == OK; count++) {
        struct message_args in = incoming(words, sizeof(words), NULL, 0);
        st = sys_port_recv(port, &in, DEADLINE_FOREVER);
        if (st != OK || in.header.size != sizeof(words) || words[0] >= SENDERS)
            break;
        out_of_order += words[1] != next[words[0]]++;
        hash[words[0]] = test_hash(hash[words[0]], &words[2], sizeof(words[2]));
    }
    CHECK_STATUS(st, OK, "receiving from %d processes at once", SENDERS);
    CHECK_EQ(count, SENDERS * EACH, "as many messages as were sent");
    CHECK_EQ(out_of_order, 0, "each process's messages come in the order it sent them");
    for (int i = 0; i < SENDERS; i++) {
        char key[16];
        snprintf(key, sizeof(key), "hash_%d", i);
        ANSWER(key, "0x%016llx", (unsigned long long)hash[i]);
        CHECK_EQ(finish(processes[i]).code, 0, "sender %d has sent all of it", i);
    }
}

/* Hands its port to whoever asks at the door that it was given, and serves one question. */
ROLE(server)
{
    handle_t door = start_handle(START_USER), port = make_port(4), client;
    uint64_t word;
    if (send_word(door, 0, make_sender(port), DEADLINE_FOREVER) != OK)
        return 1;
    if (recv_word(port, &word, &client, DEADLINE_FOREVER) != OK)
        return 2;
    if (send_word(client, word * word, HANDLE_INVALID, DEADLINE_FOREVER) != OK)
        return 3;
    return 0;
}

/* The port is given in its turn: client and server have never met. */
ROLE(client)
{
    handle_t server = start_handle(START_USER), answers = make_port(1);
    uint64_t word = 0;
    if (send_word(server, 12, make_sender(answers), DEADLINE_FOREVER) != OK)
        return -1;
    if (recv_word(answers, &word, NULL, DEADLINE_FOREVER) != OK)
        return -2;
    return (int)word;
}

static void introduce(void *argument)
{
    (void)argument;
    handle_t door = make_port(1), knock = make_sender(door), service;
    uint64_t word;
    handle_t server = start_role("server", NULL, &knock, 1);
    CHECK_STATUS(recv_word(door, &word, &service, DEADLINE_FOREVER), OK,
                 "a process sends a handle to a port that it made");
    handle_t client = start_role("client", NULL, &service, 1);
    CHECK_EQ(finish(client).code, 144, "another that is given it asks 12 and is answered");
    CHECK_EQ(finish(server).code, 0, "both end");
    NEED(sys_handle_close(door));
}

TEST(introduction, 3 * 2 + 1)
{
    CHECK_BALANCED(introduce, NULL, "two processes and three ports leave nothing behind");
}
