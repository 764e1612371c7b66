/* SPDX-License-Identifier: MIT */
/*
 * pipe.c: lab 4, a pipe that nobody waits at: creation, rights, what goes in comes out, its two ends.
 *
 * Faults are in pipe_fault.c, waiting in pipe_wait.c and pipe_close.c, races in pipe_race.c,
 * several processes in pipe_process.c.
 */
#include "user/test/pipe_support.h"

#define STREAM_SIZE 400000 /* more than six times round the ring */

static uint8_t stream[STREAM_SIZE + PIPE_SIZE];
static handle_t fillers[HANDLE_TABLE_MAX];

TEST(create, 14)
{
    handle_t ends[2] = { POISON32, POISON32 }, edge[1];
    struct handle_info read, write;
    REQUIRE_STATUS(sys_pipe_create(ends), OK, "a pipe is created");
    NEED(sys_handle_info(ends[0], &read));
    NEED(sys_handle_info(ends[1], &write));
    CHECK_EQ(read.type, OBJ_PIPE, "the first handle is a pipe's");
    CHECK_EQ(write.type, OBJ_PIPE, "so is the second");
    CHECK_EQ(read.rights, READ_RIGHTS, "one has READ, DUPLICATE, TRANSFER and WAIT");
    CHECK_EQ(write.rights, WRITE_RIGHTS, "the other WRITE, DUPLICATE, TRANSFER and WAIT");
    CHECK_STATUS(sys_pipe_create((handle_t *)0), ERR_INVALID_ADDRESS, "the handles to nowhere");
    CHECK_STATUS(sys_pipe_create((handle_t *)KERNEL_ADDRESS), ERR_INVALID_ADDRESS, "into the kernel");
    uint8_t *pages, *end = map_edge(sizeof(edge), &pages);
    CHECK_STATUS(sys_pipe_create((handle_t *)end), ERR_INVALID_ADDRESS, "half of them to nowhere");

    size_t count = fill_table(ends[0], fillers);
    handle_t none[2] = { POISON32, POISON32 };
    CHECK_STATUS(sys_pipe_create(none), ERR_NO_SLOTS, "with a full handle table");
    NEED(sys_handle_close(fillers[--count]));
    CHECK_STATUS(sys_pipe_create(none), ERR_NO_SLOTS, "with one free slot");
    CHECK(none[0] == POISON32 && none[1] == POISON32, "no handles are told");
    status_t again = sys_handle_duplicate(ends[0], RIGHTS_SAME);
    CHECK(again > 0, "and the slot is still free");
    NEED(sys_handle_close((handle_t)again));
    NEED(sys_handle_close(fillers[--count]));
    CHECK_STATUS(sys_pipe_create(none), OK, "two free slots are enough");
    close_all(fillers, count);
    CHECK(handle_alive(none[0]) && handle_alive(none[1]), "both handles are there");
    unmap_pages(pages, EDGE_PAGES);
}

