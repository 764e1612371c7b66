/* SPDX-License-Identifier: MIT */
/*
 * port.c: lab 2, a port that nobody waits at: creation, rights, sending, receiving without blocking.
 *
 * Waiting is in port_wait.c, races in port_race.c, closing and what queued handles
 * do in port_life.c, several processes in port_process.c.
 */
#include "user/test/support.h"

#define MANY 64

static uint8_t out_data[MESSAGE_MAX_SIZE + PAGE_SIZE];
static uint8_t in_data[MESSAGE_MAX_SIZE + PAGE_SIZE];

ROLE(nothing)
{
    return 0;
}

TEST(create, 5 + 3 * 3 + 2)
{
    static const uint64_t bad[] = { 0, PORT_MAX_CAPACITY + 1, 0xffffffff, (1ull << 32) + 1,
                                    UINT64_MAX };
    for (size_t i = 0; i < array_size(bad); i++)
        CHECK_STATUS(sys_port_create(bad[i]), ERR_INVALID_ARGUMENT, "a port for %llu messages",
                     (unsigned long long)bad[i]);

    static const uint64_t good[] = { 1, 2, PORT_MAX_CAPACITY };
    struct handle_info info[3];
    for (size_t i = 0; i < array_size(good); i++) {
        status_t port = sys_port_create(good[i]);
        REQUIRE(port > 0, "a port for %llu messages", (unsigned long long)good[i]);
        NEED(sys_handle_info((handle_t)port, &info[i]));
        CHECK_EQ(info[i].type, OBJ_PORT, "the handle is a port's");
        CHECK_EQ(info[i].rights, PORT_RIGHTS, "with every port right, DUPLICATE, TRANSFER and WAIT");
    }
    CHECK(info[0].id != info[1].id && info[1].id != info[2].id && info[0].id != info[2].id,
          "each port has an id of its own");
    struct message_args in = incoming(NULL, 0, NULL, 0);
    CHECK_STATUS(sys_port_try_recv((handle_t)info[0].id, &in), ERR_INVALID_HANDLE,
                 "a port's id is no handle to it");
}

static const uint32_t capacities[] = { 1, 2, PORT_MAX_CAPACITY };

/* Makes a port for so many messages and fills it; says how many it took. */
static handle_t make_full(uint32_t capacity, uint32_t *sent)
{
    handle_t port = make_port(capacity);
    for (*sent = 0; *sent < capacity; ++*sent)
        if (send_word(port, *sent, HANDLE_INVALID, DEADLINE_POLL) != OK)
            break;
    return port;
}

/* Nothing is received here. */
TEST(capacity, 3 * 3)
{
    for (size_t i = 0; i < array_size(capacities); i++) {
        uint32_t sent;
        handle_t port = make_full(capacities[i], &sent);
        CHECK_EQ(sent, capacities[i], "a port for %u messages takes that many", capacities[i]);
        CHECK_STATUS(send_word(port, 0, HANDLE_INVALID, DEADLINE_POLL), ERR_QUEUE_FULL,
                     "and not one more");
        CHECK_STATUS(sys_handle_close(port), OK, "a full port can be closed");
    }
}

TEST(room_again, 3 * 3)
{
    uint64_t word;
    for (size_t i = 0; i < array_size(capacities); i++) {
        uint32_t sent;
        handle_t port = make_full(capacities[i], &sent);
        CHECK_STATUS(try_recv_word(port, &word, NULL), OK, "receiving one makes room");
        CHECK_STATUS(send_word(port, 0, HANDLE_INVALID, DEADLINE_POLL), OK, "for one");
        CHECK_STATUS(send_word(port, 0, HANDLE_INVALID, DEADLINE_POLL), ERR_QUEUE_FULL,
                     "but not for two");
        NEED(sys_handle_close(port));
    }
}

