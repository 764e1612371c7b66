/* SPDX-License-Identifier: MIT */
/*
 * pipe_process.c: lab 4, pipes between processes, and what they cost them.
 *
 * Each case starts this program again in other roles, which have nothing in common with it
 * but the ends it gives them.
 */
#include "user/lib/stdlib.h"
#include "user/test/pipe_support.h"

#define STREAM_SIZE 300000
#define WRITERS     4
#define RECORDS     100
#define STAGES      3

static uint8_t stream[STREAM_SIZE + 8];

/* Copies from one pipe to another, by as many bytes as argv[0] says, to the end. */
ROLE(copy)
{
    handle_t from = start_handle(START_USER), to = start_handle(START_USER + 1);
    uint64_t size;
    status_t st;
    if (!parse_number(argv[0], &size) || size > sizeof(stream))
        return 1;
    while ((st = sys_pipe_read(from, stream, size, DEADLINE_FOREVER)) > 0)
        if (sys_pipe_write(to, stream, (size_t)st, DEADLINE_FOREVER) != st)
            return 2;
    return st == 0 ? 0 : 3;
}

struct feed {
    handle_t pipe;
    uint64_t sizes;
};

/* Writes all of it, in pieces of any size, and closes. */
static int64_t feed(void *argument)
{
    struct feed *feed = argument;
    for (size_t at = 0; at < STREAM_SIZE;) {
        size_t n = 1 + test_random(&feed->sizes) % (test_random(&feed->sizes) % 2 ? 300 : 100000);
        if (n > STREAM_SIZE - at)
            n = STREAM_SIZE - at;
        if (sys_pipe_write(feed->pipe, stream + at, n, DEADLINE_FOREVER) != (status_t)n)
            return 1;
        at += n;
    }
    return sys_handle_close(feed->pipe);
}

/* A pipeline as a shell makes it: the ends move to the processes, and the end of one is the end of all. */
TEST(pipeline, STAGES + 3)
{
    static const char *const sizes[STAGES] = { "65536", "777", "4096" };
    uint64_t state = test_seed(), hash = TEST_HASH_START, got = 0;
    handle_t processes[STAGES], first, last;
    struct pipe pipe = make_pipe();
    fill_random(stream, STREAM_SIZE, &state);
    first = pipe.write;
    last = pipe.read;
    for (int i = 0; i < STAGES; i++) {
        struct pipe next = make_pipe();
        handle_t both[2] = { last, next.write };
        processes[i] = start_role("copy", sizes[i], both, 2);
        last = next.read;
    }
    struct feed source = { first, test_seed() ^ 0xfeed };
    struct thread *thread = start_thread(feed, &source);
    status_t st;
    while ((st = sys_pipe_read(last, pipe_buffer, PIPE_BUFFER, DEADLINE_FOREVER)) > 0) {
        hash = test_hash(hash, pipe_buffer, (size_t)st);
        got += (uint64_t)st;
    }
    CHECK_STATUS(st, 0, "the end comes through %d processes", STAGES);
    CHECK_EQ(got, STREAM_SIZE, "after all bytes");
    CHECK_EQ(join_thread(thread), 0, "which had all been written");
    for (int i = 0; i < STAGES; i++)
        CHECK_EQ(finish(processes[i]).code, 0, "process %d has copied to the end", i);
    ANSWER("hash", "0x%016llx", (unsigned long long)hash);
}

/* Many writers --------------------------------------------------------------------------- */

/* argv[0]: number, seed. Writes records: number, size, random bytes; each at most PIPE_BUF in all. */
ROLE(writer)
{
    static uint8_t record[PIPE_BUF + 8];
    uint64_t number, seed;
    char *comma = strchr(argv[0], ',');
    if (comma == NULL)
        return 1;
    *comma = '\0';
    if (!parse_number(argv[0], &number) || !parse_number(comma + 1, &seed))
        return 1;
    for (int i = 0; i < RECORDS; i++) {
        uint16_t head[2] = { (uint16_t)number, (uint16_t)(1 + test_random(&seed) % (PIPE_BUF - sizeof(head))) };
        memcpy(record, head, sizeof(head));
        fill_random(record + sizeof(head), head[1], &seed);
        size_t n = sizeof(head) + head[1];
        if (sys_pipe_write(start_handle(START_USER), record, n, DEADLINE_FOREVER) != (status_t)n)
            return 2;
    }
    return 0;
}

