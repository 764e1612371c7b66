/* SPDX-License-Identifier: MIT */
/*
 * pipe_wait.c: lab 4, threads that wait at a pipe: for bytes, for room, for their turn, until a deadline, until
 * an end closes, until they are killed.
 *
 * settle() lets every other thread run until it blocks. When a wake-up is missing, nobody
 * is left who can run while the case joins the sleeper: the kernel reports the dead-lock.
 */
#include "user/test/support.h"

#define WAITERS 6

/* One thread's call and what came of it. */
struct wait {
    struct thread *thread;
    handle_t end;
    uint64_t deadline;
    size_t size;
    status_t st;
    uint32_t returned;
    uint8_t first; /* the first byte that was read, or that is to be written throughout */
    uint8_t bytes[2 * PIPE_SIZE];
};

static struct wait waits[WAITERS + 1];

static int64_t read_some(void *argument)
{
    struct wait *wait = argument;
    wait->st = sys_pipe_read(wait->end, wait->bytes, wait->size, wait->deadline);
    wait->first = wait->bytes[0];
    __atomic_store_n(&wait->returned, 1, __ATOMIC_RELEASE);
    return wait->st;
}

static int64_t write_some(void *argument)
{
    struct wait *wait = argument;
    wait->st = sys_pipe_write(wait->end, wait->bytes, wait->size, wait->deadline);
    __atomic_store_n(&wait->returned, 1, __ATOMIC_RELEASE);
    return wait->st;
}

/* Starts a thread and lets it run until it waits. */
static void begin(struct wait *wait, int64_t (*call)(void *), handle_t end, size_t size, uint8_t fill,
                  uint64_t deadline)
{
    wait->end = end;
    wait->size = size;
    wait->deadline = deadline;
    wait->returned = 0;
    memset(wait->bytes, fill, size);
    wait->thread = start_thread(call, wait);
    settle();
}

static bool returned(struct wait *wait)
{
    return __atomic_load_n(&wait->returned, __ATOMIC_ACQUIRE);
}

static status_t put(struct pipe_ends pipe, const void *from, size_t n)
{
    return sys_pipe_write(pipe.writer, from, n, DEADLINE_POLL);
}

static status_t take(struct pipe_ends pipe, void *to, size_t n)
{
    return sys_pipe_read(pipe.reader, to, n, DEADLINE_POLL);
}

static uint8_t data[2 * PIPE_SIZE];

static struct pipe_ends full_pipe(void)
{
    struct pipe_ends pipe = make_pipe();
    NEED(put(pipe, data, PIPE_SIZE));
    return pipe;
}

TEST(read_waits, 6)
{
    struct pipe_ends pipe = make_pipe();
    begin(&waits[0], read_some, pipe.reader, 100, POISON, DEADLINE_FOREVER);
    CHECK(!returned(&waits[0]), "reading from an empty pipe waits");
    CHECK_STATUS(put(pipe, "hello", 5), 5, "five bytes are written");
    CHECK_STATUS(join_thread(waits[0].thread), 5, "they wake the reader, who does not wait for more");
    CHECK_EQ(waits[0].first, 'h', "and has got them");
    begin(&waits[0], read_some, pipe.reader, 100, POISON, deadline_after(1000));
    CHECK_STATUS(sys_pipe_write(pipe.writer, "x", 1, DEADLINE_FOREVER), 1, "the same with a deadline");
    CHECK_STATUS(join_thread(waits[0].thread), 1, "long before which the reader wakes");
}

