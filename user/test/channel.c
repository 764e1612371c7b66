/* SPDX-License-Identifier: MIT */
/*
 * channel.c: lab 3, a channel that nobody waits at: creation, rights, what is sent at one end arrives at
 * the other.
 *
 * Waiting is in channel_wait.c, closing in channel_close.c, ends that travel in channel_move.c and
 * channel_cycle.c, calls in channel_call.c, races in channel_race.c, processes in channel_process.c.
 */
#include "user/test/channel.h"

#define MANY 64

static uint8_t out_data[MESSAGE_MAX_SIZE + PAGE_SIZE];
static uint8_t in_data[MESSAGE_MAX_SIZE + PAGE_SIZE];

TEST(create, 2 * 2 + 8)
{
    handle_t ends[3] = { HANDLE_INVALID, HANDLE_INVALID, POISON32 };
    struct handle_info info[2];
    uint64_t word;
    REQUIRE_STATUS(sys_channel_create(ends), OK, "a channel is created");
    CHECK_EQ(ends[2], POISON32, "two handles are written and no more");
    for (int i = 0; i < 2; i++) {
        NEED(sys_handle_info(ends[i], &info[i]));
        CHECK_EQ(info[i].type, OBJ_CHANNEL, "end %d is a channel's", i);
        CHECK_EQ(info[i].rights, CHANNEL_RIGHTS, "with READ, WRITE, TRANSFER and WAIT");
    }
    CHECK(ends[0] != ends[1] && info[0].id != info[1].id, "the ends are two objects");
    CHECK_STATUS(try_take(ends[0], &word, NULL), ERR_EMPTY, "nothing is in it at first");
    CHECK_STATUS(try_take(ends[1], &word, NULL), ERR_EMPTY, "from either end");
    CHECK_STATUS(sys_handle_close(ends[0]), OK, "one end closes");
    CHECK_STATUS(sys_handle_close(ends[1]), OK, "and the other");
    CHECK_STATUS(post_now(ends[1], 1), ERR_INVALID_HANDLE, "then there is nothing left");
}

static void fail_to_create(void *place)
{
    CHECK_STATUS(sys_channel_create(place), ERR_INVALID_ADDRESS, "a channel whose ends go to %p", place);
}

/* Nothing is made when it cannot be told, or when there are no slots, or no memory. */
TEST(create_fails, 4 * 3 + 8)
{
    static handle_t filler[HANDLE_TABLE_MAX];
    uint8_t *page = map_pages(1, PROT_READ);
    CHECK_BALANCED(fail_to_create, NULL, "makes nothing");
    CHECK_BALANCED(fail_to_create, (void *)KERNEL_ADDRESS, "makes nothing");
    CHECK_BALANCED(fail_to_create, page, "makes nothing");
    CHECK_BALANCED(fail_to_create, (void *)(USER_END - 4), "makes nothing");

    handle_t ends[2];
    struct system_info before, after;
    for (int i = 0; i < HANDLE_TABLE_MAX; i++)
        sys_channel_create((handle_t *)KERNEL_ADDRESS);
    CHECK_STATUS(sys_handle_close(duplicate(start_handle(START_STDOUT), RIGHTS_SAME)), OK,
                 "however often one fails, it keeps no slot");
    size_t count = fill_table(start_handle(START_STDOUT), filler);
    NEED(sys_system_info(&before));
    CHECK_STATUS(sys_channel_create(ends), ERR_NO_SLOTS, "a channel with a full handle table");
    NEED(sys_handle_close(filler[--count]));
    CHECK_STATUS(sys_channel_create(ends), ERR_NO_SLOTS, "and with one slot for two ends");
    NEED(sys_system_info(&after));
    CHECK_EQ(after.handles_live + 1, before.handles_live, "makes no handle");
    CHECK_EQ(after.objects_live, before.objects_live, "and no object");
    CHECK(sys_handle_duplicate(start_handle(START_STDOUT), RIGHTS_SAME) > 0,
          "the slot is still free");
    close_all(filler + count - 2, 2);
    CHECK_STATUS(sys_channel_create(ends), OK, "with two slots it goes");
    CHECK(handle_alive(ends[0]) && handle_alive(ends[1]), "into both of them");
}

