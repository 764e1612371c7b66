/* SPDX-License-Identifier: MIT */
/*
 * pipe_race.c: lab 4, what happens when a thread is stopped at the worst moment.
 *
 * Run like port_race.c, with counted instructions and short pseudo-random time slices: the running
 * thread is pre-empted anywhere outside a spinlock, in the middle of a copy too. Who loses a wake-up
 * sleeps for ever, and the kernel reports the dead-lock. No deadline may be under way meanwhile.
 */
#include "user/test/pipe_support.h"

#define ROUNDS       4000
#define ROOM_ROUNDS  (PIPE_SIZE / sizeof(uint64_t)) /* so many words fill a pipe */
#define CLOSE_ROUNDS 3000

static struct pipe ping, pong;

/* Ping-pong ------------------------------------------------------------------------ */

static int64_t play_back(void *rounds)
{
    for (uint64_t i = 0, word; i < (uint64_t)rounds; i++) {
        if (sys_pipe_read(ping.read, &word, sizeof(word), DEADLINE_FOREVER) != sizeof(word) || word != i)
            return -1;
        word++;
        if (sys_pipe_write(pong.write, &word, sizeof(word), DEADLINE_FOREVER) != sizeof(word))
            return -2;
    }
    return 0;
}

TEST(lost_wakeup, 4)
{
    ping = make_pipe();
    pong = make_pipe();
    struct thread *thread = start_thread(play_back, (void *)ROUNDS);
    uint64_t word = 0, round = 0, sum = 0;
    status_t sent = sizeof(word), received = sizeof(word);
    for (; round < ROUNDS && sent == sizeof(word) && received == sizeof(word) && word == round; round++) {
        sent = sys_pipe_write(ping.write, &round, sizeof(round), DEADLINE_FOREVER);
        received = sys_pipe_read(pong.read, &word, sizeof(word), DEADLINE_FOREVER);
        sum += word;
    }
    CHECK_STATUS(sent, sizeof(word), "writing in %u rounds of question and answer", ROUNDS);
    CHECK_STATUS(received, sizeof(word), "reading the answers");
    CHECK_EQ(sum, (uint64_t)ROUNDS * (ROUNDS + 1) / 2, "each answer comes once and in its turn");
    NEED(sys_handle_close(ping.write)); /* lets the other side end after a wrong answer */
    CHECK_EQ(join_thread(thread), 0, "the other side has got every question");
}

/*
 * The same for writers, at a pipe that is always full: each of its words waits for room until one is read. The
 * answer goes through another pipe: a reader that went on reading would make good for a lost wake-up.
 */
static int64_t produce(void *rounds)
{
    for (uint64_t i = 0; i < (uint64_t)rounds; i++)
        if (sys_pipe_write(ping.write, &i, sizeof(i), DEADLINE_FOREVER) != sizeof(i) ||
            sys_pipe_write(pong.write, &i, sizeof(i), DEADLINE_FOREVER) != sizeof(i))
            return (int64_t)i + 1;
    return 0;
}

TEST(lost_room, 4)
{
    ping = make_pipe();
    pong = make_pipe();
    fill_pipe(&ping, 0);
    struct thread *thread = start_thread(produce, (void *)ROOM_ROUNDS);
    status_t st = sizeof(uint64_t);
    uint64_t word = 0, wrong = 0;
    for (uint64_t i = 0; i < ROOM_ROUNDS && st == sizeof(word) && wrong == 0; i++) {
        st = get(&ping, sizeof(word), DEADLINE_FOREVER);
        wrong = sys_pipe_read(pong.read, &word, sizeof(word), DEADLINE_FOREVER) != sizeof(word) || word != i;
    }
    CHECK_STATUS(st, sizeof(uint64_t), "reading a full pipe word by word, with a writer waiting for room");
    CHECK_EQ(wrong, 0, "each time the writer gets its room");
    for (uint64_t i = 0; i < ROOM_ROUNDS && wrong == 0; i++)
        wrong = sys_pipe_read(ping.read, &word, sizeof(word), DEADLINE_FOREVER) != sizeof(word) || word != i;
    CHECK_EQ(wrong, 0, "what it wrote is in the pipe, in order to the last");
    NEED(sys_handle_close(ping.read));
    CHECK_EQ(join_thread(thread), 0, "the writer has written all");
}

/* Many on both sides ------------------------------------------------------------------ */

