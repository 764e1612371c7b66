/* SPDX-License-Identifier: MIT */
/*
 * message_handles.c: lab 1, handles that travel in a message.
 *
 * A handle is moved, not copied: it leaves the sender's table and enters the receiver's
 * with the same object and the same rights under a new number; or, when anything
 * at all is wrong with the message, it stays where it was. The handles here are to the
 * console and to processes, since ports are the next lab's.
 */
#include "user/test/support.h"

#define OBJECTS 6

static handle_t handles[MESSAGE_MAX_HANDLES + 1], received[MESSAGE_MAX_HANDLES + 1];
static handle_t filler[HANDLE_TABLE_MAX];

ROLE(nothing)
{
    return 0;
}

static int64_t no_work(void *argument)
{
    (void)argument;
    return 0;
}

/* A handle that may travel. */
static handle_t traveller(void)
{
    return duplicate(start_handle(START_STDOUT), RIGHTS_SAME);
}

static void make_travellers(size_t count)
{
    for (size_t i = 0; i < count; i++)
        handles[i] = traveller();
}

/* How many of `list` name something. */
static size_t alive(const handle_t *list, size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += handle_alive(list[i]);
    return n;
}

/* Sends the first `count` of `handles` to itself, with room for `room`. */
static status_t loop_handles(uint32_t count, uint32_t room, struct message_args *in)
{
    struct message_args out = outgoing(3, NULL, 0, handles, count);
    memset(received, 0, sizeof(received));
    *in = incoming(NULL, 0, received, room);
    return sys_message_loopback(&out, in);
}

/* Six different objects, in an order that the host chose. */
TEST(move, 4 + OBJECTS * 4)
{
    struct handle_info before[OBJECTS], after;
    handle_t made[OBJECTS];
    unsigned order[OBJECTS];
    uint64_t state = test_seed();
    for (unsigned i = 0; i < OBJECTS; i++) {
        order[i] = i;
        handle_t process = start_role("nothing", NULL, NULL, 0);
        NEED(sys_process_wait(process, DEADLINE_FOREVER, NULL));
        /* Different rights too: each of WAIT and MANAGE or not. */
        made[i] = duplicate(process, RIGHT_TRANSFER | (i & 1 ? RIGHT_WAIT : 0) |
                                         (i & 2 ? RIGHT_MANAGE : 0));
        NEED(sys_handle_close(process));
    }
    for (unsigned i = OBJECTS - 1; i > 0; i--) {
        unsigned j = (unsigned)(test_random(&state) % (i + 1));
        unsigned swap = order[i];
        order[i] = order[j];
        order[j] = swap;
    }
    for (unsigned i = 0; i < OBJECTS; i++) {
        handles[i] = made[order[i]];
        NEED(sys_handle_info(handles[i], &before[i]));
    }
    struct message_args in;
    REQUIRE_STATUS(loop_handles(OBJECTS, OBJECTS, &in), OK, "a message with six handles");
    CHECK_EQ(in.header.handle_count, OBJECTS, "the header counts them");
    CHECK_EQ(alive(handles, OBJECTS), 0, "the old numbers are dead");
    REQUIRE_EQ(alive(received, OBJECTS), OBJECTS, "the new numbers work");

    unsigned positions[OBJECTS];
    for (unsigned i = 0; i < OBJECTS; i++) {
        NEED(sys_handle_info(received[i], &after));
        CHECK_EQ(after.id, before[i].id, "handle %u is to the object sent in its place", i);
        CHECK_EQ(after.type, OBJ_PROCESS, "of the same type");
        CHECK_EQ(after.rights, before[i].rights, "with the same rights");
        CHECK(received[i] != handles[i], "under a new number");
        positions[i] = OBJECTS;
        for (unsigned j = 0; j < OBJECTS; j++)
            if (before[j].id == after.id)
                positions[i] = order[j];
    }
    ANSWER("order", "%u %u %u %u %u %u", positions[0], positions[1], positions[2], positions[3],
           positions[4], positions[5]);
}

