/* SPDX-License-Identifier: MIT */
/*
 * pipe.c: lab 4, a pipe at which nobody waits: bytes, sizes, rights, faults, ends.
 *
 * Waiting is in pipe_wait.c, races in pipe_race.c, several processes in pipe_process.c.
 */
#include "user/test/support.h"

#define STREAM 300000 /* bytes: the ring goes round four times */

static uint8_t data[2 * PIPE_SIZE], got[2 * PIPE_SIZE];

static status_t put(struct pipe_ends pipe, const void *from, size_t n)
{
    return sys_pipe_write(pipe.writer, from, n, DEADLINE_POLL);
}

static status_t take(struct pipe_ends pipe, void *to, size_t n)
{
    return sys_pipe_read(pipe.reader, to, n, DEADLINE_POLL);
}

/* How many bytes lie in it; they are gone afterwards. */
static uint64_t drain(struct pipe_ends pipe)
{
    uint64_t all = 0;
    status_t n;
    while ((n = take(pipe, got, sizeof got)) > 0)
        all += (uint64_t)n;
    return all;
}

TEST(create, 9)
{
    static handle_t filler[HANDLE_TABLE_MAX];
    struct handle_info info[2];
    handle_t ends[2];
    CHECK_STATUS(sys_pipe_create(ends), OK, "a pipe is made");
    NEED(sys_handle_info(ends[0], &info[0]));
    NEED(sys_handle_info(ends[1], &info[1]));
    CHECK(info[0].type == OBJ_PIPE && info[1].type == OBJ_PIPE, "both handles are a pipe's");
    CHECK_EQ(info[0].rights, RIGHT_READ | RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_WAIT,
             "the first one reads");
    CHECK_EQ(info[1].rights, RIGHT_WRITE | RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_WAIT,
             "the second one writes");
    CHECK_STATUS(sys_pipe_create((handle_t *)KERNEL_ADDRESS), ERR_INVALID_ADDRESS,
                 "with its handles to a kernel address");
    CHECK_STATUS(sys_pipe_create(NULL), ERR_INVALID_ADDRESS, "to NULL");
    size_t count = fill_table(start_handle(START_STDOUT), filler);
    CHECK_STATUS(sys_pipe_create(ends), ERR_NO_SLOTS, "with no slot free");
    NEED(sys_handle_close(filler[--count]));
    CHECK_STATUS(sys_pipe_create(ends), ERR_NO_SLOTS, "with one slot free");
    NEED(sys_handle_close(filler[--count]));
    CHECK_STATUS(sys_pipe_create(ends), OK, "with two");
}

TEST(rights, 15)
{
    struct pipe_ends pipe = make_pipe();
    handle_t port = make_port(1), blind = duplicate(pipe.reader, RIGHT_TRANSFER);
    CHECK_STATUS(put(pipe, "ab", 2), 2, "writing to the writing end");
    CHECK_STATUS(sys_pipe_write(pipe.reader, "x", 1, DEADLINE_POLL), ERR_PERMISSION_DENIED,
                 "writing to the reading end");
    CHECK_STATUS(sys_pipe_read(pipe.writer, got, 1, DEADLINE_POLL), ERR_PERMISSION_DENIED,
                 "reading from the writing end");
    CHECK_STATUS(sys_pipe_read(blind, got, 1, DEADLINE_POLL), ERR_PERMISSION_DENIED,
                 "reading with a duplicate without READ");
    CHECK_STATUS(sys_pipe_read(blind, got, 0, DEADLINE_POLL), ERR_PERMISSION_DENIED,
                 "even reading nothing");
    CHECK_STATUS(sys_pipe_write(pipe.reader, got, 0, DEADLINE_POLL), ERR_PERMISSION_DENIED,
                 "even writing nothing");
    CHECK_STATUS(sys_handle_duplicate(pipe.reader, RIGHT_WRITE), ERR_PERMISSION_DENIED,
                 "the reading end cannot learn to write");
    CHECK_STATUS(sys_pipe_read(port, got, 1, DEADLINE_POLL), ERR_WRONG_TYPE, "reading from a port");
    CHECK_STATUS(sys_pipe_write(port, got, 1, DEADLINE_POLL), ERR_WRONG_TYPE, "writing to one");
    uint64_t word;
    CHECK_STATUS(try_recv_word(pipe.reader, &word, NULL), ERR_WRONG_TYPE, "receiving from a pipe");
    handle_t second = duplicate(pipe.reader, RIGHTS_SAME);
    CHECK_STATUS(sys_pipe_read(second, got, 1, DEADLINE_POLL), 1, "a full duplicate reads");
    CHECK_EQ(got[0], 'a', "the first byte");
    CHECK_STATUS(take(pipe, got, 1), 1, "and the original the next");
    CHECK_EQ(got[0], 'b', "for both read the same stream");
    NEED(sys_handle_close(second));
    CHECK_STATUS(sys_pipe_read(second, got, 1, DEADLINE_POLL), ERR_INVALID_HANDLE, "a closed handle");
}

