/* SPDX-License-Identifier: MIT */
/*
 * pipe_fault.c: lab 4, memory that ends in the middle of a copy.
 *
 * The count says exactly how far it came: to the byte. What did not arrive at a reader is still in
 * the pipe, and what a writer is told went is in the pipe, and no more.
 */
#include "user/test/pipe_support.h"

static const size_t valid[] = { 1, 5, 7, 8, 9, 13, 64, 4095, 4097, 8003 };

TEST(read_faults, 3 * 10 + 7)
{
    for (size_t i = 0; i < array_size(valid); i++) {
        struct pipe pipe = make_pipe();
        uint8_t *pages, *end = map_edge(valid[i], &pages);
        NEED(put(&pipe, 10000, DEADLINE_POLL));
        status_t st = sys_pipe_read(pipe.read, end, 10000, DEADLINE_POLL);
        CHECK_STATUS(st, (status_t)valid[i], "reading 10000 bytes to where %zu are mapped", valid[i]);
        CHECK_EQ(match_stream(end, valid[i], 0), valid[i], "those are the first ones");
        pipe.taken = valid[i];
        CHECK_STATUS(get(&pipe, 10000, DEADLINE_POLL), (status_t)(10000 - valid[i]),
                     "all that did not arrive are still there");
        unmap_pages(pages, EDGE_PAGES);
        close_pipe(&pipe);
    }
    struct pipe pipe = make_pipe();
    uint8_t *pages = map_pages(1, PROT_READ);
    NEED(put(&pipe, 10, DEADLINE_POLL));
    CHECK_STATUS(sys_pipe_read(pipe.read, NULL, 10, DEADLINE_POLL), ERR_INVALID_ADDRESS, "to nowhere");
    CHECK_STATUS(sys_pipe_read(pipe.read, pages, 10, DEADLINE_POLL), ERR_INVALID_ADDRESS,
                 "to memory that cannot be written");
    CHECK_STATUS(sys_pipe_read(pipe.read, (void *)KERNEL_ADDRESS, 10, DEADLINE_POLL),
                 ERR_INVALID_ADDRESS, "to the kernel's");
    CHECK_STATUS(sys_pipe_read(pipe.read, (void *)(USER_END - 5), 10, DEADLINE_POLL),
                 ERR_INVALID_ADDRESS, "across the end of the program's");
    CHECK_STATUS(sys_pipe_read(pipe.read, (void *)LAST_ADDRESS, 10, DEADLINE_POLL),
                 ERR_INVALID_ADDRESS, "across the end of all addresses");
    CHECK_STATUS(sys_pipe_read(pipe.read, pipe_buffer, UINT64_MAX, DEADLINE_POLL),
                 ERR_INVALID_ADDRESS, "a size beyond them");
    CHECK_STATUS(get(&pipe, 20, DEADLINE_POLL), 10, "nothing was lost");
}

/* Where the ring wraps, the copy is two. */
TEST(read_faults_wrapped, 4 * 4)
{
    static const size_t before[] = { 3, 11, 4000, 4097 }; /* bytes before the wrap; 4001 are mapped */
    for (size_t i = 0; i < array_size(before); i++) {
        struct pipe pipe = make_pipe();
        uint8_t *pages, *end = map_edge(4001, &pages);
        fill_pipe(&pipe, before[i]);
        CHECK_STATUS(get(&pipe, PIPE_SIZE, DEADLINE_POLL), (status_t)(PIPE_SIZE - before[i]),
                     "the ring is read to %zu bytes before its end", before[i]);
        uint64_t from = pipe.taken;
        NEED(put(&pipe, 9000, DEADLINE_POLL));
        CHECK_STATUS(sys_pipe_read(pipe.read, end, 9000, DEADLINE_POLL), 4001,
                     "reading 9000 bytes to where 4001 are mapped");
        CHECK_EQ(match_stream(end, 4001, from), 4001, "those are the first ones");
        pipe.taken += 4001;
        CHECK_STATUS(get(&pipe, 9000, DEADLINE_POLL), 9000 - 4001, "the others are still there");
        unmap_pages(pages, EDGE_PAGES);
        close_pipe(&pipe);
    }
}