TEST(rights, 15)
{
    uint8_t byte = 7;
    struct pipe pipe = make_pipe();
    handle_t port = make_port(1);
    handle_t blind = duplicate(pipe.read, RIGHT_DUPLICATE | RIGHT_WAIT);
    handle_t mute = duplicate(pipe.write, RIGHT_DUPLICATE | RIGHT_WAIT);
    handle_t reader = duplicate(pipe.read, RIGHT_READ), writer = duplicate(pipe.write, RIGHT_WRITE);
    CHECK_STATUS(sys_pipe_read(pipe.write, &byte, 1, DEADLINE_POLL), ERR_PERMISSION_DENIED,
                 "reading from the writing end");
    CHECK_STATUS(sys_pipe_write(pipe.read, &byte, 1, DEADLINE_POLL), ERR_PERMISSION_DENIED,
                 "writing to the reading end");
    CHECK_STATUS(sys_pipe_read(blind, &byte, 1, DEADLINE_POLL), ERR_PERMISSION_DENIED,
                 "reading without READ");
    CHECK_STATUS(sys_pipe_write(mute, &byte, 1, DEADLINE_POLL), ERR_PERMISSION_DENIED,
                 "writing without WRITE");
    CHECK_STATUS(sys_pipe_read(blind, NULL, 0, DEADLINE_POLL), ERR_PERMISSION_DENIED,
                 "even no bytes: reading");
    CHECK_STATUS(sys_pipe_write(mute, NULL, 0, DEADLINE_POLL), ERR_PERMISSION_DENIED, "and writing");
    CHECK_STATUS(sys_handle_duplicate(blind, RIGHT_READ), ERR_PERMISSION_DENIED,
                 "duplicating gives no right back");
    CHECK_STATUS(sys_handle_duplicate(pipe.read, RIGHT_READ | RIGHT_WRITE), ERR_PERMISSION_DENIED,
                 "nor WRITE to a reading end");
    CHECK_STATUS(sys_pipe_write(writer, &byte, 1, DEADLINE_POLL), 1, "WRITE alone is enough to write");
    byte = 0;
    CHECK_STATUS(sys_pipe_read(reader, &byte, 1, DEADLINE_POLL), 1, "READ alone to read");
    CHECK_EQ(byte, 7, "what was written");
    CHECK_STATUS(sys_pipe_read(port, &byte, 1, DEADLINE_POLL), ERR_WRONG_TYPE, "reading from a port");
    CHECK_STATUS(sys_pipe_write(port, &byte, 1, DEADLINE_POLL), ERR_WRONG_TYPE, "writing to one");
    NEED(sys_handle_close(reader));
    CHECK_STATUS(sys_pipe_write(pipe.write, &byte, 1, DEADLINE_POLL), 1,
                 "one of several reading handles closes: the end is open");
    NEED(sys_handle_close(writer));
    CHECK_STATUS(sys_pipe_read(pipe.read, &byte, 1, DEADLINE_POLL), 1, "the same with a writing one");
}

TEST(stale, 8)
{
    uint8_t byte = 1;
    struct pipe old = make_pipe();
    close_pipe(&old);
    CHECK_STATUS(sys_pipe_read(old.read, &byte, 1, DEADLINE_POLL), ERR_INVALID_HANDLE,
                 "reading with a closed handle");
    CHECK_STATUS(sys_pipe_write(old.write, &byte, 1, DEADLINE_POLL), ERR_INVALID_HANDLE, "writing");
    struct pipe pipe = make_pipe();
    CHECK_STATUS(sys_pipe_write(old.write, &byte, 1, DEADLINE_POLL), ERR_INVALID_HANDLE,
                 "also when another pipe has the slot");
    CHECK_STATUS(sys_pipe_read(old.read, &byte, 1, DEADLINE_POLL), ERR_INVALID_HANDLE, "reading");
    CHECK_STATUS(sys_pipe_write(HANDLE_INVALID, &byte, 1, DEADLINE_POLL), ERR_INVALID_HANDLE, "handle 0");
    CHECK_STATUS(sys_pipe_read((handle_t)object_id(pipe.read), &byte, 1, DEADLINE_POLL),
                 ERR_INVALID_HANDLE, "the object's id");
    CHECK_STATUS(sys_pipe_write(start_handle(START_STDOUT), &byte, 0, DEADLINE_POLL), ERR_WRONG_TYPE,
                 "a console");
    CHECK_STATUS(sys_pipe_read(pipe.read, &byte, 1, DEADLINE_POLL), ERR_TIMED_OUT,
                 "nothing has come into the new pipe");
}