#define WRITERS 4
#define READERS 3
#define RECORDS 150

/* A record: length, writer, number; then bytes that follow from those. */
struct record {
    uint16_t size;
    uint8_t writer;
    uint8_t number;
};

static uint8_t scratch[WRITERS + READERS][PIPE_BUF];

static uint8_t filler(const struct record *record, size_t i)
{
    return (uint8_t)(record->writer * 85 + record->number * 7 + i * 3);
}

static int64_t write_records(void *argument)
{
    uint64_t writer = (uint64_t)argument, sizes = test_seed() + writer;
    for (unsigned i = 0; i < RECORDS; i++) {
        /* Mostly small ones; but PIPE_BUF itself too, which must not be torn either. */
        size_t size = i % 16 == 15 ? PIPE_BUF : sizeof(struct record) + test_random(&sizes) % 1200;
        struct record record = { (uint16_t)size, (uint8_t)writer, (uint8_t)i };
        memcpy(scratch[writer], &record, sizeof(record));
        for (size_t k = sizeof(record); k < size; k++)
            scratch[writer][k] = filler(&record, k);
        if (sys_pipe_write(ping.write, scratch[writer], size, DEADLINE_FOREVER) != (status_t)size)
            return (int64_t)i + 1;
    }
    return 0;
}

/* Exactly n bytes; false at the end. */
static bool read_exactly(handle_t pipe, uint8_t *to, size_t n)
{
    while (n > 0) {
        status_t st = sys_pipe_read(pipe, to, n, DEADLINE_FOREVER);
        if (st <= 0)
            return false;
        to += st;
        n -= (size_t)st;
    }
    return true;
}

TEST(atomic, WRITERS + 3)
{
    struct thread *threads[WRITERS];
    unsigned next[WRITERS] = { 0 }, torn = 0, out_of_order = 0, records = 0;
    ping = make_pipe();
    for (uint64_t i = 0; i < WRITERS; i++)
        threads[i] = start_thread(write_records, (void *)i);
    for (; records < WRITERS * RECORDS && torn == 0; records++) {
        struct record record;
        uint8_t *bytes = scratch[WRITERS];
        if (!read_exactly(ping.read, bytes, sizeof(record)))
            break;
        memcpy(&record, bytes, sizeof(record));
        torn += record.size < sizeof(record) || record.size > PIPE_BUF || record.writer >= WRITERS;
        if (torn > 0 || !read_exactly(ping.read, bytes, record.size - sizeof(record)))
            break;
        for (size_t k = sizeof(record); k < record.size; k++)
            torn += bytes[k - sizeof(record)] != filler(&record, k);
        out_of_order += torn == 0 && record.number != next[record.writer]++ % 256;
    }
    CHECK_EQ(torn, 0, "no record of %d writers is torn, up to record %u", WRITERS, records);
    CHECK_EQ(out_of_order, 0, "each writer's come in its order");
    CHECK_EQ(records, WRITERS * RECORDS, "all of them come");
    NEED(sys_handle_close(ping.read)); /* lets the writers end after a torn one */
    for (int i = 0; i < WRITERS; i++)
        CHECK_EQ(join_thread(threads[i]), 0, "writer %d has written all", i);
}

static int64_t sum_bytes(void *argument)
{
    uint8_t *bytes = scratch[WRITERS + (uint64_t)argument];
    uint64_t sum = 0, sizes = test_seed() ^ (uint64_t)argument;
    status_t st;
    while ((st = sys_pipe_read(ping.read, bytes, 1 + test_random(&sizes) % PIPE_BUF, DEADLINE_FOREVER)) > 0)
        for (status_t i = 0; i < st; i++)
            sum += bytes[i] + 0x100000000; /* the count in the upper half */
    return st == 0 ? (int64_t)sum : -1;
}

static uint64_t expected_sum(void)
{
    uint64_t sum = 0;
    for (uint64_t writer = 0; writer < WRITERS; writer++) {
        uint64_t sizes = test_seed() + writer;
        for (unsigned i = 0; i < RECORDS; i++) {
            size_t size = i % 16 == 15 ? PIPE_BUF : sizeof(struct record) + test_random(&sizes) % 1200;
            struct record record = { (uint16_t)size, (uint8_t)writer, (uint8_t)i };
            sum += (record.size & 255) + (record.size >> 8) + record.writer + record.number;
            for (size_t k = sizeof(record); k < size; k++)
                sum += filler(&record, k);
            sum += (uint64_t)size << 32;
        }
    }
    return sum;
}