TEST(write_waits, 12)
{
    struct pipe_ends pipe = full_pipe();
    begin(&waits[0], write_some, pipe.writer, 100, 'w', DEADLINE_FOREVER);
    CHECK(!returned(&waits[0]), "writing to a full pipe waits");
    CHECK_STATUS(take(pipe, data, 99), 99, "99 bytes of room");
    settle();
    CHECK(!returned(&waits[0]), "are not enough for 100 that must not be torn");
    CHECK_STATUS(take(pipe, data, 1), 1, "one more");
    CHECK_STATUS(join_thread(waits[0].thread), 100, "is: it wakes the writer, who has written all");
    CHECK_STATUS(put(pipe, "x", 1), ERR_TIMED_OUT, "and taken the room");
    /* A long write goes on until all of it has gone. */
    begin(&waits[0], write_some, pipe.writer, 2 * PIPE_SIZE, 'l', DEADLINE_FOREVER);
    uint64_t read = 0;
    status_t n;
    CHECK(!returned(&waits[0]), "a write of 128 KiB waits too");
    while (read < 2 * PIPE_SIZE && (n = sys_pipe_read(pipe.reader, data, 5000, DEADLINE_FOREVER)) > 0)
        read += (uint64_t)n;
    CHECK(read >= 2 * PIPE_SIZE, "until so much has been read");
    CHECK_STATUS(join_thread(waits[0].thread), 2 * PIPE_SIZE, "and then all of it has been written");
    n = take(pipe, data, sizeof data);
    CHECK_EQ(read + (uint64_t)(n > 0 ? n : 0), 3 * PIPE_SIZE, "what came out is what went in");
    begin(&waits[0], read_some, pipe.reader, 1, POISON, DEADLINE_FOREVER);
    CHECK_STATUS(put(pipe, "y", 1), 1, "afterwards the pipe works");
    CHECK_STATUS(join_thread(waits[0].thread), 1, "as before");
}

TEST(deadlines, 15)
{
    struct pipe_ends pipe = make_pipe();
    uint64_t deadline = clock_now() + NS_PER_MS;
    CHECK_STATUS(sys_pipe_read(pipe.reader, data, 1, deadline), ERR_TIMED_OUT, "a reader gives up");
    uint64_t late = clock_now() - deadline;
    CHECK(late < NS_PER_MS, "at its deadline");
    NEED(put(pipe, data, PIPE_SIZE));
    deadline = clock_now() + NS_PER_MS;
    CHECK_STATUS(sys_pipe_write(pipe.writer, data, 1, deadline), ERR_TIMED_OUT, "a writer gives up");
    late = clock_now() - deadline;
    CHECK(late < NS_PER_MS, "at its deadline");
    NEED(take(pipe, data, 5000));
    CHECK_STATUS(sys_pipe_write(pipe.writer, data, 10000, clock_now() + NS_PER_MS), 5000,
                 "a long write tells what has gone by its deadline");
    CHECK_STATUS(sys_pipe_write(pipe.writer, data, 10000, clock_now() + NS_PER_MS), ERR_TIMED_OUT,
                 "nothing, if none has");
    CHECK_STATUS(take(pipe, data, sizeof data), PIPE_SIZE, "that is what is there");

    /* Who has given up is not there any more, and its turn is the next one's. */
    begin(&waits[0], read_some, pipe.reader, 10, POISON, clock_now() + NS_PER_MS);
    begin(&waits[1], read_some, pipe.reader, 10, POISON, DEADLINE_FOREVER);
    CHECK_STATUS(join_thread(waits[0].thread), ERR_TIMED_OUT, "the first of two readers times out");
    CHECK(!returned(&waits[1]), "the second goes on waiting");
    CHECK_STATUS(put(pipe, "abc", 3), 3, "bytes come");
    CHECK_STATUS(join_thread(waits[1].thread), 3, "for the second");
    NEED(put(pipe, data, PIPE_SIZE));
    begin(&waits[0], write_some, pipe.writer, 10, 'a', clock_now() + NS_PER_MS);
    begin(&waits[1], write_some, pipe.writer, 10, 'b', DEADLINE_FOREVER);
    CHECK_STATUS(join_thread(waits[0].thread), ERR_TIMED_OUT, "the first of two writers times out");
    NEED(take(pipe, data, PIPE_SIZE));
    CHECK_STATUS(join_thread(waits[1].thread), 10, "the room is for the second");
    CHECK_STATUS(take(pipe, data, 100), 10, "who alone has written");
    CHECK_EQ(data[0], 'b', "what it wanted");
}

