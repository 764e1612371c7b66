/* SPDX-License-Identifier: MIT */
/*
 * pipe_wait.c: lab 4, threads that wait at a pipe: for bytes, for room, until a deadline, in a line.
 *
 * settle() lets every other thread run until it blocks. When a wake-up is missing, nobody
 * is left who can run while the case joins the sleeper: the kernel reports the dead-lock.
 */
#include "user/test/pipe_support.h"

#define WAITERS 8

static uint8_t space[WAITERS + 2][PIPE_BUF];
static uint8_t large[2][7 * PIPE_SIZE];

TEST(read_waits, 7)
{
    struct call call;
    struct pipe pipe = make_pipe();
    begin(&call, run_read, pipe.read, space[0], 100, DEADLINE_FOREVER);
    CHECK(!returned(&call), "reading from an empty pipe waits");
    NEED(put(&pipe, 3, DEADLINE_POLL));
    CHECK_STATUS(join_thread(call.thread), 3, "three bytes wake the reader, who asked for 100");
    CHECK_EQ(match_stream(space[0], 3, 0), 3, "and gets them");
    begin(&call, run_read, pipe.read, space[0], 100, deadline_after(1000));
    NEED(put(&pipe, PIPE_BUF + 1, DEADLINE_FOREVER));
    CHECK_STATUS(join_thread(call.thread), 100, "with a deadline, long before it");
    CHECK_EQ(match_stream(space[0], 100, 3), 100, "the first hundred of a long write");
    pipe.taken = 103;
    CHECK_STATUS(get(&pipe, PIPE_SIZE, DEADLINE_POLL), PIPE_BUF + 1 - 100, "the others stay");
    CHECK_STATUS(get(&pipe, 1, DEADLINE_POLL), ERR_TIMED_OUT, "and nothing else");
}

TEST(write_waits, 9)
{
    struct call call;
    struct pipe pipe = make_pipe();
    fill_pipe(&pipe, 99);
    fill_stream(space[0], PIPE_BUF, pipe.written);
    begin(&call, run_write, pipe.write, space[0], 100, DEADLINE_FOREVER);
    CHECK(!returned(&call), "writing 100 bytes where there is room for 99 waits");
    CHECK_STATUS(get(&pipe, PIPE_SIZE - 99, DEADLINE_POLL), PIPE_SIZE - 99, "of it nothing has gone");
    CHECK_STATUS(join_thread(call.thread), 100, "what is read makes room for it");
    pipe.written += 100;
    CHECK_STATUS(get(&pipe, PIPE_SIZE, DEADLINE_POLL), 100, "it arrives whole");

    fill_pipe(&pipe, 10);
    fill_stream(space[0], PIPE_BUF, pipe.written);
    begin(&call, run_write, pipe.write, space[0], PIPE_BUF, deadline_after(1000));
    for (int i = 0; i < 4; i++)
        NEED(get(&pipe, 1000, DEADLINE_POLL));
    settle();
    CHECK(!returned(&call), "a write of PIPE_BUF still waits when there is room for 4010");
    NEED(get(&pipe, 86, DEADLINE_POLL));
    CHECK_STATUS(join_thread(call.thread), PIPE_BUF, "with room for 4096 it goes");
    pipe.written += PIPE_BUF;
    CHECK_STATUS(put(&pipe, 1, DEADLINE_POLL), ERR_TIMED_OUT, "and fills the pipe");
    CHECK_STATUS(get(&pipe, PIPE_SIZE, DEADLINE_POLL), PIPE_SIZE, "in order");
    CHECK_STATUS(get(&pipe, 1, DEADLINE_POLL), ERR_TIMED_OUT, "and nothing else");
}

