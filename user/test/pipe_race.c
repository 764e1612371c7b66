/* SPDX-License-Identifier: MIT */
/*
 * pipe_race.c: lab 4, what happens when a thread is stopped at the worst moment.
 *
 * Meant to be run like port_race.c: instructions counted, time slices short and pseudo-random. Who loses a wake-up
 * sleeps for ever, and the kernel reports the dead-lock. No deadline may be under way meanwhile.
 */
#include "user/test/support.h"

#define ROUNDS       3000
#define CLOSE_ROUNDS 3000

static struct pipe_ends there, back;

/* Ping-pong: each byte waits for the one before ------------------------------------------- */

static int64_t echo(void *argument)
{
    uint8_t byte;
    (void)argument;
    for (;;) {
        status_t st = sys_pipe_read(there.reader, &byte, 1, DEADLINE_FOREVER);
        if (st <= 0)
            return st;
        if (sys_pipe_write(back.writer, &byte, 1, DEADLINE_FOREVER) != 1)
            return -1;
    }
}

TEST(ping_pong, 3)
{
    there = make_pipe();
    back = make_pipe();
    struct thread *thread = start_thread(echo, NULL);
    unsigned round = 0, wrong = 0;
    for (; round < ROUNDS && wrong == 0; round++) {
        uint8_t byte = (uint8_t)round, answer = (uint8_t)~byte;
        wrong += sys_pipe_write(there.writer, &byte, 1, DEADLINE_FOREVER) != 1;
        wrong += sys_pipe_read(back.reader, &answer, 1, DEADLINE_FOREVER) != 1;
        wrong += answer != byte;
    }
    CHECK_EQ(wrong, 0, "each byte comes back, round %u", round);
    CHECK_EQ(round, ROUNDS, "all rounds are played");
    NEED(sys_handle_close(there.writer));
    CHECK_EQ(join_thread(thread), 0, "the other side sees the end");
}

/* The same for room: the pipe is full, and each piece waits for the one read that makes room for it. */
static int64_t refill(void *argument)
{
    static uint8_t piece[PIPE_BUF];
    (void)argument;
    for (unsigned i = 0; i < ROUNDS; i++)
        if (sys_pipe_write(there.writer, piece, sizeof piece, DEADLINE_FOREVER) != sizeof piece ||
            sys_pipe_write(back.writer, piece, 1, DEADLINE_FOREVER) != 1)
            return 1;
    return 0;
}

TEST(room, 3)
{
    static uint8_t bytes[PIPE_SIZE];
    there = make_pipe();
    back = make_pipe();
    NEED(sys_pipe_write(there.writer, bytes, sizeof bytes, DEADLINE_POLL));
    struct thread *thread = start_thread(refill, NULL);
    unsigned round = 0, wrong = 0;
    for (; round < ROUNDS && wrong == 0; round++) {
        wrong += sys_pipe_read(there.reader, bytes, PIPE_BUF, DEADLINE_FOREVER) != PIPE_BUF;
        wrong += sys_pipe_read(back.reader, bytes, 1, DEADLINE_FOREVER) != 1;
    }
    CHECK_EQ(wrong, 0, "each piece is read, and the next one written, round %u", round);
    CHECK_EQ(round, ROUNDS, "all rounds are played");
    CHECK_EQ(join_thread(thread), 0, "the writer has got room every time");
}

/* A full pipe: now the writer waits for room, now the reader for bytes. */
#define CHUNK 3000
#define TOTAL (CHUNK * 1000u)

static int64_t produce(void *argument)
{
    static uint8_t chunk[CHUNK];
    (void)argument;
    for (unsigned i = 0; i < TOTAL / CHUNK; i++) {
        memset(chunk, (int)(i & 0xff), sizeof chunk);
        if (sys_pipe_write(there.writer, chunk, sizeof chunk, DEADLINE_FOREVER) != CHUNK)
            return 1;
    }
    return sys_handle_close(there.writer);
}

TEST(flood, 4)
{
    static uint8_t bytes[50000];
    there = make_pipe();
    struct thread *thread = start_thread(produce, NULL);
    uint64_t state = test_seed(), read = 0, wrong = 0;
    status_t n;
    do {
        n = sys_pipe_read(there.reader, bytes, test_random(&state) % sizeof bytes + 1, DEADLINE_FOREVER);
        for (status_t i = 0; i < n; i++, read++)
            wrong += bytes[i] != (uint8_t)(read / CHUNK);
    } while (n > 0);
    CHECK_STATUS(n, 0, "reading to the end");
    CHECK_EQ(read, TOTAL, "every byte comes");
    CHECK_EQ(wrong, 0, "in its place");
    CHECK_EQ(join_thread(thread), 0, "the writer has got room every time");
}

/* Nothing is torn ------------------------------------------------------------------------ */

#define WRITERS 4
#define PIECES  120

/* Each piece says who wrote it and how long it is; all its bytes are the same. */
struct piece_head {
    uint8_t writer, number;
    uint16_t size; /* the head included */
};