static bool read_exactly(handle_t pipe, void *to, size_t n)
{
    for (size_t done = 0; done < n;) {
        status_t st = sys_pipe_read(pipe, (uint8_t *)to + done, n - done, DEADLINE_FOREVER);
        if (st <= 0)
            return false;
        done += (size_t)st;
    }
    return true;
}

TEST(many_writers, WRITERS + 2)
{
    handle_t processes[WRITERS];
    uint64_t hash[WRITERS];
    struct pipe pipe = make_pipe();
    for (uint64_t i = 0; i < WRITERS; i++) {
        char argument[64];
        handle_t writer = duplicate(pipe.write, RIGHTS_SAME);
        hash[i] = TEST_HASH_START;
        snprintf(argument, sizeof(argument), "%llu,%llu", (unsigned long long)i,
                 (unsigned long long)(test_seed() + i));
        processes[i] = start_role("writer", argument, &writer, 1);
    }
    NEED(sys_handle_close(pipe.write));
    unsigned count = 0, torn = 0;
    uint16_t head[2];
    while (torn == 0 && read_exactly(pipe.read, head, sizeof(head))) {
        torn += head[0] >= WRITERS || head[1] > PIPE_BUF - sizeof(head) ||
                !read_exactly(pipe.read, pipe_buffer, head[1]);
        if (torn == 0)
            hash[head[0]] = test_hash(hash[head[0]], pipe_buffer, head[1]);
        count++;
    }
    CHECK_EQ(torn, 0, "no record of %d processes is torn, up to record %u", WRITERS, count);
    CHECK_EQ(count, WRITERS * RECORDS, "all of them come, and then the end");
    NEED(sys_handle_close(pipe.read));
    for (int i = 0; i < WRITERS; i++) {
        char key[16];
        snprintf(key, sizeof(key), "hash_%d", i);
        ANSWER(key, "0x%016llx", (unsigned long long)hash[i]);
        CHECK_EQ(finish(processes[i]).code, 0, "writer %d has written all", i);
    }
}

/* Many readers: each adds up what it gets; its exit code tells the sum, modulo a prime. */
#define READERS 4
#define MODULUS 1000003u

ROLE(adder)
{
    uint64_t sum = 0;
    status_t st;
    while ((st = sys_pipe_read(start_handle(START_USER), stream, 1000, DEADLINE_FOREVER)) > 0)
        for (status_t i = 0; i < st; i++)
            sum += stream[i];
    return st == 0 ? (int)(sum % MODULUS) : -1;
}

TEST(many_readers, 2)
{
    handle_t processes[READERS];
    uint64_t state = test_seed(), sum = 0, failed = 0;
    struct pipe pipe = make_pipe();
    for (int i = 0; i < READERS; i++) {
        handle_t reader = duplicate(pipe.read, RIGHTS_SAME);
        processes[i] = start_role("adder", NULL, &reader, 1);
    }
    NEED(sys_handle_close(pipe.read));
    fill_random(stream, STREAM_SIZE, &state);
    struct feed source = { pipe.write, test_seed() ^ 0xfeed };
    CHECK_EQ(feed(&source), OK, "%d processes read what this one writes", READERS);
    for (int i = 0; i < READERS; i++) {
        int code = finish(processes[i]).code;
        failed += code < 0;
        sum += (uint64_t)code;
    }
    CHECK_EQ(failed, 0, "all come to the end");
    ANSWER("sum", "%llu", (unsigned long long)(sum % MODULUS));
}

/* An end goes through a port to a process that was started without it. */
ROLE(guest)
{
    uint64_t word;
    handle_t write;
    if (recv_word(start_handle(START_USER), &word, &write, DEADLINE_FOREVER) != OK)
        return 1;
    return sys_pipe_write(write, &word, sizeof(word), DEADLINE_FOREVER) == sizeof(word) ? 0 : 2;
}