/* 64 words in an order that the host knows, through a queue of 10 that is now full, now empty. */
TEST(fifo, 3)
{
    uint64_t order[MANY], state = test_seed(), word;
    char text[MANY * 3 + 1];
    size_t length = 0, sent = 0, received = 0;
    for (uint64_t i = 0; i < MANY; i++)
        order[i] = i;
    for (size_t i = MANY - 1; i > 0; i--) {
        size_t j = test_random(&state) % (i + 1);
        uint64_t swap = order[i];
        order[i] = order[j];
        order[j] = swap;
    }
    handle_t port = make_port(10);
    status_t st = OK;
    unsigned wrong = 0;
    while (received < MANY && st == OK) {
        size_t before = sent;
        while (sent < MANY && send_word(port, order[sent], HANDLE_INVALID, DEADLINE_POLL) == OK)
            sent++;
        if (sent == before && sent == received)
            break; /* an empty queue that takes nothing */
        uint64_t take = test_random(&state) % 10 + 1;
        for (; take > 0 && received < sent && st == OK; take--) {
            st = try_recv_word(port, &word, NULL);
            if (st != OK)
                break;
            wrong += word != order[received++];
            length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%llu",
                                       length ? " " : "", (unsigned long long)(word % MANY));
        }
    }
    CHECK_STATUS(st, OK, "receiving while there are messages");
    CHECK_EQ(received, MANY, "as many arrive as were sent");
    CHECK_EQ(wrong, 0, "in the order in which they were sent");
    ANSWER("order", "%s", text);
}

TEST(round_trip, 9 * 5)
{
    static const uint32_t sizes[] = { 1, 63, 64, 65, 4095, 4096, 4097, 65535, 65536 };
    handle_t port = make_port(array_size(sizes));
    uint64_t state = test_seed();
    for (size_t i = 0; i < array_size(sizes); i++) {
        fill_random(out_data, sizes[i], &state);
        struct message_args out = outgoing((uint32_t)i, out_data, sizes[i], NULL, 0);
        CHECK_STATUS(sys_port_send(port, &out, DEADLINE_POLL), OK, "sending %u bytes", sizes[i]);
    }
    state = test_seed();
    for (size_t i = 0; i < array_size(sizes); i++) {
        fill_random(out_data, sizes[i], &state);
        memset(in_data, POISON, sizes[i] + 1);
        struct message_args in = incoming(in_data, sizes[i], NULL, 0);
        CHECK_STATUS(sys_port_try_recv(port, &in), OK, "receiving %u bytes", sizes[i]);
        struct message_header expected = { .size = sizes[i], .msg_type = (uint32_t)i };
        CHECK_MEM(&in.header, &expected, sizeof(expected), "the header is the sender's");
        CHECK_MEM(in_data, out_data, sizes[i], "the contents were copied when they were sent");
        CHECK_EQ(in_data[sizes[i]], POISON, "the byte after the message is left alone");
        char key[16];
        snprintf(key, sizeof(key), "hash_%u", sizes[i]);
        ANSWER(key, "0x%016llx", (unsigned long long)test_hash(TEST_HASH_START, in_data, sizes[i]));
    }
}

TEST(queue_full, 8)
{
    uint64_t word = 0;
    handle_t port = make_port(1), other = make_port(1), got = HANDLE_INVALID;
    handle_t handle = make_sender(other);
    uint64_t id = object_id(handle);
    NEED(send_word(port, 1, HANDLE_INVALID, DEADLINE_POLL));
    CHECK_STATUS(send_word(port, 2, handle, DEADLINE_POLL), ERR_QUEUE_FULL,
                 "a message with a handle to a full port");
    REQUIRE(handle_alive(handle), "the handle has stayed with the sender");
    CHECK_STATUS(send_word(handle, 3, HANDLE_INVALID, DEADLINE_POLL), OK, "and works as before");
    NEED(try_recv_word(port, &word, NULL));
    CHECK_EQ(word, 1, "the full queue has kept what it had");
    CHECK_STATUS(send_word(port, 2, handle, DEADLINE_POLL), OK, "the same message goes later");
    CHECK_STATUS(try_recv_word(port, &word, &got), OK, "and arrives");
    CHECK(!handle_alive(handle), "now the handle has left");
    CHECK_EQ(object_id(got), id, "and come out at the other side");
}

