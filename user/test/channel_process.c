/* SPDX-License-Identifier: MIT */
/*
 * channel_process.c: lab 3, channels between processes: what they are for.
 *
 * Each case starts this program again in other roles; they have nothing but the ends it gives them.
 */
#include "user/lib/stdlib.h"
#include "user/test/channel.h"

#define ROUNDS      300
#define CLIENTS     8
#define EACH        100
#define BUFFER_SIZE 4096

static uint8_t buffer[BUFFER_SIZE];

/* Sends back what comes, handles and all; answers and asks for the next question in one call. */
ROLE(echo)
{
    handle_t end = start_handle(START_USER), handle;
    struct message_args args = incoming(buffer, BUFFER_SIZE, &handle, 1);
    status_t st = sys_channel_recv(end, &args, DEADLINE_FOREVER);
    while (st == OK) {
        args.header.msg_type++;
        st = sys_channel_call(end, &args, &args, DEADLINE_FOREVER);
    }
    return st == ERR_PEER_CLOSED ? 0 : 1;
}

TEST(pingpong, 6)
{
    static uint8_t sent[BUFFER_SIZE];
    struct pair pair = make_pair();
    handle_t process = start_role("echo", NULL, &pair.b, 1), cargo = make_pair().a;
    uint64_t id = object_id(cargo), state = test_seed(), hash = TEST_HASH_START;
    status_t st = OK;
    unsigned round = 0, wrong = 0;
    for (; round < ROUNDS && st == OK && !wrong; round++) {
        uint32_t size = (uint32_t)(test_random(&state) % 256), count = round & 1;
        fill_random(sent, size, &state);
        struct message_args out = outgoing(round, sent, size, &cargo, count);
        struct message_args in = incoming(buffer, BUFFER_SIZE, &cargo, count);
        st = sys_channel_call(pair.a, &out, &in, DEADLINE_FOREVER);
        wrong = in.header.size != size || in.header.msg_type != round + 1 ||
                in.header.handle_count != count || memcmp(sent, buffer, size) != 0;
        hash = test_hash(hash, buffer, size);
    }
    CHECK_STATUS(st, OK, "calling another process, round %u", round);
    CHECK_EQ(wrong, 0, "size, type, number of handles and contents are right");
    REQUIRE(handle_alive(cargo), "an end that has moved %d times is there", ROUNDS);
    CHECK_EQ(object_id(cargo), id, "the same");
    ANSWER("hash", "0x%016llx", (unsigned long long)hash);
    CHECK_STATUS(sys_handle_close(pair.a), OK, "this side closes");
    CHECK_EQ(finish(process).code, 0, "and the other ends");
}

/* A client with a channel of its own: asks EACH random words, answers with the hash of what came back. */
ROLE(client)
{
    uint64_t seed, answer, hash = TEST_HASH_START;
    handle_t end = start_handle(START_USER);
    if (!parse_number(argv[0], &seed))
        return 1;
    for (int i = 0; i < EACH; i++) {
        uint64_t word = test_random(&seed);
        if (ask(end, word, &answer, DEADLINE_FOREVER) != OK || answer != word * 5 + 1)
            return 2;
        hash = test_hash(hash, &answer, sizeof(answer));
    }
    return post(end, hash, HANDLE_INVALID, DEADLINE_FOREVER) == OK ? 0 : 3;
}

/* One thread for each client; the last message is its hash. */
static int64_t attend(void *argument)
{
    struct wait *wait = argument;
    uint64_t word;
    status_t st = take(wait->end, &word, NULL, DEADLINE_FOREVER);
    for (int i = 0; i < EACH && st == OK; i++)
        st = ask(wait->end, word * 5 + 1, &word, DEADLINE_FOREVER);
    wait->word = word;
    return st;
}

TEST(many, 2 * CLIENTS)
{
    struct wait waits[CLIENTS];
    handle_t processes[CLIENTS];
    for (uint64_t i = 0; i < CLIENTS; i++) {
        char argument[32];
        struct pair pair = make_pair();
        snprintf(argument, sizeof(argument), "%llu", (unsigned long long)(test_seed() + i));
        waits[i] = (struct wait){ .end = pair.a };
        waits[i].thread = start_thread(attend, &waits[i]);
        processes[i] = start_role("client", argument, &pair.b, 1);
    }
    for (int i = 0; i < CLIENTS; i++) {
        char key[16];
        CHECK_EQ(finish(processes[i]).code, 0, "client %d of %d has got its answers", i, CLIENTS);
        CHECK_STATUS(join_thread(waits[i].thread), OK, "its thread too");
        snprintf(key, sizeof(key), "hash_%d", i);
        ANSWER(key, "0x%016llx", (unsigned long long)waits[i].word);
    }
}