/* A blocking long write finishes, whoever reads how little of it. */
TEST(long_write, 4)
{
    struct call call;
    struct pipe pipe = make_pipe();
    size_t n = sizeof(large[0]), got = 0;
    uint64_t sizes = test_seed();
    fill_stream(large[0], n, 0);
    begin(&call, run_write, pipe.write, large[0], n, DEADLINE_FOREVER);
    CHECK(!returned(&call), "a write of seven times what fits waits");
    status_t st = 1;
    while (got < n && st > 0) {
        st = get(&pipe, 1 + test_random(&sizes) % 20000, DEADLINE_FOREVER);
        got += st > 0 ? (size_t)st : 0;
    }
    CHECK_EQ(got, n, "all of it comes, in pieces");
    CHECK_STATUS(join_thread(call.thread), (status_t)n, "the writer is told that all went");
    CHECK_STATUS(get(&pipe, 1, DEADLINE_POLL), ERR_TIMED_OUT, "and no more than that");
}

static void check_late(uint64_t deadline)
{
    int64_t late = (int64_t)(clock_now() - deadline);
    CHECK(late >= 0, "does not return before it");
    CHECK(late < (int64_t)NS_PER_MS, "nor long after it: %lld us", (long long)late / 1000);
}

TEST(deadlines, 4 * 3 + 10)
{
    struct pipe pipe = make_pipe();
    uint64_t deadline = clock_now() + 100 * NS_PER_US;
    CHECK_STATUS(get(&pipe, 1, deadline), ERR_TIMED_OUT, "reading until a deadline in 100 us");
    check_late(deadline);
    fill_pipe(&pipe, 5000);
    deadline = clock_now() + NS_PER_MS;
    CHECK_STATUS(put(&pipe, 20000, deadline), 5000, "a long write of which 5000 bytes fit, until 1 ms");
    check_late(deadline);
    deadline = clock_now() + 100 * NS_PER_US;
    CHECK_STATUS(put(&pipe, 20000, deadline), ERR_TIMED_OUT, "one that finds no room");
    check_late(deadline);
    NEED(get(&pipe, 10, DEADLINE_POLL));
    deadline = clock_now() + NS_PER_MS;
    CHECK_STATUS(put(&pipe, 11, deadline), ERR_TIMED_OUT, "a small one, of which all but one would fit");
    check_late(deadline);
    CHECK_STATUS(put(&pipe, 10, DEADLINE_POLL), 10, "of that nothing had gone");
    CHECK_STATUS(get(&pipe, PIPE_SIZE, DEADLINE_POLL), PIPE_SIZE, "the others' bytes are all there");

    /* Who has given up is not counted on: what comes is for the one behind. */
    struct call first, second;
    begin(&first, run_read, pipe.read, space[0], 10, clock_now() + NS_PER_MS);
    begin(&second, run_read, pipe.read, space[1], 10, DEADLINE_FOREVER);
    CHECK_STATUS(join_thread(first.thread), ERR_TIMED_OUT, "the first of two readers gives up");
    NEED(put(&pipe, 1, DEADLINE_POLL));
    CHECK_STATUS(join_thread(second.thread), 1, "the second gets the byte");
    pipe.taken++;
    fill_pipe(&pipe, 0);
    fill_stream(space[1], 10, pipe.written);
    begin(&first, run_write, pipe.write, space[0], PIPE_BUF, clock_now() + NS_PER_MS);
    begin(&second, run_write, pipe.write, space[1], 10, DEADLINE_FOREVER);
    NEED(get(&pipe, 10, DEADLINE_POLL));
    CHECK(!returned(&second), "a writer waits behind one that needs more room than there is");
    CHECK_STATUS(join_thread(first.thread), ERR_TIMED_OUT, "that one gives up");
    CHECK_STATUS(join_thread(second.thread), 10, "so the second goes");
    pipe.written += 10;

    /* In the middle of a long write. */
    fill_stream(large[0], 20000, pipe.written);
    begin(&first, run_write, pipe.write, large[0], 20000, clock_now() + 2 * NS_PER_MS);
    NEED(get(&pipe, 3000, DEADLINE_POLL));
    settle();
    NEED(get(&pipe, 4000, DEADLINE_POLL));
    CHECK_STATUS(join_thread(first.thread), 7000, "a long write that gives up tells how much went");
    pipe.written += 7000;
    CHECK_STATUS(get(&pipe, PIPE_SIZE, DEADLINE_POLL), PIPE_SIZE, "so much has");
    CHECK_STATUS(get(&pipe, 1, DEADLINE_POLL), ERR_TIMED_OUT, "and no more");
}