TEST(empty, 9)
{
    uint64_t word = 0;
    handle_t port = make_port(2);
    struct message_args in = incoming(&word, sizeof(word), NULL, 0);
    CHECK_STATUS(sys_port_try_recv(port, &in), ERR_EMPTY, "try_recv from a new port");
    CHECK(header_untouched(&in), "leaves the header alone");
    CHECK_STATUS(sys_port_recv(port, &in, DEADLINE_POLL), ERR_TIMED_OUT, "recv without waiting");
    CHECK_STATUS(sys_port_recv(port, &in, 1), ERR_TIMED_OUT, "recv with a deadline long past");
    NEED(send_word(port, 1, HANDLE_INVALID, DEADLINE_POLL));
    NEED(send_word(port, 2, HANDLE_INVALID, DEADLINE_POLL));
    CHECK_STATUS(sys_port_recv(port, &in, DEADLINE_POLL), OK,
                 "recv without waiting when there is a message");
    CHECK_STATUS(sys_port_recv(port, &in, 1), OK, "recv with a past deadline when there is one");
    CHECK_EQ(word, 2, "both have been taken");
    CHECK_STATUS(sys_port_try_recv(port, &in), ERR_EMPTY, "try_recv when all is taken");
    CHECK_EQ(word, 2, "leaves the buffer alone");
}

/* A message that cannot be delivered must not be lost: it waits for the next try. */
static void expect_stays(handle_t port, struct message_args *in, status_t expected, const char *what)
{
    CHECK_STATUS(sys_port_try_recv(port, in), expected, "try_recv with %s", what);
    if (expected == ERR_INVALID_ADDRESS)
        CHECK(header_untouched(in), "leaves the header alone");
    else
        CHECK(in->header.size == 100 && in->header.handle_count == 2 && in->header.msg_type == 5,
              "tells the true sizes");
    in->header.size = POISON32;
    CHECK_STATUS(sys_port_recv(port, in, DEADLINE_FOREVER), expected, "recv with %s", what);
}

TEST(stays_queued, 7 * 3 + 9)
{
    static handle_t filler[HANDLE_TABLE_MAX];
    handle_t port = make_port(4), other = make_port(1), got[2];
    handle_t sent[2] = { make_sender(other), make_sender(other) };
    uint8_t *page = map_pages(1, PROT_READ | PROT_WRITE);
    uint64_t state = test_seed(), word = 0;
    fill_random(out_data, 100, &state);
    struct message_args out = outgoing(5, out_data, 100, sent, 2), in;
    NEED(sys_port_send(port, &out, DEADLINE_POLL));
    NEED(send_word(port, 77, HANDLE_INVALID, DEADLINE_POLL));
    in = incoming(in_data, 100, got, 2);
    memcpy(page, &in, sizeof(in));
    NEED(sys_vm_protect((uint64_t)page, PAGE_SIZE, PROT_READ));

    in = incoming(in_data, 99, got, 2);
    expect_stays(port, &in, ERR_BUFFER_TOO_SMALL, "room for 99 bytes of 100");
    in = incoming(in_data, 100, got, 1);
    expect_stays(port, &in, ERR_BUFFER_TOO_SMALL, "room for one handle of two");
    in = incoming(NULL, 0, NULL, 0);
    expect_stays(port, &in, ERR_BUFFER_TOO_SMALL, "no room at all");
    in = incoming((void *)KERNEL_ADDRESS, 100, got, 2);
    expect_stays(port, &in, ERR_INVALID_ADDRESS, "data to a kernel address");
    in = incoming(page, 100, got, 2);
    expect_stays(port, &in, ERR_INVALID_ADDRESS, "data to a read-only page");
    in = incoming(in_data, 100, NULL, 2);
    expect_stays(port, &in, ERR_INVALID_ADDRESS, "handles to NULL");
    CHECK_STATUS(sys_port_try_recv(port, (void *)page), ERR_INVALID_ADDRESS,
                 "try_recv with its arguments on a read-only page");

    size_t count = fill_table(start_handle(START_STDOUT), filler);
    in = incoming(in_data, 100, got, 2);
    expect_stays(port, &in, ERR_NO_SLOTS, "a full handle table");
    NEED(sys_handle_close(filler[--count]));
    CHECK_STATUS(sys_port_try_recv(port, &in), ERR_NO_SLOTS, "two handles with one slot free");
    NEED(sys_handle_close(filler[--count]));
    CHECK_STATUS(sys_port_try_recv(port, &in), OK, "two handles with two slots free");
    CHECK_EQ(in.header.size, 100, "the message has waited");
    CHECK_MEM(in_data, out_data, 100, "with its contents");
    CHECK(handle_alive(got[0]) && handle_alive(got[1]), "and its handles");
    CHECK_EQ(object_id(got[1]), object_id(other), "which work");
    CHECK_STATUS(try_recv_word(port, &word, NULL), OK, "the next message comes after it");
    CHECK_EQ(word, 77, "and not before");
}