TEST(crowd, WRITERS + 2)
{
    struct thread *writers[WRITERS], *readers[READERS];
    uint64_t sum = 0, expected = expected_sum();
    ping = make_pipe();
    for (uint64_t i = 0; i < READERS; i++)
        readers[i] = start_thread(sum_bytes, (void *)i);
    for (uint64_t i = 0; i < WRITERS; i++)
        writers[i] = start_thread(write_records, (void *)i);
    for (int i = 0; i < WRITERS; i++)
        CHECK_EQ(join_thread(writers[i]), 0, "writer %d has written all", i);
    NEED(sys_handle_close(ping.write));
    for (int i = 0; i < READERS; i++)
        sum += (uint64_t)join_thread(readers[i]);
    CHECK_EQ(sum >> 32, expected >> 32, "%d readers get as many bytes as were written", READERS);
    CHECK_EQ(sum & UINT32_MAX, expected & UINT32_MAX, "and those bytes, each exactly once");
}

/* Without waiting ------------------------------------------------------------------------ */

#define POLLERS   3
#define POLL_SIZE 16

static int64_t poll_out(void *argument)
{
    uint8_t bytes[POLL_SIZE];
    int64_t count = 0;
    (void)argument;
    while (sys_pipe_read(ping.read, bytes, sizeof(bytes), DEADLINE_POLL) == sizeof(bytes))
        count += sizeof(bytes);
    return count;
}

static int64_t poll_in(void *argument)
{
    static const uint8_t bytes[POLL_SIZE];
    int64_t count = 0;
    (void)argument;
    while (sys_pipe_write(ping.write, bytes, sizeof(bytes), DEADLINE_POLL) == sizeof(bytes))
        count += sizeof(bytes);
    return count;
}

/* Whoever gives up found the pipe full, or empty. That another was just copying is no reason. */
static void poll_in_turn(int64_t (*run)(void *), const char *what)
{
    struct thread *threads[POLLERS];
    int64_t count = 0;
    uint8_t byte = 0;
    for (int i = 0; i < POLLERS; i++)
        threads[i] = start_thread(run, NULL);
    count += join_thread(threads[0]);
    status_t st = run == poll_in ? sys_pipe_write(ping.write, &byte, 1, DEADLINE_POLL)
                                 : sys_pipe_read(ping.read, &byte, 1, DEADLINE_POLL);
    CHECK_STATUS(st, ERR_TIMED_OUT, "when the first of them gives up, it is %s", what);
    for (int i = 1; i < POLLERS; i++)
        count += join_thread(threads[i]);
    CHECK_EQ(count, PIPE_SIZE, "together they have made it %s", what);
}

TEST(poll_race, 4)
{
    ping = make_pipe();
    poll_in_turn(poll_in, "full");
    poll_in_turn(poll_out, "empty");
}

/* Closing --------------------------------------------------------------------------------- */

static handle_t order, report;

/* Takes a reading end's number from `order`, reads until the end, and reports what that answered last. */
static int64_t read_ordered(void *argument)
{
    uint64_t pipe, byte;
    (void)argument;
    while (recv_word(order, &pipe, NULL, DEADLINE_FOREVER) == OK) {
        status_t st;
        while ((st = sys_pipe_read((handle_t)pipe, &byte, 1, DEADLINE_FOREVER)) > 0) {
        }
        if (send_word(report, (uint64_t)st, HANDLE_INVALID, DEADLINE_POLL) != OK)
            return 1;
    }
    return 0;
}

static int64_t write_ordered(void *argument)
{
    uint64_t pipe, byte = 0;
    (void)argument;
    while (recv_word(order, &pipe, NULL, DEADLINE_FOREVER) == OK) {
        status_t st;
        while ((st = sys_pipe_write((handle_t)pipe, &byte, 1, DEADLINE_FOREVER)) > 0) {
        }
        if (send_word(report, (uint64_t)st, HANDLE_INVALID, DEADLINE_POLL) != OK)
            return 1;
    }
    return 0;
}