/* Now full, now empty, in pieces that fit nothing: what comes out is what went in. */
TEST(stream, 4)
{
    struct pipe_ends pipe = make_pipe();
    static uint8_t all[STREAM], out[STREAM];
    uint64_t contents = test_seed(), sizes = test_seed() + 1, sent = 0, received = 0, strange = 0;
    fill_random(all, STREAM, &contents);
    while (received < STREAM && strange == 0) {
        for (uint64_t burst = test_random(&sizes) % 12; burst > 0 && sent < STREAM; burst--) {
            size_t n = sent == 0 ? PIPE_SIZE + 1 : test_random(&sizes) % 9000 + 1;
            n = n < STREAM - sent ? n : STREAM - sent;
            status_t st = put(pipe, all + sent, n);
            strange += st == 0 || st > (status_t)n || (st < 0 && st != ERR_TIMED_OUT);
            strange += st > 0 && n <= PIPE_BUF && st != (status_t)n;
            sent += st > 0 ? (uint64_t)st : 0;
        }
        for (uint64_t burst = test_random(&sizes) % 12; burst > 0; burst--) {
            size_t n = test_random(&sizes) % 9000 + 1;
            n = n < STREAM - received ? n : STREAM - received;
            status_t st = n > 0 ? take(pipe, out + received, n) : ERR_TIMED_OUT;
            strange += st == 0 || st > (status_t)n || (st < 0 && st != ERR_TIMED_OUT);
            received += st > 0 ? (uint64_t)st : 0;
        }
    }
    CHECK_EQ(strange, 0, "every call answers with a count that can be, or that it would wait");
    CHECK_EQ(sent, STREAM, "all bytes are written");
    CHECK_MEM(out, all, STREAM, "what comes out is what went in");
    CHECK_EQ(drain(pipe), 0, "and nothing more");
    ANSWER("hash", "0x%016llx", (unsigned long long)test_hash(TEST_HASH_START, out, STREAM));
}

TEST(partial, 9)
{
    struct pipe_ends pipe = make_pipe();
    uint64_t state = test_seed();
    fill_random(data, 1000, &state);
    NEED(put(pipe, data, 600));
    NEED(put(pipe, data + 600, 400));
    CHECK_STATUS(take(pipe, got, 100), 100, "reading 100 of 1000 bytes");
    CHECK_MEM(got, data, 100, "gives the first 100");
    CHECK_STATUS(take(pipe, got, 700), 700, "reading goes over the borders of writes");
    CHECK_MEM(got, data + 100, 700, "in order");
    memset(got, POISON, sizeof got);
    CHECK_STATUS(take(pipe, got, 5000), 200, "reading 5000 gives the 200 that are there");
    CHECK_MEM(got, data + 800, 200, "the last ones");
    CHECK_EQ(got[200], POISON, "and leaves the rest of the buffer alone");
    CHECK_STATUS(take(pipe, got, 1), ERR_TIMED_OUT, "then it is empty");
    CHECK_EQ(got[0], data[800], "and the buffer is left alone");
}

