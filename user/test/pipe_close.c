/* SPDX-License-Identifier: MIT */
/*
 * pipe_close.c: lab 4, an end closes, or a process dies, while others wait.
 *
 * An end closes with its last handle, wherever that is: in this table, in another process's, or
 * in a message on its way. Then everyone on the other side must hear of it.
 */
#include "user/test/pipe_support.h"

#define WAITERS 8

static uint8_t space[WAITERS][PIPE_BUF];
static uint8_t large[3 * PIPE_SIZE];

ROLE(idle)
{
    sys_thread_sleep(DEADLINE_FOREVER);
    return 0;
}

ROLE(nothing)
{
    return 0;
}

static unsigned count_returned(struct call *calls, unsigned n)
{
    unsigned count = 0;
    for (unsigned i = 0; i < n; i++)
        count += returned(&calls[i]);
    return count;
}

/* The last writing handle is now here, now in a process that ends, now in one that is killed. */
static void end_for_all(void *way)
{
    struct call calls[WAITERS];
    struct pipe pipe = make_pipe();
    handle_t process = HANDLE_INVALID, other = duplicate(pipe.write, RIGHTS_SAME);
    for (int i = 0; i < WAITERS; i++)
        begin(&calls[i], run_read, pipe.read, space[i], 10, DEADLINE_FOREVER);
    if (way != NULL)
        process = start_role(way, NULL, &other, 1);
    NEED(sys_handle_close(pipe.write));
    if (way == NULL || strcmp(way, "idle") == 0) {
        settle();
        CHECK_EQ(count_returned(calls, WAITERS), 0, "one of two writing handles closes: all go on waiting");
    }
    if (way == NULL)
        NEED(sys_handle_close(other));
    else if (strcmp(way, "idle") == 0)
        NEED(sys_process_kill(process));
    for (int i = 0; i < WAITERS; i++)
        CHECK_STATUS(join_thread(calls[i].thread), 0, "the last one closes: reader %d comes to the end", i);
    if (process != HANDLE_INVALID)
        finish(process);
    CHECK_STATUS(sys_pipe_read(pipe.read, space[0], 1, DEADLINE_FOREVER), 0, "and so does who comes later");
    NEED(sys_handle_close(pipe.read));
}

TEST(end_wakes_all, 2 * (WAITERS + 2) + WAITERS + 1)
{
    end_for_all(NULL);
    end_for_all("idle");
    end_for_all("nothing");
}

/* Bytes and the end come while all wait: the bytes first. */
TEST(end_after_bytes, WAITERS + 2)
{
    struct call calls[WAITERS];
    struct pipe pipe = make_pipe();
    for (int i = 0; i < WAITERS; i++)
        begin(&calls[i], run_read, pipe.read, space[i], 10, DEADLINE_FOREVER);
    NEED(put(&pipe, 15, DEADLINE_POLL));
    NEED(sys_handle_close(pipe.write));
    CHECK_STATUS(join_thread(calls[0].thread), 10, "the first of many readers gets ten of fifteen bytes");
    CHECK_STATUS(join_thread(calls[1].thread), 5, "the second the others");
    for (int i = 2; i < WAITERS; i++)
        CHECK_STATUS(join_thread(calls[i].thread), 0, "reader %d the end", i);
    CHECK_EQ(match_stream(space[0], 10, 0), 10, "the bytes are right");
    CHECK_EQ(match_stream(space[1], 5, 10), 5, "all of them");
}