/* A long write goes as far as its memory. */
TEST(write_faults, 2 * 10 + 2 * 4 + 5)
{
    for (size_t i = 0; i < array_size(valid); i++) {
        struct pipe pipe = make_pipe();
        uint8_t *pages, *end = map_edge(valid[i], &pages);
        fill_stream(end, valid[i], 0);
        CHECK_STATUS(sys_pipe_write(pipe.write, end, 10000, DEADLINE_POLL), (status_t)valid[i],
                     "writing 10000 bytes of which %zu are mapped", valid[i]);
        CHECK_STATUS(get(&pipe, 10000, DEADLINE_POLL), (status_t)valid[i], "so many have gone");
        unmap_pages(pages, EDGE_PAGES);
        close_pipe(&pipe);
    }
    static const size_t before[] = { 3, 11, 5000, 5003 };
    for (size_t i = 0; i < array_size(before); i++) {
        struct pipe pipe = make_pipe();
        uint8_t *pages, *end = map_edge(5001, &pages);
        fill_pipe(&pipe, before[i]);
        NEED(get(&pipe, PIPE_SIZE, DEADLINE_POLL));
        fill_stream(end, 5001, pipe.written);
        CHECK_STATUS(sys_pipe_write(pipe.write, end, 9000, DEADLINE_POLL), 5001,
                     "the same %zu bytes before the ring's end", before[i]);
        CHECK_STATUS(get(&pipe, 10000, DEADLINE_POLL), 5001, "so many have gone");
        unmap_pages(pages, EDGE_PAGES);
        close_pipe(&pipe);
    }
    struct pipe pipe = make_pipe();
    CHECK_STATUS(sys_pipe_write(pipe.write, NULL, 10000, DEADLINE_POLL), ERR_INVALID_ADDRESS, "from nowhere");
    CHECK_STATUS(sys_pipe_write(pipe.write, (void *)KERNEL_ADDRESS, 10000, DEADLINE_POLL),
                 ERR_INVALID_ADDRESS, "from the kernel's");
    CHECK_STATUS(sys_pipe_write(pipe.write, (void *)(USER_END - 5), 10000, DEADLINE_POLL),
                 ERR_INVALID_ADDRESS, "across the end of the program's");
    CHECK_STATUS(sys_pipe_write(pipe.write, pipe_buffer, 1ull << 63, DEADLINE_POLL),
                 ERR_INVALID_ADDRESS, "a size beyond all addresses");
    CHECK_STATUS(get(&pipe, 1, DEADLINE_POLL), ERR_TIMED_OUT, "nothing went");
}

/* A write up to PIPE_BUF is all or nothing: then nothing. */
TEST(small_write_faults, 4 * 4)
{
    static const size_t mapped[] = { 1, 8, 13, 4000 };
    for (size_t i = 0; i < array_size(mapped); i++) {
        struct pipe pipe = make_pipe();
        uint8_t *pages, *end = map_edge(mapped[i], &pages);
        NEED(put(&pipe, 3, DEADLINE_POLL));
        CHECK_STATUS(sys_pipe_write(pipe.write, end, mapped[i] + 1, DEADLINE_POLL), ERR_INVALID_ADDRESS,
                     "writing %zu bytes of which all but one are mapped", mapped[i] + 1);
        CHECK_STATUS(sys_pipe_write(pipe.write, end, PIPE_BUF, DEADLINE_POLL), ERR_INVALID_ADDRESS,
                     "or PIPE_BUF");
        CHECK_STATUS(put(&pipe, 4, DEADLINE_POLL), 4, "the next write");
        CHECK_STATUS(get(&pipe, 10000, DEADLINE_POLL), 7, "follows the one before: nothing of them is there");
        unmap_pages(pages, EDGE_PAGES);
        close_pipe(&pipe);
    }
}

/* Who waits and then faults has taken nothing, and has not swallowed the wake-up. */
TEST(fault_after_waiting, 6)
{
    struct call bad, good;
    uint8_t byte = 0;
    struct pipe pipe = make_pipe();
    begin(&bad, run_read, pipe.read, (void *)PAGE_SIZE, 1, DEADLINE_FOREVER);
    begin(&good, run_read, pipe.read, &byte, 1, DEADLINE_FOREVER);
    NEED(put(&pipe, 1, DEADLINE_POLL));
    CHECK_STATUS(join_thread(bad.thread), ERR_INVALID_ADDRESS, "a reader waits, and its buffer is bad");
    CHECK_STATUS(join_thread(good.thread), 1, "the one behind it gets the byte");
    CHECK_EQ(byte, stream_byte(0), "that very byte");
    pipe.taken = 1;
    fill_pipe(&pipe, 0);
    begin(&bad, run_write, pipe.write, (void *)PAGE_SIZE, 1, DEADLINE_FOREVER);
    begin(&good, run_write, pipe.write, &byte, 1, DEADLINE_FOREVER);
    CHECK_STATUS(get(&pipe, 1, DEADLINE_POLL), 1, "room for one byte, for which two wait");
    CHECK_STATUS(join_thread(bad.thread), ERR_INVALID_ADDRESS, "the first has bad memory");
    CHECK_STATUS(join_thread(good.thread), 1, "the second gets the room");
}