TEST(zero, 8)
{
    struct pipe_ends pipe = make_pipe();
    CHECK_STATUS(take(pipe, NULL, 0), 0, "reading nothing from an empty pipe");
    CHECK_STATUS(sys_pipe_read(pipe.reader, NULL, 0, DEADLINE_FOREVER), 0, "does not wait");
    CHECK_STATUS(put(pipe, NULL, 0), 0, "writing nothing");
    CHECK_STATUS(take(pipe, got, 1), ERR_TIMED_OUT, "leaves the pipe empty");
    NEED(put(pipe, data, PIPE_SIZE));
    CHECK_STATUS(sys_pipe_write(pipe.writer, NULL, 0, DEADLINE_FOREVER), 0,
                 "writing nothing to a full pipe does not wait");
    CHECK_EQ(drain(pipe), PIPE_SIZE, "and writes nothing");
    NEED(sys_handle_close(pipe.writer));
    CHECK_STATUS(take(pipe, got, 0), 0, "reading nothing at the end");
    CHECK_STATUS(take(pipe, got, 1), 0, "reading at the end");
}

TEST(all_or_nothing, 13)
{
    struct pipe_ends pipe = make_pipe();
    CHECK_STATUS(put(pipe, data, sizeof data), PIPE_SIZE, "a pipe takes 64 KiB of a longer write");
    CHECK_STATUS(put(pipe, data, 1), ERR_TIMED_OUT, "and not one byte more");
    CHECK_STATUS(take(pipe, got, PIPE_BUF - 1), PIPE_BUF - 1, "4095 bytes are taken out");
    CHECK_STATUS(put(pipe, data, PIPE_BUF), ERR_TIMED_OUT, "4096 do not fit");
    CHECK_STATUS(put(pipe, data, PIPE_BUF - 1), PIPE_BUF - 1, "and none of them has been written: 4095 do");
    CHECK_STATUS(put(pipe, data, 1), ERR_TIMED_OUT, "then it is full");
    CHECK_EQ(drain(pipe), PIPE_SIZE, "with 64 KiB");
    NEED(put(pipe, data, PIPE_SIZE - 100));
    CHECK_STATUS(put(pipe, data, PIPE_BUF + 1), 100, "a write above PIPE_BUF goes in part");
    CHECK_STATUS(put(pipe, data, PIPE_BUF + 1), ERR_TIMED_OUT, "or not at all");
    CHECK_STATUS(sys_pipe_write(pipe.writer, data, PIPE_BUF, 1), ERR_TIMED_OUT,
                 "a deadline long past is like not waiting");
    CHECK_EQ(drain(pipe), PIPE_SIZE, "what was told to be written is there");
    CHECK_STATUS(sys_pipe_write(pipe.writer, data, 5, 1), 5, "room is looked at before the deadline");
    CHECK_STATUS(sys_pipe_read(pipe.reader, got, 9, 1), 5, "and so are bytes");
}

/* A page that can be written, and behind it none. */
static uint8_t *edge(void)
{
    uint8_t *pages = map_pages(2, PROT_READ | PROT_WRITE);
    unmap_pages(pages + PAGE_SIZE, 1);
    return pages + PAGE_SIZE;
}

TEST(fault_reading, 12)
{
    struct pipe_ends pipe = make_pipe();
    uint8_t *end = edge();
    uint64_t state = test_seed();
    fill_random(data, 10000, &state);
    NEED(put(pipe, data, 10000));
    CHECK_STATUS(take(pipe, (void *)KERNEL_ADDRESS, 10), ERR_INVALID_ADDRESS, "to a kernel address");
    CHECK_STATUS(take(pipe, NULL, 10), ERR_INVALID_ADDRESS, "to NULL");
    CHECK_STATUS(take(pipe, end, 10), ERR_INVALID_ADDRESS, "to a page that is not there");
    CHECK_STATUS(take(pipe, (void *)LAST_ADDRESS, 10), ERR_INVALID_ADDRESS, "round the end of all addresses");
    CHECK_STATUS(take(pipe, end - 40, 100), 40, "with room for 40 bytes of 100");
    CHECK_MEM(end - 40, data, 40, "gives those, from the beginning");
    CHECK_STATUS(take(pipe, end - 4000, 9000), 4000, "with room for 4000 of 9000");
    CHECK_MEM(end - 4000, data + 40, 4000, "which follow");
    NEED(sys_vm_protect((uint64_t)end - PAGE_SIZE, PAGE_SIZE, PROT_READ));
    CHECK_STATUS(take(pipe, end - 40, 10), ERR_INVALID_ADDRESS, "to a read-only page");
    CHECK_STATUS(take(pipe, got, 10000), 5960, "what did not arrive has stayed");
    CHECK_MEM(got, data + 4040, 5960, "in order");
    CHECK_EQ(drain(pipe), 0, "and nothing twice");
}