static int64_t write_pieces(void *argument)
{
    static uint8_t bytes[WRITERS][PIPE_BUF];
    uint64_t writer = (uint64_t)argument, state = test_seed() + writer;
    uint8_t *piece = bytes[writer];
    for (unsigned i = 0; i < PIECES; i++) {
        size_t size = sizeof(struct piece_head) + test_random(&state) % (PIPE_BUF - 4 + 1);
        struct piece_head head = { (uint8_t)writer, (uint8_t)i, (uint16_t)size };
        memset(piece, (int)(writer * 16 + i % 16), size);
        memcpy(piece, &head, sizeof head);
        if (sys_pipe_write(there.writer, piece, size, DEADLINE_FOREVER) != (status_t)size)
            return 1;
    }
    return 0;
}

static bool read_exactly(uint8_t *to, size_t size)
{
    for (size_t have = 0; have < size;) {
        status_t n = sys_pipe_read(there.reader, to + have, size - have, DEADLINE_FOREVER);
        if (n <= 0)
            return false;
        have += (size_t)n;
    }
    return true;
}

static bool whole(const uint8_t *bytes, const struct piece_head *head, unsigned expected)
{
    if (head->writer >= WRITERS || head->number != (uint8_t)expected)
        return false;
    for (size_t i = 0; i < head->size - sizeof *head; i++)
        if (bytes[i] != head->writer * 16 + head->number % 16)
            return false;
    return true;
}

TEST(untorn, WRITERS + 3)
{
    static uint8_t bytes[PIPE_BUF];
    struct thread *threads[WRITERS];
    unsigned next[WRITERS] = { 0 }, pieces = 0;
    there = make_pipe();
    for (uint64_t i = 0; i < WRITERS; i++)
        threads[i] = start_thread(write_pieces, (void *)i);
    bool ok = true;
    while (ok && pieces < WRITERS * PIECES) {
        struct piece_head head = { 0 };
        ok = read_exactly((uint8_t *)&head, sizeof head) && head.writer < WRITERS &&
             head.size >= sizeof head && head.size <= PIPE_BUF;
        ok = ok && read_exactly(bytes, head.size - sizeof head);
        ok = ok && whole(bytes, &head, next[head.writer]);
        if (ok) {
            next[head.writer]++;
            pieces++;
        }
    }
    CHECK(ok, "piece %u is whole, and its writer's next one", pieces);
    CHECK_EQ(pieces, WRITERS * PIECES, "all pieces come");
    if (!ok)
        sys_handle_close(there.reader); /* lets the writers end */
    for (int i = 0; i < WRITERS; i++)
        CHECK_EQ(join_thread(threads[i]), 0, "writer %d has written all of its pieces", i);
    CHECK_STATUS(sys_pipe_read(ok ? there.reader : HANDLE_INVALID, bytes, 1, DEADLINE_POLL), ERR_TIMED_OUT,
                 "and nothing more");
}

/* Closing ---------------------------------------------------------------------------------- */

static handle_t order, report;

/* Takes a handle from `order`, reads from it or writes to it, and reports the answer. */
static int64_t use_ordered(void *writes)
{
    static uint8_t bytes[PIPE_SIZE + 1];
    uint64_t end;
    while (recv_word(order, &end, NULL, DEADLINE_FOREVER) == OK) {
        status_t st = writes != NULL
                          ? sys_pipe_write((handle_t)end, bytes, sizeof bytes, DEADLINE_FOREVER)
                          : sys_pipe_read((handle_t)end, bytes, 1, DEADLINE_FOREVER);
        if (send_word(report, (uint64_t)st, HANDLE_INVALID, DEADLINE_POLL) != OK)
            return 1;
    }
    return 0;
}

/* Closes the other end while the thread is somewhere in its call. */
static void close_under(void *writes, status_t expected, const char *what)
{
    order = make_port(1);
    report = make_port(1);
    struct thread *thread = start_thread(use_ordered, writes);
    uint64_t answer = (uint64_t)expected;
    unsigned round = 0;
    for (; round < CLOSE_ROUNDS && (status_t)answer == expected; round++) {
        struct pipe_ends pipe = make_pipe();
        handle_t used = writes != NULL ? pipe.writer : pipe.reader;
        NEED(send_word(order, used, HANDLE_INVALID, DEADLINE_POLL));
        if (round % 4 != 0)
            sys_thread_yield();
        NEED(sys_handle_close(writes != NULL ? pipe.reader : pipe.writer));
        NEED(recv_word(report, &answer, NULL, DEADLINE_FOREVER));
        NEED(sys_handle_close(used));
        if (writes != NULL && (status_t)answer == PIPE_SIZE)
            answer = (uint64_t)expected; /* all that fits had gone before the reader went */
    }
    CHECK_STATUS((status_t)answer, expected, "%s, round %u", what, round);
    CHECK_EQ(round, CLOSE_ROUNDS, "all rounds are played");
    NEED(sys_port_close(order));
    CHECK_EQ(join_thread(thread), 0, "the other thread ends");
}

TEST(close_and_read, 3)
{
    close_under(NULL, 0, "reading from a pipe whose writer is closing");
}

TEST(close_and_write, 3)
{
    close_under((void *)1, ERR_PEER_CLOSED, "writing to a pipe whose reader is closing");
}