static void break_for_all(void *way)
{
    struct call calls[WAITERS], partial;
    struct pipe pipe = make_pipe();
    handle_t process = HANDLE_INVALID, other = duplicate(pipe.read, RIGHTS_SAME);
    begin(&partial, run_write, pipe.write, large, sizeof(large), DEADLINE_FOREVER);
    for (int i = 0; i < WAITERS; i++)
        begin(&calls[i], run_write, pipe.write, i == 3 ? large : space[i],
              i == 3 ? sizeof(large) : 1 + 500 * (size_t)i, DEADLINE_FOREVER);
    if (way != NULL)
        process = start_role(way, NULL, &other, 1);
    NEED(sys_handle_close(pipe.read));
    if (way == NULL || strcmp(way, "idle") == 0) {
        settle();
        CHECK_EQ(count_returned(calls, WAITERS), 0, "one of two reading handles closes: all go on waiting");
    }
    if (way == NULL)
        NEED(sys_handle_close(other));
    else if (strcmp(way, "idle") == 0)
        NEED(sys_process_kill(process));
    CHECK_STATUS(join_thread(partial.thread), PIPE_SIZE, "the last one closes: a long write tells what went");
    for (int i = 0; i < WAITERS; i++)
        CHECK_STATUS(join_thread(calls[i].thread), ERR_PEER_CLOSED, "writer %d hears that nobody reads", i);
    if (process != HANDLE_INVALID)
        finish(process);
    CHECK_STATUS(sys_pipe_write(pipe.write, space[0], 1, DEADLINE_FOREVER), ERR_PEER_CLOSED,
                 "and so does who comes later");
    NEED(sys_handle_close(pipe.write));
}

TEST(break_wakes_all, 2 * (WAITERS + 3) + WAITERS + 2)
{
    break_for_all(NULL);
    break_for_all("idle");
    break_for_all("nothing");
}

/* A handle in a message is as good as one in a table. */
TEST(in_flight, 7)
{
    uint64_t word;
    handle_t port = make_port(2), got;
    struct pipe pipe = make_pipe();
    NEED(send_word(port, 1, pipe.write, DEADLINE_POLL));
    CHECK_STATUS(get(&pipe, 1, DEADLINE_POLL), ERR_TIMED_OUT, "the writing end is under way: no end yet");
    NEED(recv_word(port, &word, &got, DEADLINE_POLL));
    pipe.write = got;
    CHECK_STATUS(put(&pipe, 10, DEADLINE_POLL), 10, "received, it works");
    NEED(send_word(port, 1, pipe.read, DEADLINE_POLL));
    CHECK_STATUS(put(&pipe, 10, DEADLINE_POLL), 10, "the reading end is under way: writing goes on");
    NEED(recv_word(port, &word, &got, DEADLINE_POLL));
    pipe.read = got;
    CHECK_STATUS(get(&pipe, 100, DEADLINE_POLL), 20, "received, it reads what was written meanwhile");
    struct call call;
    NEED(send_word(port, 1, pipe.write, DEADLINE_POLL));
    begin(&call, run_read, pipe.read, space[0], 1, DEADLINE_FOREVER);
    NEED(sys_port_close(port));
    CHECK_STATUS(join_thread(call.thread), 0, "the queue in which the last writing handle lies is destroyed");
    struct pipe other = make_pipe();
    handle_t queue = make_port(1);
    NEED(send_word(queue, 1, other.read, DEADLINE_POLL));
    NEED(sys_handle_close(queue));
    CHECK_STATUS(put(&other, 1, DEADLINE_FOREVER), ERR_PEER_CLOSED, "the same with the last reading handle");
    CHECK(handle_alive(pipe.read) && handle_alive(other.write), "the other ends live on");
}

/* An end closes under a thread that uses it. */
TEST(close_under_waiter, 7)
{
    struct call read, behind, write;
    struct pipe pipe = make_pipe();
    begin(&read, run_read, pipe.read, space[0], 1, DEADLINE_FOREVER);
    begin(&behind, run_read, pipe.read, space[1], 1, DEADLINE_FOREVER);
    NEED(sys_handle_close(pipe.read));
    CHECK_STATUS(join_thread(read.thread), ERR_CANCELED, "the last handle on which a reader waits is closed");
    CHECK_STATUS(join_thread(behind.thread), ERR_CANCELED, "the one behind it wakes too");

    pipe = make_pipe();
    begin(&write, run_write, pipe.write, large, sizeof(large), DEADLINE_FOREVER);
    begin(&behind, run_write, pipe.write, space[1], 1, DEADLINE_FOREVER);
    NEED(sys_handle_close(pipe.write));
    CHECK_STATUS(join_thread(write.thread), PIPE_SIZE, "the same with a writer: it tells what went");
    CHECK_STATUS(join_thread(behind.thread), ERR_CANCELED, "or that nothing did");
    CHECK_STATUS(sys_pipe_read(pipe.read, large, sizeof(large), DEADLINE_FOREVER), PIPE_SIZE,
                 "so much can be read");
    CHECK_STATUS(sys_pipe_read(pipe.read, large, 1, DEADLINE_FOREVER), 0, "and then comes the end");
    CHECK_STATUS(sys_pipe_read(pipe.read, large, 1, DEADLINE_FOREVER), 0, "which stays the end");
}