TEST(last_writer, WAITERS + 4)
{
    struct pipe_ends pipe = make_pipe();
    handle_t second = duplicate(pipe.writer, RIGHTS_SAME);
    for (int i = 0; i < WAITERS; i++)
        begin(&waits[i], read_some, pipe.reader, 10, POISON, DEADLINE_FOREVER);
    NEED(sys_handle_close(pipe.writer));
    settle();
    CHECK(!returned(&waits[0]), "while one writer is left, readers wait");
    CHECK_STATUS(sys_handle_close(second), OK, "the last one closes");
    for (int i = 0; i < WAITERS; i++)
        CHECK_STATUS(join_thread(waits[i].thread), 0, "reader %d wakes at the end of the pipe", i);
    CHECK_STATUS(take(pipe, data, 1), 0, "and it stays the end");
    CHECK_STATUS(sys_handle_close(pipe.reader), OK, "the pipe goes");
}

TEST(last_reader, WAITERS + 5)
{
    struct pipe_ends pipe = full_pipe();
    handle_t second = duplicate(pipe.reader, RIGHTS_SAME);
    for (int i = 0; i < WAITERS; i++)
        begin(&waits[i], write_some, pipe.writer, 10, 'w', DEADLINE_FOREVER);
    NEED(sys_handle_close(pipe.reader));
    settle();
    CHECK(!returned(&waits[0]), "while one reader is left, writers wait");
    CHECK_STATUS(sys_handle_close(second), OK, "the last one closes");
    for (int i = 0; i < WAITERS; i++)
        CHECK_STATUS(join_thread(waits[i].thread), ERR_PEER_CLOSED, "writer %d wakes", i);
    /* A long write that has moved bytes says so first. */
    struct pipe_ends other = make_pipe();
    begin(&waits[0], write_some, other.writer, PIPE_SIZE + 100, 'w', DEADLINE_FOREVER);
    NEED(take(other, data, 50));
    settle();
    CHECK_STATUS(sys_handle_close(other.reader), OK, "a reader goes in the middle of a long write");
    status_t st = join_thread(waits[0].thread);
    CHECK(st == PIPE_SIZE || st == PIPE_SIZE + 50, "which returns what it has moved: %lld", (long long)st);
    CHECK_STATUS(put(other, "x", 1), ERR_PEER_CLOSED, "and the next one the error");
}

TEST(own_end, 4)
{
    struct pipe_ends pipe = make_pipe();
    begin(&waits[0], read_some, pipe.reader, 10, POISON, DEADLINE_FOREVER);
    CHECK_STATUS(sys_handle_close(pipe.reader), OK, "the end at which a thread reads is closed under it");
    CHECK_STATUS(join_thread(waits[0].thread), ERR_CANCELED, "its wait is called off");
    pipe = full_pipe();
    begin(&waits[0], write_some, pipe.writer, 10, 'w', DEADLINE_FOREVER);
    CHECK_STATUS(sys_handle_close(pipe.writer), OK, "the same at the end where one writes");
    CHECK_STATUS(join_thread(waits[0].thread), ERR_CANCELED, "its wait is called off");
}

ROLE(reader)
{
    static uint8_t bytes[10];
    return (int)sys_pipe_read(start_handle(START_USER), bytes, sizeof bytes, DEADLINE_FOREVER);
}

ROLE(writer)
{
    while (sys_pipe_write(start_handle(START_USER), data, 1000, DEADLINE_FOREVER) > 0) {
    }
    return 0;
}

TEST(kill_reader, 6)
{
    struct pipe_ends pipe = make_pipe();
    handle_t end = duplicate(pipe.reader, RIGHTS_SAME);
    handle_t process = start_role("reader", NULL, &end, 1);
    settle();
    begin(&waits[0], read_some, pipe.reader, 10, POISON, DEADLINE_FOREVER);
    CHECK_STATUS(sys_process_kill(process), OK, "a process that waits for bytes is killed");
    CHECK_EQ(finish(process).reason, EXIT_KILLED, "it ends");
    CHECK(!returned(&waits[0]), "the reader behind it goes on waiting");
    NEED(put(pipe, "abc", 3));
    CHECK_STATUS(join_thread(waits[0].thread), 3, "the bytes are for that one");
    CHECK_STATUS(take(pipe, data, 1), ERR_TIMED_OUT, "none is lost, none comes twice");
    CHECK_STATUS(put(pipe, "d", 1), 1, "and there is still a reader");
}

