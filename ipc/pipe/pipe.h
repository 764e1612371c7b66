/* SPDX-License-Identifier: MIT */
/*
 * pipe.h: a stream of bytes with readers at one end and writers at the other.
 *
 * The guide names pipes and never sketches one; what holds here is POSIX's read and write on a pipe. A pipe
 * is a ring of bytes and not a queue of messages: who reads gets what there is, however it was written.
 *
 * Life: pipe_create makes two objects. The reading end is the pipe itself; the writing end holds a
 * reference to it. So the ring lives, and is paid for, until the last reference to either has gone; long
 * before that the last handle to one end closes, and the other end is told.
 */
#pragma once

#include "kernel/abi/pipe.h"
#include "kernel/object/object.h"
#include "kernel/sched/waitq.h"
#include "kernel/sync/spinlock.h"

/*
 * [I] set at creation   [p] pipe->lock
 *
 * What the readers have among themselves, or the writers. User memory must not be touched under a spinlock, so
 * bytes move without the lock; meanwhile `copying` keeps the others of the same side away. That takes
 * a moment, for a thread that copies never sleeps: everyone can wait for that, whatever his deadline.
 *
 * Waiting for bytes, or for room, may take for ever. Who must wait stands in line: its head sleeps on `head`, the
 * others behind it on `line`. While the line has a head, nobody overtakes it. Whoever leaves the line's head, for whatever
 * reason, makes the next one the head, who looks for himself: so one wake-up reaches all for whom there is something.
 */
struct pipe_side {
    bool copying;          /* [p] somebody moves bytes: only he changes `taken`, or `written` */
    bool headed;           /* [p] the line has a head; it may be awake and on its way */
    bool closed;           /* [p] the last handle to this end has closed */
    uint32_t wanted;       /* [p] while the head sleeps: the bytes, or the room, that it waits for; else 0 */
    struct waitq copiers;  /* [p] woken by: it is their turn to copy */
    struct waitq head;     /* [p] woken by: what it wants is there, either end closed */
    struct waitq line;     /* [p] woken by: they are the head now */
};

/*
 * Invariant: 0 <= written - taken <= PIPE_SIZE. The counters wrap on purpose: PIPE_SIZE divides 2^32. Bytes are
 * in the pipe when `written` has passed them and until `taken` has: so a copy that a fault ended is simply
 * counted as far as it came, and nothing is torn or lost.
 *
 * What can come between:
 *   Bytes, room or a close between looking and sleeping: cannot. All need the lock, and waitq_sleep lets go of
 *     it only when the thread is on the wait queue.
 *   A reader looks while another copies: it cannot know how much that one will leave. So it looks only
 *     when it is its turn to copy.
 *   A head that gives up just as it is woken: leaving, it makes the next one the head, and that one looks.
 *     A head that is woken and then killed moves nothing and does the same.
 *   A writer whose end closes while it copies: the end of the stream may have been read already. Nothing is
 *     published after that.
 */
struct pipe {
    struct object object;          /* the reading end */
    struct spinlock lock;          /* rank IPC */
    uint32_t written;              /* [p] bytes ever; read without the lock by who copies in */
    uint32_t taken;                /* [p] bytes ever; read without the lock by who copies out */
    uint8_t *ring;                 /* [I] PIPE_SIZE bytes */
    struct pipe_side readers, writers;
};

struct pipe_writing_end {
    struct object object;
    struct pipe *pipe; /* [I] holds a reference */
};

/* A handle with READ is to a reading end, and one with WRITE to a writing end: no end has both. */
#define PIPE_RIGHTS_BOTH  (RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_WAIT)
#define PIPE_RIGHTS_READ  (RIGHT_READ | PIPE_RIGHTS_BOTH)
#define PIPE_RIGHTS_WRITE (RIGHT_WRITE | PIPE_RIGHTS_BOTH)

static inline struct pipe *pipe_read_by(struct object *reading_end)
{
    return (struct pipe *)reading_end;
}

static inline struct pipe *pipe_written_by(struct object *writing_end)
{
    return ((struct pipe_writing_end *)writing_end)->pipe;
}

/*
 * An empty pipe: the two ends, each with one reference and no handle, charged to `account` with the whole ring, so that
 * writing never fails for want of memory. ERR_OUT_OF_MEMORY. Does not block.
 */
must_check status_t pipe_create(struct account *account, struct object **reading_end,
                                struct object **writing_end);

/*
 * In all that follows the caller holds a reference to the end it uses, and no spinlock.
 *
 * Waits until there are bytes and it is the caller's turn to take them, behind those who waited before. Returns how
 * many there are (from `taken` on), and then pipe_end_read must follow, soon and without sleeping; or 0, when the
 * writing end is closed and the pipe empty; or ERR_TIMED_OUT, ERR_KILLED, ERR_CANCELED (the reading end closed).
 */
must_check status_t pipe_begin_read(struct pipe *pipe, uint64_t deadline);

/* The first `count` of them have arrived; the others stay. */
void pipe_end_read(struct pipe *pipe, uint32_t count);

/*
 * The same for `need` bytes of room, 1 to PIPE_SIZE. Returns how much there is (from `written` on), and then pipe_end_write
 * must follow; or ERR_PEER_CLOSED (the reading end is closed), ERR_TIMED_OUT, ERR_KILLED, ERR_CANCELED.
 */
must_check status_t pipe_begin_write(struct pipe *pipe, uint32_t need, uint64_t deadline);

/* `count` bytes have been put there: they are in the pipe, all at once. ERR_CANCELED if the writing end has closed. */
must_check status_t pipe_end_write(struct pipe *pipe, uint32_t count);
