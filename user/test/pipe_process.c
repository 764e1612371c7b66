/* SPDX-License-Identifier: MIT */
/*
 * pipe_process.c: lab 4, pipes between processes, ends that travel, and what is left of all that.
 */
#include "user/test/support.h"
#include "user/lib/stdlib.h"

#define SENDERS 4
#define EACH    200 /* KiB of each sender, in pieces of any size */

static uint8_t data[PIPE_SIZE];

/* A stream that follows from a seed, as the host makes it: numbers, least byte first. */
ROLE(sender)
{
    uint64_t state = strtoul(argv[0], NULL, 10), sizes = state + 1000;
    uint64_t left = EACH * 1024;
    while (left > 0) {
        size_t n = (test_random(&sizes) % 20000 + 8) & ~7ull;
        n = n < left ? n : left;
        fill_random(data, n, &state);
        for (size_t done = 0; done < n;) {
            status_t st = sys_pipe_write(start_handle(START_USER), data + done, n - done,
                                         DEADLINE_FOREVER);
            if (st <= 0)
                return 1;
            done += (size_t)st;
        }
        left -= n;
    }
    return 0;
}

static handle_t start_sender(uint64_t seed, handle_t end)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)seed);
    return start_role("sender", text, &end, 1);
}

static uint64_t hash_to_end(handle_t end, uint64_t *bytes)
{
    uint64_t hash = TEST_HASH_START;
    status_t n;
    while ((n = sys_pipe_read(end, data, sizeof data, DEADLINE_FOREVER)) > 0) {
        hash = test_hash(hash, data, (size_t)n);
        *bytes += (uint64_t)n;
    }
    return n < 0 ? 0 : hash;
}

/* Each sender a pipe of its own, all at once; read one after the other, so that the others fill up and wait. */
TEST(streams, 3 * SENDERS)
{
    handle_t processes[SENDERS];
    struct pipe_ends pipes[SENDERS];
    for (uint64_t i = 0; i < SENDERS; i++) {
        pipes[i] = make_pipe();
        processes[i] = start_sender((test_seed() & 0xffffffff) + i, pipes[i].writer);
    }
    for (int i = 0; i < SENDERS; i++) {
        uint64_t bytes = 0;
        char key[16];
        uint64_t hash = hash_to_end(pipes[i].reader, &bytes);
        CHECK_EQ(bytes, EACH * 1024, "all of sender %d's bytes come", i);
        snprintf(key, sizeof key, "hash_%d", i);
        ANSWER(key, "0x%016llx", (unsigned long long)hash);
        CHECK_EQ(finish(processes[i]).code, 0, "it ends well");
        CHECK_STATUS(sys_pipe_read(pipes[i].reader, data, 1, DEADLINE_POLL), 0, "and its pipe has ended");
    }
}

/* Several writers and several readers at one pipe: every byte comes out once. */
#define READERS 3

ROLE(counter)
{
    uint64_t sum = 0, count = 0;
    status_t n;
    while ((n = sys_pipe_read(start_handle(START_USER), data, 777, DEADLINE_FOREVER)) > 0)
        for (status_t i = 0; i < n; i++, count++)
            sum += data[i];
    uint64_t told[2] = { sum, count };
    return n == 0 && sys_pipe_write(start_handle(START_USER + 1), told, sizeof told, DEADLINE_FOREVER) > 0
               ? 0 : 1;
}

TEST(many, SENDERS + READERS + 2)
{
    struct pipe_ends pipe = make_pipe(), results = make_pipe();
    handle_t senders[SENDERS], readers[READERS];
    for (uint64_t i = 0; i < SENDERS; i++)
        senders[i] = start_sender((test_seed() & 0xffffffff) + i, duplicate(pipe.writer, RIGHTS_SAME));
    for (int i = 0; i < READERS; i++) {
        handle_t handles[2] = { duplicate(pipe.reader, RIGHTS_SAME),
                                duplicate(results.writer, RIGHTS_SAME) };
        readers[i] = start_role("counter", NULL, handles, 2);
    }
    close_pipe(pipe);
    NEED(sys_handle_close(results.writer));
    for (int i = 0; i < SENDERS; i++)
        CHECK_EQ(finish(senders[i]).code, 0, "sender %d has written all", i);
    for (int i = 0; i < READERS; i++)
        CHECK_EQ(finish(readers[i]).code, 0, "reader %d has seen the end", i);
    uint64_t told[2], sum = 0, count = 0;
    while (sys_pipe_read(results.reader, told, sizeof told, DEADLINE_FOREVER) == sizeof told) {
        sum += told[0];
        count += told[1];
    }
    CHECK_EQ(count, SENDERS * EACH * 1024, "every byte was read once");
    CHECK_STATUS(sys_pipe_read(results.reader, told, 1, DEADLINE_POLL), 0, "the results have ended");
    ANSWER("sum", "%llu", (unsigned long long)sum);
}