/* The number that a moved handle had must not come to name the next object in its slot. */
TEST(stale, 4)
{
    handles[0] = traveller();
    handle_t old = handles[0];
    struct message_args in;
    REQUIRE_STATUS(loop_handles(1, 1, &in), OK, "a message with one handle");
    CHECK_STATUS(sys_handle_close(old), ERR_INVALID_HANDLE, "closing the number it had");
    /* Every free slot is used once, the one it left among them. */
    size_t count = fill_table(received[0], filler);
    CHECK_EQ(alive(&old, 1), 0, "with every slot in use the old number still names nothing");
    handles[0] = old;
    CHECK_STATUS(loop_handles(1, 1, &in), ERR_INVALID_HANDLE, "sending the old number");
    close_all(filler, count);
}

TEST(transfer_right, 2 * 3 + 3)
{
    struct thread *thread = start_thread(no_work, NULL);
    handle_t fixed[] = {
        thread->handle, /* a thread's handle never has TRANSFER */
        duplicate(start_handle(START_STDOUT), RIGHT_WRITE | RIGHT_DUPLICATE),
    };
    struct message_args in;
    for (size_t i = 0; i < array_size(fixed); i++) {
        make_travellers(3);
        handles[1] = fixed[i];
        CHECK_STATUS(loop_handles(3, 3, &in), ERR_PERMISSION_DENIED,
                     "a handle without the TRANSFER right, between two that have it");
        CHECK_EQ(alive(handles, 3), 3, "all three have stayed with the sender");
        CHECK(header_untouched(&in), "and nothing is delivered");
    }
    CHECK_EQ(join_thread(thread), 0, "the thread's handle still works");
    handles[0] = fixed[1];
    CHECK_STATUS(loop_handles(1, 1, &in), ERR_PERMISSION_DENIED, "the same handle alone");
    CHECK(handle_alive(fixed[1]), "stays");
}

TEST(twice, 4 * 2)
{
    static const uint32_t pairs[][2] = { { 0, 1 }, { 0, 63 }, { 62, 63 }, { 17, 40 } };
    struct message_args in;
    make_travellers(MESSAGE_MAX_HANDLES);
    for (size_t i = 0; i < array_size(pairs); i++) {
        handle_t spare = handles[pairs[i][1]];
        handles[pairs[i][1]] = handles[pairs[i][0]];
        CHECK_STATUS(loop_handles(MESSAGE_MAX_HANDLES, MESSAGE_MAX_HANDLES, &in),
                     ERR_INVALID_ARGUMENT, "the same handle in places %u and %u", pairs[i][0],
                     pairs[i][1]);
        handles[pairs[i][1]] = spare;
        CHECK_EQ(alive(handles, MESSAGE_MAX_HANDLES), MESSAGE_MAX_HANDLES, "all stay");
    }
}

TEST(bad_handle, 3 * 6 * 3)
{
    struct message_args in;
    make_travellers(8);
    handle_t closed = traveller();
    NEED(sys_handle_close(closed));
    handle_t bad[] = {
        HANDLE_INVALID,
        closed,
        handles[7] + (1u << HANDLE_INDEX_BITS), /* the next generation */
        handles[7] - (1u << HANDLE_INDEX_BITS),
        HANDLE_TABLE_MAX - 1,
        0xffffffff,
    };
    static const uint32_t places[] = { 0, 3, 7 };
    for (size_t place = 0; place < array_size(places); place++)
        for (size_t i = 0; i < array_size(bad); i++) {
            handle_t *at = &handles[places[place]];
            handle_t spare = *at;
            *at = bad[i];
            CHECK_STATUS(loop_handles(8, 8, &in), ERR_INVALID_HANDLE,
                         "%#x, which names nothing, in place %u of 8", bad[i], places[place]);
            *at = spare;
            CHECK_EQ(alive(handles, 8), 8, "the good ones have stayed");
            CHECK(header_untouched(&in), "and nothing is delivered");
        }
}