/*
 * The head leaves when the only one behind it has run out of time, but not run yet: then nobody is the
 * head. On one CPU, for the order in which they run is the order in which they were woken.
 */
TEST(late_in_line, 4)
{
    struct call head, late;
    struct pipe pipe = make_pipe();
    uint64_t deadline = clock_now() + NS_PER_MS;
    begin(&head, run_read, pipe.read, space[0], 1, DEADLINE_FOREVER);
    begin(&late, run_read, pipe.read, space[1], 1, deadline);
    NEED(put(&pipe, 1, DEADLINE_POLL));
    while (clock_now() < deadline + 50 * NS_PER_US) {
    }
    CHECK_STATUS(join_thread(head.thread), 1, "the head of the line is served");
    CHECK_STATUS(join_thread(late.thread), ERR_TIMED_OUT, "the one behind it comes too late");
    pipe.taken++;
    NEED(put(&pipe, 1, DEADLINE_POLL));
    CHECK_STATUS(get(&pipe, 1, DEADLINE_POLL), 1, "nobody waits any more: a newcomer is served");
    NEED(put(&pipe, 1, DEADLINE_POLL));
    CHECK_STATUS(get(&pipe, 1, DEADLINE_FOREVER), 1, "and the next");
}

TEST(readers_fifo, 2 * WAITERS + 4)
{
    struct call calls[WAITERS], last;
    struct pipe pipe = make_pipe();
    for (int i = 0; i < WAITERS; i++)
        begin(&calls[i], run_read, pipe.read, space[i], 10, DEADLINE_FOREVER);
    NEED(put(&pipe, 10 * WAITERS, DEADLINE_POLL));
    for (int i = 0; i < WAITERS; i++) {
        CHECK_STATUS(join_thread(calls[i].thread), 10, "reader %d is served, all from one write", i);
        CHECK_EQ(match_stream(space[i], 10, pipe.taken), 10, "in the order in which they came");
        pipe.taken += 10;
    }
    begin(&last, run_read, pipe.read, space[0], 10, DEADLINE_FOREVER);
    NEED(put(&pipe, 10, DEADLINE_POLL));
    CHECK_STATUS(get(&pipe, 10, DEADLINE_POLL), ERR_TIMED_OUT,
                 "a newcomer does not get the bytes for which another has waited");
    CHECK_STATUS(join_thread(last.thread), 10, "who waited gets them");
    CHECK_EQ(match_stream(space[0], 10, pipe.taken), 10, "those very bytes");
    pipe.taken += 10;
    CHECK_STATUS(get(&pipe, 10, DEADLINE_POLL), ERR_TIMED_OUT, "nothing is left behind");
}

TEST(writers_fifo, WAITERS + 6)
{
    struct call calls[WAITERS];
    struct pipe pipe = make_pipe();
    fill_pipe(&pipe, 0);
    /* Small and large ones in turn: the small ones would fit long before the large. */
    for (int i = 0; i < WAITERS; i++) {
        size_t n = i % 2 == 0 ? 1000 : 10;
        fill_stream(space[i], n, pipe.written);
        pipe.written += n;
        begin(&calls[i], run_write, pipe.write, space[i], n, DEADLINE_FOREVER);
    }
    NEED(get(&pipe, 500, DEADLINE_POLL));
    settle();
    CHECK(!returned(&calls[0]) && !returned(&calls[1]),
          "room for 500: the second of the writers, who needs 10, does not overtake the first");
    CHECK_STATUS(sys_pipe_write(pipe.write, space[0], 1, DEADLINE_POLL), ERR_TIMED_OUT,
                 "nor does a newcomer");
    NEED(get(&pipe, 500, DEADLINE_POLL));
    settle();
    CHECK(returned(&calls[0]) && !returned(&calls[1]), "room for 1000: the first goes");
    NEED(get(&pipe, 10, DEADLINE_POLL));
    settle();
    CHECK(returned(&calls[1]) && !returned(&calls[2]), "and so on");
    CHECK_STATUS(get(&pipe, PIPE_SIZE, DEADLINE_POLL), PIPE_SIZE, "the pipe is emptied");
    for (int i = 0; i < WAITERS; i++)
        CHECK_STATUS(join_thread(calls[i].thread), i % 2 == 0 ? 1000 : 10, "writer %d has written", i);
    CHECK_STATUS(get(&pipe, PIPE_SIZE, DEADLINE_POLL), 3 * 1010, "all in the order in which they came");
}

