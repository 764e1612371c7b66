/* SPDX-License-Identifier: MIT */
/*
 * sys_pipe.c: what a system call about pipes makes of its arguments, and the copying between a program
 * and the ring: two copies from one program to the other, none of them under a lock.
 */
#include "ipc/pipe/sys_pipe.h"

#include "ipc/pipe/pipe.h"
#include "kernel/mm/usercopy.h"
#include "kernel/object/process.h"

/* Both handles or none: their numbers are told before they become valid. */
static status_t open_ends(struct object *reading_end, struct object *writing_end, uaddr_t ends)
{
    struct handle_table *table = &current_process()->handles;
    const struct handle_ref refs[2] = { { reading_end, PIPE_RIGHTS_READ },
                                        { writing_end, PIPE_RIGHTS_WRITE } };
    handle_t slots[2];
    status_t st = handles_reserve(table, slots, 2);
    if (st < 0)
        return st;
    st = copy_to_user(ends, slots, sizeof slots);
    if (st < 0) {
        handles_unreserve(table, slots, 2);
        return st;
    }
    object_handle_opened(reading_end);
    object_handle_opened(writing_end);
    handles_install(table, slots, refs, 2);
    return OK;
}

status_t sys_pipe_create(uaddr_t ends)
{
    struct object *reading_end, *writing_end;
    status_t st = pipe_create(current_process()->account, &reading_end, &writing_end);
    if (st < 0)
        return st;
    st = open_ends(reading_end, writing_end, ends);
    object_put(reading_end);
    object_put(writing_end);
    return st;
}

/* Where the ring wraps, a copy is two. Each returns how many bytes have been moved: all, or up to a fault. */
static rarely size_t copy_out_wrapped(const struct pipe *pipe, uaddr_t to, size_t n)
{
    size_t at = pipe->taken % PIPE_SIZE, first = PIPE_SIZE - at;
    size_t moved = copy_some_to_user(to, pipe->ring + at, first);
    if (moved == first)
        moved += copy_some_to_user(uaddr_add(to, first), pipe->ring, n - first);
    return moved;
}

static inline size_t copy_out(const struct pipe *pipe, uaddr_t to, size_t n)
{
    size_t at = pipe->taken % PIPE_SIZE;
    if (unlikely(at + n > PIPE_SIZE))
        return copy_out_wrapped(pipe, to, n);
    return copy_some_to_user(to, pipe->ring + at, n);
}

static rarely size_t copy_in_wrapped(struct pipe *pipe, uaddr_t from, size_t n)
{
    size_t at = pipe->written % PIPE_SIZE, first = PIPE_SIZE - at;
    size_t moved = copy_some_from_user(pipe->ring + at, from, first);
    if (moved == first)
        moved += copy_some_from_user(pipe->ring, uaddr_add(from, first), n - first);
    return moved;
}

static inline size_t copy_in(struct pipe *pipe, uaddr_t from, size_t n)
{
    size_t at = pipe->written % PIPE_SIZE;
    if (unlikely(at + n > PIPE_SIZE))
        return copy_in_wrapped(pipe, from, n);
    return copy_some_from_user(pipe->ring + at, from, n);
}

static inline status_t read_some(struct pipe *pipe, uaddr_t to, uint64_t size, uint64_t deadline)
{
    status_t st = pipe_begin_read(pipe, deadline);
    if (unlikely(st <= 0))
        return st;
    size_t n = (uint64_t)st < size ? (uint64_t)st : size;
    size_t moved = copy_out(pipe, to, n);
    pipe_end_read(pipe, (uint32_t)moved);
    return likely(moved > 0) ? (status_t)moved : ERR_INVALID_ADDRESS;
}

status_t sys_pipe_read(uint64_t handle, uaddr_t to, uint64_t size, uint64_t deadline)
{
    struct object *end;
    status_t st = handle_get(&current_process()->handles, handle, OBJ_PIPE, RIGHT_READ, &end);
    if (st < 0)
        return st;
    if (unlikely(size == 0))
        st = 0;
    else if (unlikely(!user_range_ok(to, size)))
        st = ERR_INVALID_ADDRESS;
    else
        st = read_some(pipe_read_by(end), to, size, deadline);
    object_put(end);
    return st;
}

/* Up to PIPE_BUF bytes: all, in one piece, or none; so a fault midway leaves none of it in the pipe. */
static inline status_t write_whole(struct pipe *pipe, uaddr_t from, uint32_t size, uint64_t deadline)
{
    status_t st = pipe_begin_write(pipe, size, deadline);
    if (unlikely(st < 0))
        return st;
    bool all = likely(copy_in(pipe, from, size) == size);
    st = pipe_end_write(pipe, all ? size : 0);
    if (unlikely(!all))
        return ERR_INVALID_ADDRESS;
    return likely(st == OK) ? (status_t)size : st;
}

/* More than that: piece by piece, each as long as there is room, and behind those who waited meanwhile. */
static rarely status_t write_long(struct pipe *pipe, uaddr_t from, uint64_t size, uint64_t deadline)
{
    uint64_t done = 0;
    while (done < size) {
        status_t st = pipe_begin_write(pipe, 1, deadline);
        if (st < 0)
            return done > 0 ? (status_t)done : st;
        size_t n = (uint64_t)st < size - done ? (uint64_t)st : size - done;
        size_t moved = copy_in(pipe, uaddr_add(from, done), n);
        st = pipe_end_write(pipe, (uint32_t)moved);
        if (st == OK)
            done += moved;
        if (st == OK && moved < n)
            st = ERR_INVALID_ADDRESS;
        if (st == OK && atomic32_load(&current_thread()->killed))
            st = ERR_KILLED; /* it might find room for a long time yet */
        if (st < 0)
            return done > 0 ? (status_t)done : st;
    }
    return (status_t)done;
}

status_t sys_pipe_write(uint64_t handle, uaddr_t from, uint64_t size, uint64_t deadline)
{
    struct object *end;
    status_t st = handle_get(&current_process()->handles, handle, OBJ_PIPE, RIGHT_WRITE, &end);
    if (st < 0)
        return st;
    if (unlikely(size == 0))
        st = 0;
    else if (unlikely(!user_range_ok(from, size)))
        st = ERR_INVALID_ADDRESS;
    else if (likely(size <= PIPE_BUF))
        st = write_whole(pipe_written_by(end), from, (uint32_t)size, deadline);
    else
        st = write_long(pipe_written_by(end), from, size, deadline);
    object_put(end);
    return st;
}