TEST(kill_writer, 6)
{
    struct pipe_ends pipe = full_pipe();
    handle_t end = duplicate(pipe.writer, RIGHTS_SAME);
    handle_t process = start_role("writer", NULL, &end, 1);
    settle();
    begin(&waits[0], write_some, pipe.writer, 10, 'w', DEADLINE_FOREVER);
    CHECK_STATUS(sys_process_kill(process), OK, "a process that waits for room is killed");
    CHECK_EQ(finish(process).reason, EXIT_KILLED, "it ends");
    CHECK(!returned(&waits[0]), "the writer behind it goes on waiting");
    NEED(take(pipe, data, PIPE_SIZE));
    CHECK_STATUS(join_thread(waits[0].thread), 10, "the room is for that one");
    CHECK_STATUS(take(pipe, data, 100), 10, "who alone has written");
    NEED(sys_handle_close(pipe.writer));
    CHECK_STATUS(take(pipe, data, 1), 0, "the dead one's end is closed: it is the end");
}

/* The other side's process ends while we wait. */
TEST(peer_dies, 4)
{
    struct pipe_ends pipe = make_pipe();
    handle_t process = start_role("writer", NULL, &pipe.writer, 1);
    settle();
    NEED(sys_process_kill(process));
    finish(process);
    uint64_t read = 0;
    status_t n;
    while ((n = sys_pipe_read(pipe.reader, data, sizeof data, DEADLINE_FOREVER)) > 0)
        read += (uint64_t)n;
    CHECK_STATUS(n, 0, "the only writer was killed: after its bytes comes the end");
    CHECK_EQ(read % 1000, 0, "and no write of its was torn");
    pipe = full_pipe();
    process = start_role("reader", NULL, &pipe.reader, 1);
    begin(&waits[0], write_some, pipe.writer, 2 * PIPE_SIZE, 'w', DEADLINE_FOREVER);
    CHECK_EQ(finish(process).code, 10, "the only reader takes ten bytes and ends");
    status_t st = join_thread(waits[0].thread);
    CHECK(st == ERR_PEER_CLOSED || st == 10, "the writer wakes: %lld", (long long)st);
}

/* First come, first served, on either side. */
TEST(turns, 2 * WAITERS + 3)
{
    struct pipe_ends pipe = make_pipe();
    for (int i = 0; i < WAITERS; i++)
        begin(&waits[i], read_some, pipe.reader, 1, POISON, DEADLINE_FOREVER);
    CHECK_STATUS(put(pipe, "abcdef", WAITERS), WAITERS, "six readers wait for a byte each");
    for (int i = 0; i < WAITERS; i++) {
        join_thread(waits[i].thread);
        CHECK_EQ(waits[i].first, 'a' + i, "reader %d gets byte %d", i, i);
    }
    NEED(put(pipe, data, PIPE_SIZE));
    begin(&waits[WAITERS], write_some, pipe.writer, PIPE_BUF, 'B', DEADLINE_FOREVER);
    for (int i = 0; i < WAITERS; i++)
        begin(&waits[i], write_some, pipe.writer, 1, (uint8_t)('0' + i), DEADLINE_FOREVER);
    NEED(take(pipe, data, 100));
    settle();
    CHECK(!returned(&waits[0]), "small writes that would fit do not overtake a big one");
    NEED(take(pipe, data, PIPE_SIZE - 100));
    CHECK_STATUS(join_thread(waits[WAITERS].thread), PIPE_BUF, "which goes first");
    for (int i = 0; i < WAITERS; i++)
        join_thread(waits[i].thread);
    NEED(take(pipe, data, PIPE_BUF));
    NEED(take(pipe, data, WAITERS));
    for (int i = 0; i < WAITERS; i++)
        CHECK_EQ(data[i], '0' + i, "then writer %d", i);
}