TEST(fault_writing, 10)
{
    struct pipe_ends pipe = make_pipe();
    uint8_t *end = edge();
    uint64_t state = test_seed();
    fill_random(end - PAGE_SIZE, PAGE_SIZE, &state);
    CHECK_STATUS(put(pipe, (void *)KERNEL_ADDRESS, 10), ERR_INVALID_ADDRESS, "from a kernel address");
    CHECK_STATUS(put(pipe, NULL, 10), ERR_INVALID_ADDRESS, "from NULL");
    CHECK_STATUS(put(pipe, NULL, 10000), ERR_INVALID_ADDRESS, "a long one from NULL");
    CHECK_STATUS(put(pipe, end - 40, 100), ERR_INVALID_ADDRESS,
                 "100 bytes of which 60 are not there: up to PIPE_BUF it is all or nothing");
    CHECK_STATUS(take(pipe, got, 100), ERR_TIMED_OUT, "and nothing has been written");
    CHECK_STATUS(put(pipe, end - PAGE_SIZE, 3 * PAGE_SIZE), PAGE_SIZE,
                 "a long write of which the first page is there");
    CHECK_STATUS(take(pipe, got, sizeof got), PAGE_SIZE, "goes so far");
    CHECK_MEM(got, end - PAGE_SIZE, PAGE_SIZE, "unchanged");
    CHECK_STATUS(put(pipe, end - 40, 40), 40, "after all that the pipe works");
    CHECK_STATUS(take(pipe, got, 100), 40, "as before");
}

TEST(end_of_file, 10)
{
    struct pipe_ends pipe = make_pipe();
    handle_t second = duplicate(pipe.writer, RIGHTS_SAME);
    NEED(put(pipe, "abc", 3));
    NEED(sys_handle_close(pipe.writer));
    CHECK_STATUS(take(pipe, got, 1), 1, "one of two writers has closed");
    CHECK_STATUS(sys_pipe_write(second, "d", 1, DEADLINE_POLL), 1, "the other one writes");
    NEED(sys_handle_close(second));
    CHECK_STATUS(take(pipe, got, 2), 2, "all have: what was written is still read");
    CHECK_STATUS(take(pipe, got, 10), 1, "to the last byte");
    CHECK_EQ(got[0], 'd', "which comes last");
    CHECK_STATUS(take(pipe, got, 10), 0, "then it is the end");
    CHECK_STATUS(sys_pipe_read(pipe.reader, got, 10, DEADLINE_FOREVER), 0, "also for who would wait");
    CHECK_STATUS(take(pipe, got, 10), 0, "again and again");
    CHECK_STATUS(sys_handle_close(pipe.reader), OK, "the reader closes too");
    CHECK_STATUS(take(pipe, got, 10), ERR_INVALID_HANDLE, "and that is that");
}

TEST(peer_closed, 8)
{
    struct pipe_ends pipe = make_pipe();
    handle_t second = duplicate(pipe.reader, RIGHTS_SAME);
    NEED(sys_handle_close(pipe.reader));
    CHECK_STATUS(put(pipe, "abc", 3), 3, "one of two readers has closed");
    NEED(sys_handle_close(second));
    CHECK_STATUS(put(pipe, "abc", 3), ERR_PEER_CLOSED, "all have");
    CHECK_STATUS(put(pipe, data, sizeof data), ERR_PEER_CLOSED, "a long write");
    CHECK_STATUS(sys_pipe_write(pipe.writer, "abc", 3, DEADLINE_FOREVER), ERR_PEER_CLOSED,
                 "one that would wait");
    CHECK_STATUS(put(pipe, "", 0), 0, "writing nothing is no writing");
    /* Full, and then the reader goes: the writer must not wait for room. */
    struct pipe_ends full = make_pipe();
    CHECK_STATUS(put(full, data, PIPE_SIZE), PIPE_SIZE, "a pipe is filled");
    NEED(sys_handle_close(full.reader));
    CHECK_STATUS(sys_pipe_write(full.writer, "x", 1, DEADLINE_FOREVER), ERR_PEER_CLOSED,
                 "and its reader goes");
    CHECK_STATUS(sys_handle_close(full.writer), OK, "what was never read goes with it");
}