TEST(zero_length, 12)
{
    struct pipe pipe = make_pipe();
    CHECK_STATUS(sys_pipe_read(pipe.read, NULL, 0, DEADLINE_FOREVER), 0,
                 "reading no bytes from an empty pipe does not wait");
    CHECK_STATUS(sys_pipe_write(pipe.write, NULL, 0, DEADLINE_FOREVER), 0, "nor does writing none");
    CHECK_STATUS(sys_pipe_read(pipe.read, (void *)KERNEL_ADDRESS, 0, DEADLINE_POLL), 0,
                 "any address is fine for no bytes");
    CHECK_STATUS(sys_pipe_write(pipe.write, (void *)LAST_ADDRESS, 0, DEADLINE_POLL), 0,
                 "for writing too");
    CHECK_STATUS(get(&pipe, 1, DEADLINE_POLL), ERR_TIMED_OUT, "nothing is in the pipe");
    fill_pipe(&pipe, 0);
    CHECK_STATUS(sys_pipe_write(pipe.write, NULL, 0, DEADLINE_FOREVER), 0, "nor to a full pipe");
    CHECK_STATUS(sys_pipe_read(pipe.read, NULL, 0, DEADLINE_FOREVER), 0, "or from one");
    CHECK_STATUS(get(&pipe, PIPE_SIZE, DEADLINE_POLL), PIPE_SIZE, "all of it is still there");
    handle_t read = duplicate(pipe.read, RIGHTS_SAME);
    NEED(sys_handle_close(pipe.write));
    CHECK_STATUS(sys_pipe_read(read, NULL, 0, DEADLINE_FOREVER), 0, "the same at the end");
    struct pipe other = make_pipe();
    NEED(sys_handle_close(other.read));
    CHECK_STATUS(sys_pipe_write(other.write, NULL, 0, DEADLINE_FOREVER), 0, "and without a reader");
    uint8_t byte = 0;
    CHECK_STATUS(sys_pipe_read(read, &byte, 1, DEADLINE_FOREVER), 0, "one byte: the end");
    CHECK_STATUS(sys_pipe_write(other.write, &byte, 1, DEADLINE_FOREVER), ERR_PEER_CLOSED,
                 "one byte: nobody reads");
}

/* Sizes that the host does not choose: its bytes must come out whatever they are. */
TEST(stream, 4)
{
    uint64_t data = test_seed(), sizes = test_seed() ^ 0x5eed, hash = TEST_HASH_START;
    struct pipe pipe = make_pipe();
    size_t in = 0, out = 0, short_write = 0, short_read = 0;
    fill_random(stream, STREAM_SIZE, &data);
    while (out < STREAM_SIZE) {
        static const size_t scale[] = { 16, 700, 5000, 60000 };
        size_t most = scale[test_random(&sizes) % 4], n = 1 + test_random(&sizes) % most;
        size_t room = PIPE_SIZE - (in - out), there;
        if (n > STREAM_SIZE - in)
            n = STREAM_SIZE - in;
        size_t fits = n <= room ? n : n <= PIPE_BUF ? 0 : room;
        status_t st = n == 0 ? 0 : sys_pipe_write(pipe.write, stream + in, n, DEADLINE_POLL);
        short_write += st != (fits > 0 || n == 0 ? (status_t)fits : ERR_TIMED_OUT);
        in += st > 0 ? (size_t)st : 0;

        n = 1 + test_random(&sizes) % most;
        there = in - out < n ? in - out : n;
        st = sys_pipe_read(pipe.read, pipe_buffer, n, DEADLINE_POLL);
        short_read += st != (there > 0 ? (status_t)there : ERR_TIMED_OUT);
        if (st > 0) {
            hash = test_hash(hash, pipe_buffer, (size_t)st);
            out += (size_t)st;
        }
        if (short_write + short_read > 0)
            break;
    }
    CHECK_EQ(short_write, 0, "each write takes all, or what there is room for, at byte %zu", in);
    CHECK_EQ(short_read, 0, "each read gets what there is, at byte %zu", out);
    CHECK_EQ(in, STREAM_SIZE, "all bytes go in");
    CHECK_EQ(out, STREAM_SIZE, "and come out");
    ANSWER("hash", "0x%016llx", (unsigned long long)hash);
}

/* Copies that end one byte before the end of the ring, at it, one byte behind it, two. */
TEST(wrap, 3 * 4)
{
    static const uint32_t before_end[] = { 2, 3, 100 };
    struct pipe pipe = make_pipe();
    for (size_t i = 0; i < array_size(before_end); i++) {
        for (int over = -1; over <= 2; over++) {
            uint32_t begin = PIPE_SIZE - before_end[i], n = before_end[i] + (uint32_t)over;
            uint32_t way = (begin - (uint32_t)pipe.written) % PIPE_SIZE;
            NEED(put(&pipe, way, DEADLINE_POLL));
            NEED(get(&pipe, way, DEADLINE_POLL));
            status_t in = put(&pipe, n, DEADLINE_POLL), out = get(&pipe, n, DEADLINE_POLL);
            CHECK(in == n && out == n, "%u bytes from %u bytes before the end of the ring: %ld in, %ld out", n,
                  before_end[i], in, out);
        }
    }
    close_pipe(&pipe);
}

