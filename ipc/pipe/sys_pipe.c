/* SPDX-License-Identifier: MIT */
/*
 * sys_pipe.c: what a system call about pipes makes of handles, rights and user addresses.
 *
 * Between the two steps of pipe.h the bytes are copied straight between the program's memory and the ring.
 */
#include "ipc/pipe/sys_pipe.h"

#include "ipc/pipe/pipe.h"
#include "kernel/mm/usercopy.h"
#include "kernel/object/process.h"

/* Both handles get their slots before anything is made. */
status_t sys_pipe_create(uaddr_t ends_at)
{
    static const rights_t rights[2] = { PIPE_READER_RIGHTS, PIPE_WRITER_RIGHTS };
    struct process *self = current_process();
    struct pipe_end *ends[2];
    handle_t numbers[2];
    status_t st = handles_reserve(&self->handles, numbers, 2);
    if (st < 0)
        return st;
    st = copy_to_user(ends_at, numbers, sizeof numbers);
    if (st == OK)
        st = pipe_create(self->account, ends);
    if (st < 0) {
        handles_unreserve(&self->handles, numbers, 2);
        return st;
    }
    for (int i = 0; i < 2; i++) {
        struct handle_ref ref = { &ends[i]->object, rights[i] };
        object_handle_opened(ref.object);
        handles_install(&self->handles, &numbers[i], &ref, 1);
        object_put(ref.object);
    }
    return OK;
}

/* Bytes that could be copied out of the span, to the first fault. */
static inline uint32_t copy_out(const struct pipe_span *span, uaddr_t to)
{
    uint32_t first = span->piece[0].size;
    uint32_t done = first - copy_to_user_partly(to, span->piece[0].bytes, first);
    if (likely(span->piece[1].size == 0) || done < first)
        return done;
    uint32_t second = span->piece[1].size;
    return first + second - copy_to_user_partly(uaddr_add(to, first), span->piece[1].bytes, second);
}

static inline uint32_t copy_in(const struct pipe_span *span, uaddr_t from)
{
    uint32_t first = span->piece[0].size;
    uint32_t done = first - copy_from_user_partly(span->piece[0].bytes, from, first);
    if (likely(span->piece[1].size == 0) || done < first)
        return done;
    uint32_t second = span->piece[1].size;
    return first + second - copy_from_user_partly(span->piece[1].bytes, uaddr_add(from, first), second);
}

/* What does not arrive stays in the pipe. */
static inline status_t read_pipe(struct pipe *pipe, uaddr_t buffer, uint64_t size, uint64_t deadline)
{
    struct pipe_span span;
    status_t st = pipe_begin_read(pipe, size, deadline, &span);
    if (st <= 0)
        return st;
    uint32_t done = copy_out(&span, buffer);
    pipe_end_read(pipe, done);
    return likely(done > 0) ? (status_t)done : ERR_INVALID_ADDRESS;
}

status_t sys_pipe_read(uint64_t handle, uaddr_t buffer, uint64_t size, uint64_t deadline)
{
    struct object *object;
    status_t st = handle_get(&current_process()->handles, handle, OBJ_PIPE, RIGHT_READ, &object);
    if (st < 0)
        return st;
    if (likely(size > 0))
        st = read_pipe(pipe_of(object), buffer, size, deadline);
    object_put(object);
    return st;
}

/* All or nothing: a fault midway makes none of it readable (POSIX, PIPE_BUF). */
static inline status_t write_short(struct pipe *pipe, uaddr_t buffer, uint32_t size, uint64_t deadline)
{
    struct pipe_span span;
    status_t st = pipe_begin_write(pipe, size, size, deadline, &span);
    if (st < 0)
        return st;
    bool whole = copy_in(&span, buffer) == size;
    pipe_end_write(pipe, whole ? size : 0);
    return likely(whole) ? (status_t)size : ERR_INVALID_ADDRESS;
}

/* As much as there is room for, again and again; what has gone when something ends that is the answer. */
static rarely status_t write_long(struct pipe *pipe, uaddr_t buffer, uint64_t size, uint64_t deadline)
{
    struct pipe_span span;
    uint64_t done = 0;
    status_t st = pipe_begin_write(pipe, 1, size, deadline, &span);
    while (st == OK) {
        uint32_t n = copy_in(&span, uaddr_add(buffer, done));
        done += n;
        if (n < span.size || done == size) {
            pipe_end_write(pipe, n);
            st = done == size ? OK : ERR_INVALID_ADDRESS;
            break;
        }
        st = pipe_go_on(pipe, n, 1, size - done, deadline, &span);
    }
    return done > 0 ? (status_t)done : st;
}

status_t sys_pipe_write(uint64_t handle, uaddr_t buffer, uint64_t size, uint64_t deadline)
{
    struct object *object;
    status_t st = handle_get(&current_process()->handles, handle, OBJ_PIPE, RIGHT_WRITE, &object);
    if (st < 0)
        return st;
    if (likely(size > 0 && size <= PIPE_BUF))
        st = write_short(pipe_of(object), buffer, (uint32_t)size, deadline);
    else if (size > 0)
        st = write_long(pipe_of(object), buffer, size, deadline);
    object_put(object);
    return st;
}
