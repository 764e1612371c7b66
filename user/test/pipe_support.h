/* SPDX-License-Identifier: MIT */
/*
 * pipe_support.h: the steps that the tests of pipes share; see support.h.
 *
 * Most bytes come from a stream: byte `position` of it is known without the bytes before it. So
 * a test can say at any time what must come next, and what is lost or comes twice shows.
 */
#pragma once

#include "user/test/support.h"

#define READ_RIGHTS  (RIGHT_READ | RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_WAIT)
#define WRITE_RIGHTS (RIGHT_WRITE | RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_WAIT)

struct pipe {
    handle_t read, write;
    uint64_t written, taken; /* bytes of the stream that this test has put in and got out */
};

static inline struct pipe make_pipe(void)
{
    handle_t ends[2];
    NEED(sys_pipe_create(ends));
    return (struct pipe){ .read = ends[0], .write = ends[1] };
}

static inline void close_pipe(const struct pipe *pipe)
{
    NEED(sys_handle_close(pipe->read));
    NEED(sys_handle_close(pipe->write));
}

/* No period near a power of two, and none of the first 251 bytes twice. */
static inline uint8_t stream_byte(uint64_t position)
{
    return (uint8_t)(position % 251 + position / 251 % 5);
}

static inline void fill_stream(uint8_t *bytes, size_t n, uint64_t position)
{
    for (size_t i = 0; i < n; i++)
        bytes[i] = stream_byte(position + i);
}

/* How many of them are what the stream has from `position` on. */
static inline size_t match_stream(const uint8_t *bytes, size_t n, uint64_t position)
{
    size_t i = 0;
    while (i < n && bytes[i] == stream_byte(position + i))
        i++;
    return i;
}

#define PIPE_BUFFER (2 * PIPE_SIZE)
static __attribute__((unused)) uint8_t pipe_buffer[PIPE_BUFFER];

/* Writes the next n <= PIPE_BUFFER bytes of the stream, and notes how many went. */
static inline status_t put(struct pipe *pipe, size_t n, uint64_t deadline)
{
    fill_stream(pipe_buffer, n, pipe->written);
    status_t st = sys_pipe_write(pipe->write, pipe_buffer, n, deadline);
    if (st > 0)
        pipe->written += (uint64_t)st;
    return st;
}

/* Reads up to n bytes: the count if they are the next ones, an error, or INT64_MIN if they are wrong. */
static inline status_t get(struct pipe *pipe, size_t n, uint64_t deadline)
{
    status_t st = sys_pipe_read(pipe->read, pipe_buffer, n, deadline);
    if (st <= 0)
        return st;
    if ((size_t)st > n || match_stream(pipe_buffer, (size_t)st, pipe->taken) != (size_t)st)
        return INT64_MIN;
    pipe->taken += (uint64_t)st;
    return st;
}

/* Full, but for `room` bytes; the pipe is empty before. */
static inline void fill_pipe(struct pipe *pipe, size_t room)
{
    size_t n = PIPE_SIZE - room;
    if (put(pipe, n, DEADLINE_FOREVER) != (status_t)n)
        test_require(CHECK(false, "preparation: a pipe is filled"));
}

/* A thread in one call, and what came of it. */
struct call {
    struct thread *thread;
    handle_t pipe;
    void *buffer;
    size_t size;
    uint64_t deadline;
    status_t st;
    uint32_t returned;
};

static inline int64_t run_read(void *argument)
{
    struct call *call = argument;
    call->st = sys_pipe_read(call->pipe, call->buffer, call->size, call->deadline);
    __atomic_store_n(&call->returned, 1, __ATOMIC_RELEASE);
    return call->st;
}

static inline int64_t run_write(void *argument)
{
    struct call *call = argument;
    call->st = sys_pipe_write(call->pipe, call->buffer, call->size, call->deadline);
    __atomic_store_n(&call->returned, 1, __ATOMIC_RELEASE);
    return call->st;
}

/* Starts it and lets it run until it waits. */
static inline void begin(struct call *call, int64_t (*run)(void *), handle_t pipe, void *buffer,
                         size_t size, uint64_t deadline)
{
    *call = (struct call){ .pipe = pipe, .buffer = buffer, .size = size, .deadline = deadline };
    call->thread = start_thread(run, call);
    settle();
}

static inline bool returned(struct call *call)
{
    return __atomic_load_n(&call->returned, __ATOMIC_ACQUIRE);
}

/* Memory of which `valid` bytes are there, and the next one is not. Given back with unmap_pages(…, 4). */
#define EDGE_PAGES 4
static inline uint8_t *map_edge(size_t valid, uint8_t **pages)
{
    *pages = map_pages(EDGE_PAGES + 1, PROT_READ | PROT_WRITE);
    unmap_pages(*pages + EDGE_PAGES * PAGE_SIZE, 1);
    return *pages + EDGE_PAGES * PAGE_SIZE - valid;
}