TEST(handle_limit, 4 + 4 * 3)
{
    struct message_args in;
    make_travellers(MESSAGE_MAX_HANDLES + 1);
    static const uint32_t counts[] = { MESSAGE_MAX_HANDLES + 1, 0x40000001, 0x80000000, 0xffffffff };
    for (size_t i = 0; i < array_size(counts); i++) {
        CHECK_STATUS(loop_handles(counts[i], MESSAGE_MAX_HANDLES + 1, &in), ERR_TOO_BIG,
                     "a message with %u handles", counts[i]);
        CHECK_EQ(alive(handles, MESSAGE_MAX_HANDLES + 1), MESSAGE_MAX_HANDLES + 1, "all stay");
        CHECK(header_untouched(&in), "and nothing is delivered");
    }
    /* Every traveller is to the same object: that is no reason to refuse. */
    CHECK_STATUS(loop_handles(MESSAGE_MAX_HANDLES, MESSAGE_MAX_HANDLES, &in), OK,
                 "a message with 64 different handles to one object");
    CHECK_EQ(in.header.handle_count, MESSAGE_MAX_HANDLES, "the header counts them");
    CHECK_EQ(alive(received, MESSAGE_MAX_HANDLES), MESSAGE_MAX_HANDLES, "all arrive");
    CHECK_EQ(alive(handles, MESSAGE_MAX_HANDLES), 0, "and have left");
}

TEST(no_room, 3 * 6 + 3)
{
    static const uint32_t rooms[] = { 0, 1, 4 };
    struct message_args in;
    make_travellers(5);
    for (size_t i = 0; i < array_size(rooms); i++) {
        CHECK_STATUS(loop_handles(5, rooms[i], &in), ERR_BUFFER_TOO_SMALL,
                     "five handles where %u fit", rooms[i]);
        CHECK_EQ(in.header.handle_count, 5, "the header tells how many there are");
        CHECK_EQ(in.header.size, 0, "and the size");
        CHECK_EQ(in.header.msg_type, 3, "and the type");
        CHECK_EQ(received[0], 0, "none is delivered");
        CHECK_EQ(alive(handles, 5), 5, "all are still the sender's");
    }
    memset(received, POISON, sizeof(received));
    struct message_args out = outgoing(3, NULL, 0, handles, 5);
    in = incoming(NULL, 0, received, MESSAGE_MAX_HANDLES);
    CHECK_STATUS(sys_message_loopback(&out, &in), OK, "five handles where 64 fit");
    CHECK_EQ(alive(received, 5), 5, "arrive");
    CHECK_EQ(received[5], POISON32, "the rest of the array is left alone");
}

TEST(no_slots, 10)
{
    struct message_args in;
    make_travellers(4);
    size_t count = fill_table(handles[0], filler);
    CHECK(count > HANDLE_TABLE_MAX / 2, "a table has about %u slots", HANDLE_TABLE_MAX);
    CHECK_STATUS(loop_handles(0, 0, &in), OK, "a message without handles needs no slot");
    CHECK_STATUS(loop_handles(4, 4, &in), ERR_NO_SLOTS, "four handles with no slot free");
    CHECK_EQ(in.header.handle_count, 4, "the header tells how many there are");
    CHECK_EQ(alive(handles, 4), 4, "all are still the sender's");

    close_all(filler, 3);
    CHECK_STATUS(loop_handles(4, 4, &in), ERR_NO_SLOTS, "four handles with three slots free");
    CHECK_EQ(alive(handles, 4), 4, "all are still the sender's");
    CHECK_STATUS(loop_handles(3, 3, &in), OK, "three handles with three slots free");
    CHECK_EQ(alive(received, 3), 3, "arrive");
    CHECK_EQ(alive(&handles[3], 1) + alive(filler + 3, count - 3), count - 2,
             "every other handle is as it was");
}