TEST(rights, 17)
{
    uint64_t word;
    handle_t port = make_port(4);
    handle_t sender = duplicate(port, PORT_RIGHT_SEND);
    handle_t manager = duplicate(port, PORT_RIGHT_MANAGE);
    handle_t idle = duplicate(port, RIGHT_WAIT | RIGHT_TRANSFER | RIGHT_DUPLICATE);

    CHECK_STATUS(send_word(sender, 1, HANDLE_INVALID, DEADLINE_POLL), OK, "SEND lets send");
    CHECK_STATUS(try_recv_word(sender, &word, NULL), ERR_PERMISSION_DENIED, "but not try_recv");
    CHECK_STATUS(recv_word(sender, &word, NULL, DEADLINE_POLL), ERR_PERMISSION_DENIED,
                 "nor recv");
    CHECK_STATUS(sys_port_close(sender), ERR_PERMISSION_DENIED, "nor close");

    CHECK_STATUS(send_word(manager, 1, HANDLE_INVALID, DEADLINE_POLL), ERR_PERMISSION_DENIED,
                 "MANAGE does not let send");
    CHECK_STATUS(try_recv_word(manager, &word, NULL), ERR_PERMISSION_DENIED, "nor receive");

    CHECK_STATUS(send_word(idle, 1, HANDLE_INVALID, DEADLINE_POLL), ERR_PERMISSION_DENIED,
                 "the common rights let neither send");
    CHECK_STATUS(try_recv_word(idle, &word, NULL), ERR_PERMISSION_DENIED, "nor try_recv");
    CHECK_STATUS(recv_word(idle, &word, NULL, DEADLINE_POLL), ERR_PERMISSION_DENIED, "nor recv");
    CHECK_STATUS(sys_port_close(idle), ERR_PERMISSION_DENIED, "nor close");

    CHECK_STATUS(sys_handle_duplicate(sender, PORT_RIGHT_SEND), ERR_PERMISSION_DENIED,
                 "without DUPLICATE there is no second handle");
    CHECK_STATUS(send_word(port, 2, sender, DEADLINE_POLL), ERR_PERMISSION_DENIED,
                 "without TRANSFER it cannot travel");
    CHECK(handle_alive(sender), "and stays");
    CHECK_STATUS(try_recv_word(port, &word, NULL), OK, "RECEIVE lets receive");
    CHECK_EQ(word, 1, "only what was allowed to be sent has been sent");
    CHECK_STATUS(sys_port_close(manager), OK, "MANAGE lets close");
    CHECK_STATUS(send_word(port, 1, HANDLE_INVALID, DEADLINE_POLL), ERR_PORT_CLOSED,
                 "and it is closed for everyone");
}