/* Processes that are killed ------------------------------------------------------------ */

ROLE(reader)
{
    uint8_t bytes[10];
    return (int)sys_pipe_read(start_handle(START_USER), bytes, sizeof(bytes), DEADLINE_FOREVER);
}

ROLE(writer)
{
    return (int)sys_pipe_write(start_handle(START_USER), space[0], PIPE_BUF, DEADLINE_FOREVER);
}

static handle_t start_with(const char *role, handle_t end)
{
    handle_t copy = duplicate(end, RIGHTS_SAME);
    handle_t process = start_role(role, NULL, &copy, 1);
    settle();
    return process;
}

TEST(kill_reader, 8)
{
    struct call behind;
    struct pipe pipe = make_pipe();
    handle_t process = start_with("reader", pipe.read);
    begin(&behind, run_read, pipe.read, space[0], 10, DEADLINE_FOREVER);
    CHECK_STATUS(sys_process_kill(process), OK, "a process that waits for bytes is killed");
    CHECK_EQ(finish(process).reason, EXIT_KILLED, "it ends");
    CHECK(!returned(&behind), "the reader behind it goes on waiting");
    NEED(put(&pipe, 10, DEADLINE_POLL));
    CHECK_STATUS(join_thread(behind.thread), 10, "and gets what comes");
    pipe.taken = 10;
    process = start_with("reader", pipe.read);
    NEED(put(&pipe, 10, DEADLINE_POLL));
    CHECK_STATUS(sys_process_kill(process), OK, "one is killed that has been woken by bytes");
    CHECK_EQ(finish(process).reason, EXIT_KILLED, "it ends");
    CHECK_STATUS(get(&pipe, 100, DEADLINE_POLL), 10, "and has not taken them with it");
    process = start_with("reader", pipe.read);
    NEED(sys_handle_close(pipe.read));
    NEED(sys_process_kill(process));
    finish(process);
    CHECK_STATUS(put(&pipe, 1, DEADLINE_FOREVER), ERR_PEER_CLOSED, "the last reader is killed");
}

TEST(kill_writer, 8)
{
    struct call behind;
    struct pipe pipe = make_pipe();
    fill_pipe(&pipe, 10);
    handle_t process = start_with("writer", pipe.write);
    fill_stream(space[1], 10, pipe.written);
    begin(&behind, run_write, pipe.write, space[1], 10, DEADLINE_FOREVER);
    CHECK(!returned(&behind), "a writer waits behind a process that needs more room");
    CHECK_STATUS(sys_process_kill(process), OK, "which is killed");
    CHECK_EQ(finish(process).reason, EXIT_KILLED, "it ends");
    CHECK_STATUS(join_thread(behind.thread), 10, "so there is room for the one behind it");
    pipe.written += 10;
    process = start_with("writer", pipe.write);
    CHECK_STATUS(get(&pipe, PIPE_BUF, DEADLINE_POLL), PIPE_BUF, "room is made for another");
    NEED(sys_process_kill(process));
    CHECK_EQ(finish(process).reason, EXIT_KILLED, "which is killed before it can use it");
    NEED(sys_handle_close(pipe.write));
    CHECK_STATUS(get(&pipe, PIPE_SIZE, DEADLINE_FOREVER), PIPE_SIZE - PIPE_BUF, "nothing of them is in the pipe");
    CHECK_STATUS(get(&pipe, 1, DEADLINE_FOREVER), 0, "when the last writer is gone comes the end");
}