/*
 * Two writes of seven times what fits, and a small one that comes when they are under way. They
 * take turns: the small one need not wait until a large one has ended. Its bytes lie together.
 */
TEST(long_writes_share, 6)
{
    enum { FIRST = 1, SECOND = 2, SMALL = 3 };
    struct call calls[3];
    struct pipe pipe = make_pipe();
    size_t count[4] = { 0 }, at = 0, small_at = 0, small_end = 0;
    memset(large[0], FIRST, sizeof(large[0]));
    memset(large[1], SECOND, sizeof(large[1]));
    memset(space[0], SMALL, PIPE_BUF);
    begin(&calls[0], run_write, pipe.write, large[0], sizeof(large[0]), DEADLINE_FOREVER);
    begin(&calls[1], run_write, pipe.write, large[1], sizeof(large[1]), DEADLINE_FOREVER);
    begin(&calls[2], run_write, pipe.write, space[0], PIPE_BUF, DEADLINE_FOREVER);
    while (at < 2 * sizeof(large[0]) + PIPE_BUF) {
        status_t st = sys_pipe_read(pipe.read, pipe_buffer, PIPE_SIZE, DEADLINE_FOREVER);
        if (st <= 0)
            break;
        for (status_t i = 0; i < st; i++, at++) {
            uint8_t who = pipe_buffer[i] & 3;
            count[who]++;
            if (who == SMALL && count[SMALL] == 1)
                small_at = at;
            if (who == SMALL)
                small_end = at + 1;
        }
    }
    CHECK_EQ(count[FIRST], sizeof(large[0]), "all of the first long write comes");
    CHECK_EQ(count[SECOND], sizeof(large[1]), "all of the second");
    CHECK_EQ(count[SMALL], PIPE_BUF, "and of the small one");
    CHECK_EQ(small_end - small_at, PIPE_BUF, "which is in one piece");
    CHECK(small_at <= 4 * PIPE_SIZE, "long before either of them ends: at byte %zu", small_at);
    CHECK(join_thread(calls[0].thread) == (status_t)sizeof(large[0]) &&
              join_thread(calls[1].thread) == (status_t)sizeof(large[1]) &&
              join_thread(calls[2].thread) == PIPE_BUF,
          "each writer is told so");
}

/* Cases that dead-lock on purpose: the grader reads the report. */
TEST(deadlock_read, 1)
{
    struct call call;
    struct pipe pipe = make_pipe();
    NOTE("pipe %llu", (unsigned long long)object_id(pipe.read));
    begin(&call, run_read, pipe.read, space[0], 1, DEADLINE_FOREVER);
    CHECK_STATUS(join_thread(call.thread), 1, "never comes to this");
}

TEST(deadlock_write, 1)
{
    struct call call;
    struct pipe pipe = make_pipe();
    NOTE("pipe %llu", (unsigned long long)object_id(pipe.read));
    fill_pipe(&pipe, 0);
    begin(&call, run_write, pipe.write, space[0], 1, DEADLINE_FOREVER);
    CHECK_STATUS(join_thread(call.thread), 1, "never comes to this");
}