/* Ends travel in messages, with what is in the pipe. */
TEST(transfer, 11)
{
    handle_t port = make_port(4), got = HANDLE_INVALID;
    uint64_t word;
    struct pipe_ends pipe = make_pipe();
    NEED(sys_pipe_write(pipe.writer, "abc", 3, DEADLINE_POLL));
    CHECK_STATUS(send_word(port, 1, pipe.reader, DEADLINE_POLL), OK, "the reading end is sent away");
    CHECK_STATUS(sys_pipe_read(pipe.reader, data, 1, DEADLINE_POLL), ERR_INVALID_HANDLE, "it is gone here");
    CHECK_STATUS(sys_pipe_write(pipe.writer, "def", 3, DEADLINE_POLL), 3,
                 "while it is under way, the pipe has a reader");
    CHECK_STATUS(try_recv_word(port, &word, &got), OK, "it arrives");
    CHECK_STATUS(sys_pipe_read(got, data, 10, DEADLINE_POLL), 6, "with all that was written");
    CHECK_MEM(data, "abcdef", 6, "before and after it left");
    CHECK_STATUS(send_word(port, 1, pipe.writer, DEADLINE_POLL), OK, "the writing end is sent away");
    CHECK_STATUS(sys_pipe_read(got, data, 1, DEADLINE_POLL), ERR_TIMED_OUT,
                 "while it is under way, the pipe has a writer");
    CHECK_STATUS(sys_port_close(port), OK, "the port in which it lies is closed");
    CHECK_STATUS(sys_pipe_read(got, data, 1, DEADLINE_POLL), 0, "and with it the writing end");
    CHECK_STATUS(sys_handle_close(got), OK, "the pipe goes");
}

/* What is left -------------------------------------------------------------------------- */

static void all_paths(void *argument)
{
    (void)argument;
    for (int round = 0; round < 10; round++) {
        struct pipe_ends pipe = make_pipe();
        handle_t reader = duplicate(pipe.reader, RIGHTS_SAME), ends[2];
        sys_pipe_create((handle_t *)KERNEL_ADDRESS);
        sys_pipe_write(pipe.writer, data, sizeof data, DEADLINE_POLL);
        sys_pipe_write(pipe.writer, data, 10, DEADLINE_POLL);
        sys_pipe_write(pipe.writer, data, 10, clock_now() + 1000);
        sys_pipe_read(reader, data, 5000, DEADLINE_POLL);
        sys_pipe_read(reader, (void *)KERNEL_ADDRESS, 5000, DEADLINE_POLL);
        sys_pipe_write(pipe.writer, (void *)KERNEL_ADDRESS, 5000, DEADLINE_POLL);
        if (round & 1)
            NEED(sys_handle_close(reader));
        NEED(sys_handle_close(pipe.reader));
        sys_pipe_write(pipe.writer, data, 10, DEADLINE_POLL);
        NEED(sys_handle_close(pipe.writer));
        if (!(round & 1))
            NEED(sys_handle_close(reader));
        NEED(sys_pipe_create(ends));
        close_all(ends, 2);
    }
}

TEST(no_leak, 1)
{
    CHECK_BALANCED(all_paths, NULL, "10 rounds of each success and each error leave nothing behind");
}

/* Until memory is out: an error, and everything comes back. */
static void fill_quota(void *argument)
{
    static handle_t ends[HANDLE_TABLE_MAX];
    size_t count = 0;
    status_t st = OK;
    (void)argument;
    while (count + 2 <= HANDLE_TABLE_MAX && (st = sys_pipe_create(ends + count)) == OK)
        count += 2;
    CHECK(st == ERR_OUT_OF_MEMORY || st == ERR_NO_SLOTS, "pipes are made until there is no room: %lld",
          (long long)st);
    CHECK(count > 20, "there was room for some");
    CHECK_STATUS(sys_pipe_write(ends[1], "x", 1, DEADLINE_POLL), 1, "they work");
    close_all(ends, count);
}

TEST(exhaustion, 3 * 2 + 1)
{
    CHECK_BALANCED(fill_quota, NULL, "all memory comes back when they are closed");
}

ROLE(leaver)
{
    handle_t ends[2];
    if (sys_pipe_create(ends) != OK || sys_pipe_write(ends[1], data, 5000, DEADLINE_POLL) != 5000)
        return 1;
    return 0; /* with both ends open and bytes in it */
}

static void let_leave(void *argument)
{
    (void)argument;
    for (int i = 0; i < 5; i++)
        CHECK_EQ(finish(start_role("leaver", NULL, NULL, 0)).code, 0, "a process ends with a pipe of its own");
}

TEST(process_ends, 5 * 2 + 1)
{
    CHECK_BALANCED(let_leave, NULL, "the pipe goes with it");
}