TEST(partial, 9)
{
    struct pipe pipe = make_pipe();
    CHECK_STATUS(put(&pipe, 10, DEADLINE_POLL), 10, "ten bytes are written");
    CHECK_STATUS(get(&pipe, 4, DEADLINE_POLL), 4, "the first four are read");
    CHECK_STATUS(get(&pipe, 4, DEADLINE_FOREVER), 4, "the next four");
    CHECK_STATUS(get(&pipe, 4, DEADLINE_FOREVER), 2, "two are left: who reads gets what there is");
    CHECK_STATUS(get(&pipe, 4, DEADLINE_POLL), ERR_TIMED_OUT, "now there is nothing");
    for (int i = 0; i < 3; i++)
        NEED(put(&pipe, 5, DEADLINE_POLL));
    CHECK_STATUS(get(&pipe, 100, DEADLINE_POLL), 15, "three writes are read as one: bytes, no messages");
    CHECK_STATUS(put(&pipe, PIPE_SIZE, DEADLINE_POLL), PIPE_SIZE, "64 KiB go in at once");
    CHECK_STATUS(get(&pipe, PIPE_BUFFER, DEADLINE_FOREVER), PIPE_SIZE, "and out");
    CHECK_STATUS(get(&pipe, 1, DEADLINE_POLL), ERR_TIMED_OUT, "nothing comes twice");
}

TEST(capacity, 17)
{
    struct pipe pipe = make_pipe();
    for (int i = 0; i < 15; i++)
        NEED(put(&pipe, PIPE_BUF, DEADLINE_POLL));
    CHECK_STATUS(put(&pipe, PIPE_BUF, DEADLINE_POLL), PIPE_BUF, "sixteen times PIPE_BUF fit");
    CHECK_STATUS(put(&pipe, 1, DEADLINE_POLL), ERR_TIMED_OUT, "and not a byte more");
    CHECK_STATUS(put(&pipe, PIPE_BUF + 1, DEADLINE_POLL), ERR_TIMED_OUT, "nor of a long write");
    CHECK_STATUS(get(&pipe, 100, DEADLINE_POLL), 100, "a hundred bytes are read");
    CHECK_STATUS(put(&pipe, 101, DEADLINE_POLL), ERR_TIMED_OUT, "101 are written: all or nothing");
    CHECK_STATUS(put(&pipe, PIPE_BUF, DEADLINE_POLL), ERR_TIMED_OUT, "PIPE_BUF: the same");
    CHECK_STATUS(put(&pipe, 60, 1), 60, "60: they fit, however late it is");
    CHECK_STATUS(put(&pipe, PIPE_BUF + 1, DEADLINE_POLL), 40, "of a longer write goes what fits");
    CHECK_STATUS(get(&pipe, PIPE_SIZE, DEADLINE_POLL), PIPE_SIZE, "it all comes out, in order");
    CHECK_STATUS(get(&pipe, 1, DEADLINE_POLL), ERR_TIMED_OUT, "and nothing else");
    CHECK_STATUS(put(&pipe, PIPE_SIZE + 1, DEADLINE_POLL), PIPE_SIZE, "more than fits an empty pipe");
    CHECK_STATUS(get(&pipe, 5000, DEADLINE_POLL), 5000, "room for 5000 is made");
    CHECK_STATUS(put(&pipe, 70000, 1), 5000, "a long write fills it and tells the count");
    CHECK_STATUS(put(&pipe, 70000, 1), ERR_TIMED_OUT, "without any room it has none to tell");
    CHECK_STATUS(get(&pipe, PIPE_SIZE - 1, DEADLINE_POLL), PIPE_SIZE - 1, "all but one are read");
    CHECK_STATUS(get(&pipe, PIPE_SIZE, 1), 1, "then the last, however late it is");
    CHECK_STATUS(get(&pipe, 1, 1), ERR_TIMED_OUT, "and it is too late for more");
}