TEST(rights, 19)
{
    uint64_t word = 0;
    struct pair pair = make_pair();
    struct handle_info info;
    static const rights_t wishes[] = { RIGHTS_SAME, RIGHT_READ, RIGHT_WRITE, RIGHT_WAIT, 0 };
    for (size_t i = 0; i < array_size(wishes); i++)
        CHECK_STATUS(sys_handle_duplicate(pair.a, wishes[i]), ERR_PERMISSION_DENIED,
                     "duplicating an end with rights 0x%x", wishes[i]);
    handle_t port = make_port(1), out = start_handle(START_STDOUT);
    CHECK_STATUS(post_now(port, 1), ERR_WRONG_TYPE, "channel_send to a port");
    CHECK_STATUS(try_take(port, &word, NULL), ERR_WRONG_TYPE, "channel_try_recv from it");
    CHECK_STATUS(take(out, &word, NULL, DEADLINE_POLL), ERR_WRONG_TYPE, "channel_recv from a console");
    CHECK_STATUS(ask(port, 1, &word, DEADLINE_POLL), ERR_WRONG_TYPE, "channel_call to a port");
    CHECK_STATUS(send_word(pair.a, 1, HANDLE_INVALID, DEADLINE_POLL), ERR_WRONG_TYPE,
                 "port_send to an end");
    CHECK_STATUS(try_recv_word(pair.a, &word, NULL), ERR_WRONG_TYPE, "port_try_recv from it");
    CHECK_STATUS(recv_word(pair.a, &word, NULL, DEADLINE_POLL), ERR_WRONG_TYPE, "port_recv");
    CHECK_STATUS(sys_port_close(pair.a), ERR_WRONG_TYPE, "port_close");
    NEED(sys_handle_info(pair.a, &info));
    CHECK_STATUS(post_now((handle_t)info.id, 1), ERR_INVALID_HANDLE, "an end's id is no handle to it");

    /* An end has moved: its new handle has the same rights, its old number none. */
    handle_t moved = move_by_loopback(pair.a);
    NEED(sys_handle_info(moved, &info));
    CHECK_EQ(info.rights, CHANNEL_RIGHTS, "an end that has moved keeps its rights");
    CHECK_STATUS(post_now(pair.a, 1), ERR_INVALID_HANDLE, "its old number is dead");
    CHECK_STATUS(post_now(moved, 7), OK, "its new one sends");
    CHECK_STATUS(try_take(pair.b, &word, NULL), OK, "to the same peer");
    CHECK_EQ(word, 7, "what was sent");
}

TEST(stale, 4 * 4 + 3)
{
    uint64_t word;
    struct pair old = make_pair();
    NEED(sys_handle_close(old.a));
    struct pair pair = make_pair(); /* takes the slot again */
    const uint64_t bad[] = { old.a, HANDLE_INVALID, pair.a + (1u << HANDLE_INDEX_BITS), UINT32_MAX };
    for (size_t i = 0; i < array_size(bad); i++) {
        handle_t handle = (handle_t)bad[i];
        CHECK_STATUS(post_now(handle, 1), ERR_INVALID_HANDLE, "sending at 0x%x", handle);
        CHECK_STATUS(try_take(handle, &word, NULL), ERR_INVALID_HANDLE, "try_recv");
        CHECK_STATUS(take(handle, &word, NULL, DEADLINE_FOREVER), ERR_INVALID_HANDLE, "recv");
        CHECK_STATUS(ask(handle, 1, &word, DEADLINE_FOREVER), ERR_INVALID_HANDLE, "call");
    }
    CHECK_STATUS(sys_handle_close(old.a), ERR_INVALID_HANDLE, "closing an end twice");
    CHECK_STATUS(post_now(old.b, 1), ERR_PEER_CLOSED, "closes it once");
    CHECK_STATUS(try_take(pair.b, &word, NULL), ERR_EMPTY, "and reaches no other channel");
}

/* C2: nobody hears himself. */
TEST(crossed, 14)
{
    uint64_t word = 0;
    struct pair pair = make_pair(), other = make_pair();
    CHECK_STATUS(post_now(pair.a, 1), OK, "sending at one end");
    CHECK_STATUS(try_take(pair.a, &word, NULL), ERR_EMPTY, "it does not come back there");
    CHECK_STATUS(post_now(pair.b, 2), OK, "sending at the other");
    CHECK_STATUS(try_take(pair.b, &word, NULL), OK, "what the first sent arrives here");
    CHECK_EQ(word, 1, "and not what this one sent");
    CHECK_STATUS(try_take(pair.b, &word, NULL), ERR_EMPTY, "only that");
    CHECK_STATUS(try_take(pair.a, &word, NULL), OK, "what the second sent arrives at the first");
    CHECK_EQ(word, 2, "unmixed");
    CHECK_STATUS(try_take(other.a, &word, NULL), ERR_EMPTY, "another channel has heard nothing");
    CHECK_STATUS(try_take(other.b, &word, NULL), ERR_EMPTY, "at either end");

    /* Both directions are full at once: each has a queue of its own. */
    fill_queue(pair.a);
    fill_queue(pair.b);
    unsigned wrong_a, wrong_b;
    CHECK_EQ(drain_queue(pair.b, &wrong_b), CHANNEL_CAPACITY, "a full queue of messages this way");
    CHECK_EQ(drain_queue(pair.a, &wrong_a), CHANNEL_CAPACITY, "and one that way");
    CHECK_EQ(wrong_a, 0, "each in its order");
    CHECK_EQ(wrong_b, 0, "both ways");
}