static void transfer_ends(void *argument)
{
    uint64_t word = 0, value = test_seed();
    (void)argument;
    handle_t port = make_port(1), sender = make_sender(port);
    handle_t guest = start_role("guest", NULL, &port, 1);
    struct pipe pipe = make_pipe();
    CHECK_STATUS(send_word(sender, value, pipe.write, DEADLINE_FOREVER), OK, "the writing end is sent");
    CHECK(!handle_alive(pipe.write), "it is here no more");
    CHECK_STATUS(sys_pipe_read(pipe.read, &word, sizeof(word), DEADLINE_FOREVER), sizeof(word),
                 "the process that gets it writes");
    CHECK_EQ(word, value, "what it was told");
    CHECK_STATUS(sys_pipe_read(pipe.read, &word, sizeof(word), DEADLINE_FOREVER), 0, "and ends, and so does the pipe");
    CHECK_EQ(finish(guest).code, 0, "all went well there");
    NEED(sys_handle_close(pipe.read));
    NEED(sys_handle_close(sender));
}

TEST(transfer, 6 * 2 + 1)
{
    CHECK_BALANCED(transfer_ends, NULL, "a pipe that two processes had leaves nothing behind");
}

/* Limits ------------------------------------------------------------------------------------ */

/* Pipes of which one end is closed (argument: 0 none, 1 reading, 2 writing), until there is no more memory. */
static void fill_quota(void *argument)
{
    static handle_t ends[HANDLE_TABLE_MAX];
    uint64_t closed = (uint64_t)argument, count = 0;
    status_t st;
    handle_t pair[2];
    while ((st = sys_pipe_create(pair)) == OK && count < HANDLE_TABLE_MAX - 2) {
        for (int i = 0; i < 2; i++)
            if (closed == (uint64_t)i + 1)
                NEED(sys_handle_close(pair[i]));
            else
                ends[count++] = pair[i];
    }
    CHECK_STATUS(st, ERR_OUT_OF_MEMORY, "making pipes ends, %s",
                 closed == 0   ? "with both ends open"
                 : closed == 1 ? "also if their reading ends are closed"
                               : "or their writing ends");
    CHECK(count > 32, "after a good many");
    NEED(sys_handle_close(ends[--count]));
    if (closed == 0)
        NEED(sys_handle_close(ends[--count]));
    CHECK_STATUS(sys_pipe_create(pair), OK, "with one less there is memory for one more");
    close_all(pair, 2);
    close_all(ends, count);
}

TEST(quota, 3 * 3 * 2 + 3)
{
    for (uint64_t closed = 0; closed < 3; closed++)
        CHECK_BALANCED(fill_quota, (void *)closed, "all of it comes back");
}

/* Every path, good and bad, twenty times. */
static void all_paths(void *argument)
{
    (void)argument;
    for (int round = 0; round < 20; round++) {
        struct pipe pipe = make_pipe();
        handle_t extra[2] = { duplicate(pipe.read, RIGHTS_SAME), duplicate(pipe.write, RIGHTS_SAME) };
        sys_pipe_create((handle_t *)KERNEL_ADDRESS);
        sys_pipe_read(pipe.read, pipe_buffer, 1, DEADLINE_POLL);
        sys_pipe_read(pipe.read, pipe_buffer, 1, clock_now() + 1000);
        sys_pipe_write(pipe.write, NULL, 1, DEADLINE_POLL);
        NEED(put(&pipe, PIPE_SIZE - 1, DEADLINE_POLL));
        sys_pipe_write(pipe.write, pipe_buffer, 2, clock_now() + 1000);
        sys_pipe_write(pipe.write, pipe_buffer, PIPE_SIZE, clock_now() + 1000);
        sys_pipe_read(pipe.read, NULL, 1, DEADLINE_POLL);
        NEED(sys_pipe_read(pipe.read, pipe_buffer, 100, DEADLINE_POLL));
        sys_pipe_read(pipe.write, pipe_buffer, 1, DEADLINE_POLL);
        handle_t first = round & 1 ? pipe.read : pipe.write, second = round & 1 ? pipe.write : pipe.read;
        NEED(sys_handle_close(extra[round & 1 ? 0 : 1]));
        NEED(sys_handle_close(first)); /* now one end is closed, the other not */
        sys_pipe_read(pipe.read, pipe_buffer, PIPE_SIZE, DEADLINE_FOREVER);
        sys_pipe_write(pipe.write, pipe_buffer, 1, DEADLINE_FOREVER);
        NEED(sys_handle_close(second));
        NEED(sys_handle_close(extra[round & 1 ? 1 : 0]));
    }
}

TEST(no_leak, 1)
{
    CHECK_BALANCED(all_paths, NULL, "20 rounds of each success and each error leave nothing behind");
}
