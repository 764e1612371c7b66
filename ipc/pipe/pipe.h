/* SPDX-License-Identifier: MIT */
/*
 * pipe.h: a stream of bytes with writers at one end and readers at the other (named in the guide's
 * list, 2, and nowhere sketched; the rules are POSIX's).
 *
 * Bytes go from the writer's memory to a ring in the kernel and from there to the reader's: two copies, and
 * neither under a spinlock, for user memory may have to be filled in first. So that nothing is torn, each
 * side has a turn: one writer at a time puts bytes into the ring, one reader at a time takes
 * some out. Who has the turn may copy without a lock, for what is between the counters is
 * its own: only the other side moves the other counter, and that only makes more room (or more bytes).
 *
 * Turns go round in the order of coming, and the holder keeps its turn while it waits for room. So a
 * write that must not be torn cannot be starved by small ones that fit, and a long one is not
 * mixed with others here, though POSIX would allow it.
 *
 * Life: pipe_create makes a pipe and its two ends, which are objects of their own, each with any number of
 * handles. The last handle to an end closes that end for good; the last reference to both frees the pipe.
 */
#pragma once

#include "kernel/abi/pipe.h"
#include "kernel/object/object.h"
#include "kernel/sched/waitq.h"
#include "kernel/sync/spinlock.h"

#define PIPE_END_RIGHTS (RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_WAIT)
#define PIPE_READER_RIGHTS (PIPE_END_RIGHTS | RIGHT_READ)
#define PIPE_WRITER_RIGHTS (PIPE_END_RIGHTS | RIGHT_WRITE)

struct pipe;

struct pipe_end {
    struct object object;
    struct pipe *pipe; /* [I] a reference */
};

static inline struct pipe *pipe_of(struct object *object)
{
    return ((struct pipe_end *)object)->pipe;
}

/* Both ends, with one reference and no handle each: ends[0] reads. ERR_OUT_OF_MEMORY. Does not block. */
must_check status_t pipe_create(struct account *account, struct pipe_end *ends[2]);

/* Part of the ring, in one piece or, where the ring goes round, in two. */
struct pipe_span {
    struct {
        uint8_t *bytes;
        uint32_t size;
    } piece[2];
    uint32_t size; /* of both */
};

/*
 * Reading, in two steps. pipe_begin_read waits for its turn and for bytes and tells where they lie, at most
 * `size` > 0; then pipe_end_read takes the first n of them out, 0 <= n <= span->size, and gives the turn up. On 0 (the
 * end: no writer is left, and no byte) or an error there is no turn to give up. Returns 1, 0, ERR_TIMED_OUT, ERR_KILLED;
 * ERR_CANCELED if the reading end is closed meanwhile. No spinlock may be held, here and below.
 */
must_check status_t pipe_begin_read(struct pipe *pipe, uint64_t size, uint64_t deadline,
                                    struct pipe_span *span);
void pipe_end_read(struct pipe *pipe, uint32_t n);

/*
 * Writing. pipe_begin_write waits for its turn and then for at least `least` bytes of room, and tells where they lie, at most
 * `size`. Then pipe_end_write makes the first n of them readable and gives the turn up; or pipe_go_on does the first of that and
 * waits for room for more. Returns OK, or an error, and then there is no turn to give up: ERR_PEER_CLOSED if the reading end is
 * closed; ERR_TIMED_OUT, ERR_KILLED; ERR_CANCELED if the writing end is closed meanwhile.
 */
must_check status_t pipe_begin_write(struct pipe *pipe, uint32_t least, uint64_t size,
                                     uint64_t deadline, struct pipe_span *span);
must_check status_t pipe_go_on(struct pipe *pipe, uint32_t n, uint32_t least, uint64_t size,
                               uint64_t deadline, struct pipe_span *span);
void pipe_end_write(struct pipe *pipe, uint32_t n);