/* A stream with handles: the producer runs ahead until the channel is full. Each message brings an end that speaks. */
ROLE(producer)
{
    uint64_t seed;
    handle_t end = start_handle(START_USER);
    if (!parse_number(argv[0], &seed))
        return 1;
    for (uint64_t i = 0; i < EACH * 3; i++) {
        struct pair inner = make_pair();
        if (post_now(inner.a, test_random(&seed)) != OK || sys_handle_close(inner.a) != OK)
            return 2;
        if (post(end, i, inner.b, DEADLINE_FOREVER) != OK)
            return 3;
    }
    return 0;
}

static uint64_t stream_hash;

static void consume(void *argument)
{
    (void)argument;
    char text[32];
    struct pair pair = make_pair();
    snprintf(text, sizeof(text), "%llu", (unsigned long long)test_seed());
    handle_t process = start_role("producer", text, &pair.b, 1), inner;
    uint64_t word = 0, value = 0, hash = TEST_HASH_START;
    unsigned count = 0, wrong = 0;
    status_t st;
    while ((st = take(pair.a, &word, &inner, DEADLINE_FOREVER)) == OK) {
        wrong += word != count++ || take(inner, &value, NULL, DEADLINE_POLL) != OK;
        wrong += take(inner, &value, NULL, DEADLINE_FOREVER) != ERR_PEER_CLOSED;
        hash = test_hash(hash, &value, sizeof(value));
        NEED(sys_handle_close(inner));
    }
    CHECK_STATUS(st, ERR_PEER_CLOSED, "a stream of ends comes to its end when its producer does");
    CHECK_EQ(count, EACH * 3, "all of them have come");
    CHECK_EQ(wrong, 0, "in order, each with what it carries");
    CHECK_EQ(finish(process).code, 0, "the producer has not been disturbed");
    NEED(sys_handle_close(pair.a));
    stream_hash = hash;
}

TEST(stream, 4 * 2 + 1)
{
    CHECK_BALANCED(consume, NULL, "of %d channels nothing is left behind", EACH * 3);
    ANSWER("hash", "0x%016llx", (unsigned long long)stream_hash);
}

/* Killed anywhere ---------------------------------------------------------------------------- */

/* Calls for ever, now and then with an end as cargo. */
ROLE(caller)
{
    handle_t end = start_handle(START_USER), cargo = make_pair().a;
    for (uint32_t i = 0;; i++) {
        uint8_t data[200];
        struct message_args args = outgoing(1, data, i % 200, &cargo, i % 3 == 0);
        args.data_capacity = sizeof(data);
        args.handle_capacity = 1;
        if (sys_channel_call(end, &args, &args, DEADLINE_FOREVER) != OK)
            return 1;
    }
}

#define KILLS 24

/* Two processes that call each other; one of them is killed after a while, and the other must notice. */
static void kill_anywhere(void *argument)
{
    uint64_t state = test_seed();
    unsigned wrong = 0, killed = 0;
    (void)argument;
    for (int i = 0; i < KILLS; i++) {
        struct pair pair = make_pair();
        handle_t echo = start_role("echo", NULL, &pair.b, 1), caller = start_role("caller", NULL, &pair.a, 1);
        sys_thread_sleep(clock_now() + 100 * NS_PER_US + test_random(&state) % (500 * NS_PER_US));
        NEED(sys_process_kill(i & 1 ? echo : caller));
        struct exit_info first = finish(i & 1 ? echo : caller), second = finish(i & 1 ? caller : echo);
        killed += first.reason == EXIT_KILLED;
        wrong += second.reason != EXIT_RETURNED || second.code != (i & 1 ? 1 : 0);
    }
    CHECK_EQ(killed, KILLS, "processes are killed that call, are called, or neither yet");
    CHECK_EQ(wrong, 0, "the other one gets ERR_PEER_CLOSED each time");
}

TEST(killed, 2 * 2 + 1)
{
    CHECK_BALANCED(kill_anywhere, NULL, "nothing is left behind of them");
}