/* C6: nobody waits for room who has not said so. */
TEST(capacity, 2 * 7)
{
    uint64_t word;
    struct pair pair = make_pair();
    for (int way = 0; way < 2; way++) {
        handle_t from = way ? pair.b : pair.a, to = way ? pair.a : pair.b;
        unsigned sent = 0;
        while (sent < 100 && post_now(from, sent) == OK)
            sent++;
        CHECK_EQ(sent, CHANNEL_CAPACITY, "%d messages go into direction %d", CHANNEL_CAPACITY, way);
        CHECK_STATUS(post_now(from, 99), ERR_QUEUE_FULL, "and not one more");
        CHECK_STATUS(ask(from, 99, &word, DEADLINE_FOREVER), ERR_QUEUE_FULL,
                     "not by channel_call either, which does not wait for room");
        CHECK_STATUS(try_take(to, &word, NULL), OK, "receiving one makes room");
        CHECK_STATUS(post_now(from, sent), OK, "for one");
        CHECK_STATUS(post_now(from, 99), ERR_QUEUE_FULL, "but not for two");
        CHECK_STATUS(post(from, 99, HANDLE_INVALID, 1), ERR_TIMED_OUT, "nor with a deadline long past");
    }
}

static void shuffle(uint64_t *values, size_t n, uint64_t *state)
{
    for (size_t i = 0; i < n; i++)
        values[i] = i;
    for (size_t i = n - 1; i > 0; i--) {
        size_t j = test_random(state) % (i + 1);
        uint64_t swap = values[i];
        values[i] = values[j];
        values[j] = swap;
    }
}

/* 64 words in an order that the host knows, each way, through queues that are now full, now empty. */
TEST(fifo, 2 * 3)
{
    struct pair pair = make_pair();
    uint64_t order[MANY], word;
    for (int way = 0; way < 2; way++) {
        handle_t from = way ? pair.b : pair.a, to = way ? pair.a : pair.b;
        char text[MANY * 3 + 1] = "", key[16];
        size_t length = 0, sent = 0, received = 0;
        unsigned wrong = 0, stuck = 0;
        status_t st = OK;
        uint64_t state = test_seed() + (uint64_t)way;
        shuffle(order, MANY, &state);
        while (received < MANY && st == OK && stuck++ < MANY) {
            while (sent < MANY && post_now(from, order[sent]) == OK)
                sent++;
            for (uint64_t n = test_random(&state) % 12 + 1; n > 0 && received < sent; n--) {
                st = try_take(to, &word, NULL);
                if (st != OK)
                    break;
                wrong += word != order[received++];
                length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%llu",
                                           length ? " " : "", (unsigned long long)(word % MANY));
            }
        }
        CHECK_STATUS(st, OK, "receiving while there are messages, direction %d", way);
        CHECK_EQ(received, MANY, "as many arrive as were sent");
        CHECK_EQ(wrong, 0, "in the order in which they were sent");
        snprintf(key, sizeof(key), "order_%d", way);
        ANSWER(key, "%s", text);
    }
}

/* Around what a queue keeps a small message for, and around pages. */
TEST(sizes, 12 * 5)
{
    static const uint32_t sizes[] = { 0, 1, 127, 128, 129, 255, 1900, 2048, 4096, 4097, 65535, 65536 };
    struct pair pair = make_pair();
    uint64_t state = test_seed();
    for (size_t i = 0; i < array_size(sizes); i++) {
        fill_random(out_data, sizes[i], &state);
        struct message_args out = outgoing((uint32_t)i, out_data, sizes[i], NULL, 0);
        CHECK_STATUS(sys_channel_send(pair.a, &out, DEADLINE_POLL), OK, "sending %u bytes", sizes[i]);
        memset(out_data, POISON, sizes[i]);
    }
    state = test_seed();
    for (size_t i = 0; i < array_size(sizes); i++) {
        char key[16];
        fill_random(out_data, sizes[i], &state);
        memset(in_data, POISON, sizes[i] + 1);
        struct message_args in = incoming(in_data, sizes[i], NULL, 0);
        CHECK_STATUS(sys_channel_try_recv(pair.b, &in), OK, "receiving %u bytes", sizes[i]);
        struct message_header expected = { .size = sizes[i], .msg_type = (uint32_t)i };
        CHECK_MEM(&in.header, &expected, sizeof(expected), "the header is the sender's");
        CHECK_MEM(in_data, out_data, sizes[i], "the contents were copied when they were sent");
        CHECK_EQ(in_data[sizes[i]], POISON, "the byte after the message is left alone");
        snprintf(key, sizeof(key), "hash_%u", sizes[i]);
        ANSWER(key, "0x%016llx", (unsigned long long)test_hash(TEST_HASH_START, in_data, sizes[i]));
    }
}