TEST(receive_unique, 14)
{
    uint64_t word = 0;
    struct handle_info info;
    handle_t port = make_port(4), carrier = make_port(1), got = HANDLE_INVALID;
    CHECK_STATUS(sys_handle_duplicate(port, RIGHTS_SAME), ERR_PERMISSION_DENIED,
                 "duplicating with all rights");
    CHECK_STATUS(sys_handle_duplicate(port, PORT_RIGHT_RECEIVE), ERR_PERMISSION_DENIED,
                 "with RECEIVE alone");
    CHECK_STATUS(sys_handle_duplicate(port, PORT_RIGHT_RECEIVE | PORT_RIGHT_SEND),
                 ERR_PERMISSION_DENIED, "with RECEIVE and SEND");
    CHECK_STATUS(sys_handle_duplicate(port, PORT_RIGHT_SEND | 1u << 20), ERR_INVALID_ARGUMENT,
                 "with a right that does not exist");
    handle_t sender = make_sender(port);
    NEED(sys_handle_info(sender, &info));
    CHECK_EQ(info.rights, PORT_RIGHT_SEND | RIGHT_TRANSFER | RIGHT_DUPLICATE,
             "a duplicate has the rights asked for");
    CHECK_STATUS(sys_handle_duplicate(sender, PORT_RIGHT_SEND | PORT_RIGHT_RECEIVE),
                 ERR_PERMISSION_DENIED, "a duplicate cannot gain RECEIVE");
    CHECK_STATUS(sys_handle_duplicate(sender, PORT_RIGHT_MANAGE), ERR_PERMISSION_DENIED,
                 "nor MANAGE");
    handle_t second = duplicate(sender, RIGHTS_SAME);
    NEED(sys_handle_info(second, &info));
    CHECK_EQ(info.rights, PORT_RIGHT_SEND | RIGHT_TRANSFER | RIGHT_DUPLICATE,
             "a sender's own duplicate is as strong as it is");

    NEED(send_word(sender, 5, HANDLE_INVALID, DEADLINE_POLL));
    CHECK_STATUS(send_word(carrier, 1, port, DEADLINE_POLL), OK, "RECEIVE can be moved");
    CHECK_STATUS(try_recv_word(port, &word, NULL), ERR_INVALID_HANDLE, "its old number is dead");
    CHECK_STATUS(send_word(sender, 6, HANDLE_INVALID, DEADLINE_POLL), OK,
                 "sending to a port whose receive side is under way");
    CHECK_STATUS(try_recv_word(carrier, &word, &got), OK, "it arrives");
    CHECK_STATUS(try_recv_word(got, &word, NULL), OK, "and receives");
    CHECK_EQ(word, 5, "what was sent before it left");
}