TEST(close_and_read, 3)
{
    order = make_port(1);
    report = make_port(1);
    struct thread *thread = start_thread(read_ordered, NULL);
    uint64_t answer = 0;
    unsigned round = 0;
    for (; round < CLOSE_ROUNDS && answer == 0; round++) {
        struct pipe pipe = make_pipe();
        NEED(send_word(order, pipe.read, HANDLE_INVALID, DEADLINE_POLL));
        if (round % 3 == 0)
            NEED(put(&pipe, 1, DEADLINE_POLL));
        if (round % 4 != 0)
            sys_thread_yield(); /* so that the other thread is somewhere in read */
        NEED(sys_handle_close(pipe.write));
        NEED(recv_word(report, &answer, NULL, DEADLINE_FOREVER));
        NEED(sys_handle_close(pipe.read));
    }
    CHECK_STATUS((status_t)answer, 0, "the last writer closes while another thread reads, round %u", round);
    CHECK_EQ(round, CLOSE_ROUNDS, "all rounds are played");
    NEED(sys_port_close(order));
    CHECK_EQ(join_thread(thread), 0, "the reader ends");
}

TEST(close_and_write, 3)
{
    order = make_port(1);
    report = make_port(1);
    struct thread *thread = start_thread(write_ordered, NULL);
    uint64_t answer = (uint64_t)(status_t)ERR_PEER_CLOSED;
    unsigned round = 0;
    for (; round < CLOSE_ROUNDS / 4 && (status_t)answer == ERR_PEER_CLOSED; round++) {
        struct pipe pipe = make_pipe();
        fill_pipe(&pipe, round % 3 == 0);
        NEED(send_word(order, pipe.write, HANDLE_INVALID, DEADLINE_POLL));
        if (round % 4 != 0)
            sys_thread_yield();
        NEED(sys_handle_close(pipe.read));
        NEED(recv_word(report, &answer, NULL, DEADLINE_FOREVER));
        NEED(sys_handle_close(pipe.write));
    }
    CHECK_STATUS((status_t)answer, ERR_PEER_CLOSED,
                 "the last reader closes while another thread writes, round %u", round);
    CHECK_EQ(round, CLOSE_ROUNDS / 4, "all rounds are played");
    NEED(sys_port_close(order));
    CHECK_EQ(join_thread(thread), 0, "the writer ends");
}

/* One write to a pipe whose last writing handle closes meanwhile. */
static int64_t write_once_ordered(void *argument)
{
    uint64_t pipe;
    (void)argument;
    while (recv_word(order, &pipe, NULL, DEADLINE_FOREVER) == OK) {
        status_t st = sys_pipe_write((handle_t)pipe, scratch[0], PIPE_BUF, DEADLINE_FOREVER);
        if (send_word(report, (uint64_t)st, HANDLE_INVALID, DEADLINE_POLL) != OK)
            return 1;
    }
    return 0;
}

/* The end, once it has been read, is the end; and a writer that is told its bytes went has not been lied to. */
TEST(close_while_writing, 5)
{
    order = make_port(1);
    report = make_port(1);
    struct thread *thread = start_thread(write_once_ordered, NULL);
    unsigned round = 0, revived = 0, lied = 0, strange = 0, gone = 0;
    for (; round < CLOSE_ROUNDS && revived + lied + strange == 0; round++) {
        struct pipe pipe = make_pipe();
        uint64_t answer;
        status_t st, got = 0;
        NEED(send_word(order, pipe.write, HANDLE_INVALID, DEADLINE_POLL));
        sys_thread_yield(); /* so that the other thread is somewhere in write */
        NEED(sys_handle_close(pipe.write));
        while ((st = sys_pipe_read(pipe.read, pipe_buffer, PIPE_BUF, DEADLINE_FOREVER)) > 0)
            got += st;
        NEED(recv_word(report, &answer, NULL, DEADLINE_FOREVER));
        revived += sys_pipe_read(pipe.read, pipe_buffer, PIPE_BUF, DEADLINE_POLL) != 0;
        st = (status_t)answer;
        strange += st != PIPE_BUF && st != ERR_CANCELED && st != ERR_INVALID_HANDLE;
        lied += got != (st > 0 ? st : 0);
        gone += st > 0;
        NEED(sys_handle_close(pipe.read));
    }
    CHECK_EQ(revived, 0, "no bytes come after the end, round %u", round);
    CHECK_EQ(lied, 0, "what a writer says has gone is what came, round %u", round);
    CHECK_EQ(strange, 0, "a write goes whole, or says why not");
    NEED(sys_port_close(order));
    CHECK_EQ(join_thread(thread), 0, "the writer ends");
    CHECK(gone > 0, "some writes are in time");
}