TEST(end, 11)
{
    struct pipe pipe = make_pipe();
    handle_t second = duplicate(pipe.write, RIGHTS_SAME);
    NEED(put(&pipe, 100, DEADLINE_POLL));
    NEED(sys_handle_close(pipe.write));
    CHECK_STATUS(get(&pipe, 60, DEADLINE_POLL), 60, "one of two writers closes: reading goes on");
    CHECK_STATUS(get(&pipe, 60, DEADLINE_POLL), 40, "to the last byte");
    CHECK_STATUS(get(&pipe, 60, DEADLINE_POLL), ERR_TIMED_OUT, "which is not the end");
    pipe.write = second;
    NEED(put(&pipe, 100, DEADLINE_POLL));
    CHECK_STATUS(sys_handle_close(pipe.write), OK, "the other closes");
    CHECK_STATUS(get(&pipe, 60, DEADLINE_FOREVER), 60, "what it wrote can still be read");
    CHECK_STATUS(get(&pipe, 60, DEADLINE_POLL), 40, "all of it");
    for (int i = 0; i < 2; i++) {
        CHECK_STATUS(get(&pipe, 60, DEADLINE_FOREVER), 0, "then comes the end");
        CHECK_STATUS(get(&pipe, 60, DEADLINE_POLL), 0, "as often as one asks");
    }
    CHECK(handle_alive(pipe.read), "the reading end lives on");
}

/* The two answers that need no waiting, whatever the deadline. */
TEST(no_reader, 4)
{
    static uint8_t bytes[PIPE_SIZE + 1];
    struct pipe pipe = make_pipe();
    NEED(sys_handle_close(pipe.read));
    CHECK_STATUS(sys_pipe_write(pipe.write, bytes, 1, DEADLINE_POLL), ERR_PEER_CLOSED, "a byte for nobody");
    CHECK_STATUS(sys_pipe_write(pipe.write, bytes, 1, DEADLINE_FOREVER), ERR_PEER_CLOSED, "that could wait");
    CHECK_STATUS(sys_pipe_write(pipe.write, bytes, PIPE_SIZE, DEADLINE_POLL), ERR_PEER_CLOSED, "a pipe full of them");
    CHECK_STATUS(sys_pipe_write(pipe.write, bytes, sizeof bytes, DEADLINE_FOREVER), ERR_PEER_CLOSED,
                 "and more than it holds");
    NEED(sys_handle_close(pipe.write));
}

TEST(no_writer, 6)
{
    static uint8_t bytes[100];
    struct pipe pipe = make_pipe();
    CHECK_STATUS(put(&pipe, 10, DEADLINE_POLL), 10, "ten bytes go in");
    NEED(sys_handle_close(pipe.write));
    CHECK_STATUS(get(&pipe, 4, DEADLINE_POLL), 4, "four come out");
    CHECK_STATUS(get(&pipe, sizeof bytes, DEADLINE_FOREVER), 6, "and the other six, with room for a hundred");
    CHECK_STATUS(sys_pipe_read(pipe.read, bytes, sizeof bytes, DEADLINE_POLL), 0, "after them the end");
    CHECK_STATUS(sys_pipe_read(pipe.read, bytes, sizeof bytes, DEADLINE_FOREVER), 0, "without waiting");
    CHECK_STATUS(sys_pipe_read(pipe.read, bytes, 1, DEADLINE_POLL), 0, "and as often as one asks");
    NEED(sys_handle_close(pipe.read));
}

TEST(broken, 8)
{
    struct pipe pipe = make_pipe();
    handle_t second = duplicate(pipe.read, RIGHTS_SAME);
    NEED(sys_handle_close(pipe.read));
    CHECK_STATUS(put(&pipe, 100, DEADLINE_POLL), 100, "one of two readers closes: writing goes on");
    CHECK_STATUS(sys_handle_close(second), OK, "the other closes, with bytes in the pipe");
    CHECK_STATUS(put(&pipe, 100, DEADLINE_POLL), ERR_PEER_CLOSED, "nobody can read what is written now");
    CHECK_STATUS(put(&pipe, 100, DEADLINE_FOREVER), ERR_PEER_CLOSED, "nor later");
    CHECK_STATUS(put(&pipe, PIPE_SIZE, DEADLINE_FOREVER), ERR_PEER_CLOSED, "nor more");
    struct pipe full = make_pipe();
    fill_pipe(&full, 0);
    NEED(sys_handle_close(full.read));
    CHECK_STATUS(put(&full, 1, DEADLINE_POLL), ERR_PEER_CLOSED, "a full pipe is no different");
    CHECK_STATUS(put(&full, 1, DEADLINE_FOREVER), ERR_PEER_CLOSED, "waiting for room would be in vain");
    CHECK(handle_alive(full.write), "the writing end lives on");
}