TEST(stale, 12)
{
    uint64_t word;
    handle_t port = make_port(2);
    handle_t process = start_role("nothing", NULL, NULL, 0);
    CHECK_STATUS(send_word(process, 1, HANDLE_INVALID, DEADLINE_POLL), ERR_WRONG_TYPE,
                 "sending to a process");
    CHECK_STATUS(try_recv_word(process, &word, NULL), ERR_WRONG_TYPE, "receiving from one");
    CHECK_STATUS(sys_port_close(process), ERR_WRONG_TYPE, "closing one as a port");
    CHECK_STATUS(sys_process_wait(port, DEADLINE_POLL, NULL), ERR_WRONG_TYPE,
                 "waiting for a port as a process");
    finish(process);

    handle_t forged = port + (1u << HANDLE_INDEX_BITS);
    CHECK_STATUS(send_word(forged, 1, HANDLE_INVALID, DEADLINE_POLL), ERR_INVALID_HANDLE,
                 "the right slot with another generation");
    CHECK_STATUS(send_word(HANDLE_INVALID, 1, HANDLE_INVALID, DEADLINE_POLL), ERR_INVALID_HANDLE,
                 "HANDLE_INVALID");
    CHECK_STATUS(send_word(0xffffffff, 1, HANDLE_INVALID, DEADLINE_POLL), ERR_INVALID_HANDLE,
                 "a number that was never a handle");

    NEED(sys_handle_close(port));
    handle_t next = make_port(2);
    CHECK_STATUS(send_word(port, 1, HANDLE_INVALID, DEADLINE_POLL), ERR_INVALID_HANDLE,
                 "sending to a closed handle after another port was made");
    CHECK_STATUS(try_recv_word(port, &word, NULL), ERR_INVALID_HANDLE, "receiving from it");
    CHECK_STATUS(sys_port_close(port), ERR_INVALID_HANDLE, "closing it");
    CHECK_STATUS(sys_handle_close(port), ERR_INVALID_HANDLE, "closing the handle again");
    CHECK_STATUS(try_recv_word(next, &word, NULL), ERR_EMPTY, "the new port has seen none of it");
}

/* A send that is refused queues nothing and takes nothing. */
TEST(send_errors, 9 * 3 + 2)
{
    handle_t port = make_port(4), other = make_port(1);
    handle_t good = make_sender(other), fixed = duplicate(other, PORT_RIGHT_SEND);
    handle_t list[MESSAGE_MAX_HANDLES + 1] = { good };
    handle_t twice[2] = { good, good }, bad[2] = { good, good + (1u << HANDLE_INDEX_BITS) };
    handle_t without[2] = { good, fixed };
    struct {
        const char *what;
        status_t expected;
        struct message_args out;
    } cases[] = {
        { "too many bytes", ERR_TOO_BIG, outgoing(1, out_data, MESSAGE_MAX_SIZE + 1, &good, 1) },
        { "too many handles", ERR_TOO_BIG, outgoing(1, NULL, 0, list, MESSAGE_MAX_HANDLES + 1) },
        { "reserved not zero", ERR_INVALID_ARGUMENT, outgoing(1, NULL, 0, &good, 1) },
        { "a handle twice", ERR_INVALID_ARGUMENT, outgoing(1, NULL, 0, twice, 2) },
        { "a bad handle after a good one", ERR_INVALID_HANDLE, outgoing(1, NULL, 0, bad, 2) },
        { "a handle without TRANSFER", ERR_PERMISSION_DENIED, outgoing(1, NULL, 0, without, 2) },
        { "data at NULL", ERR_INVALID_ADDRESS, outgoing(1, NULL, 1, &good, 1) },
        { "data in the kernel", ERR_INVALID_ADDRESS,
          outgoing(1, (void *)KERNEL_ADDRESS, 64, &good, 1) },
        { "handles in the kernel", ERR_INVALID_ADDRESS,
          outgoing(1, out_data, 1, (handle_t *)KERNEL_ADDRESS, 1) },
    };
    cases[2].out.header.reserved = 1;
    struct message_args in = incoming(in_data, sizeof(in_data), list, MESSAGE_MAX_HANDLES);
    for (size_t i = 0; i < array_size(cases); i++) {
        CHECK_STATUS(sys_port_send(port, &cases[i].out, DEADLINE_POLL), cases[i].expected,
                     "sending %s", cases[i].what);
        CHECK(handle_alive(good) && handle_alive(fixed), "the handles stay");
        CHECK_STATUS(sys_port_try_recv(port, &in), ERR_EMPTY, "nothing has been queued");
    }
    struct message_args out = outgoing(1, out_data, 1, &good, 1);
    CHECK_STATUS(sys_port_send(port, &out, DEADLINE_POLL), OK, "a message with nothing wrong");
    CHECK_STATUS(sys_port_try_recv(port, &in), OK, "arrives");
}
