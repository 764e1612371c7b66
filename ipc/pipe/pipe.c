/* SPDX-License-Identifier: MIT */
/*
 * pipe.c: turns, room, bytes and ends; see pipe.h.
 *
 * Lock:      pipe->lock, rank IPC, guards its wait queues too.
 * Invariant: 0 <= written - taken <= PIPE_SIZE; the counters wrap on purpose. Only who has the writers' turn moves
 *            `written`, only who has the readers' turn moves `taken`.
 *
 * What can come between:
 *   Bytes come, or the last writer closes, between looking and sleeping: cannot. Both need the lock.
 *   A time-out or kill just as a turn is handed on: a waiter is claimed once (waitq.h). Claimed by its timer it is
 *     passed over, and the next one gets the turn; claimed by the giver it has the turn, and must pass it on
 *     when it is done, whatever the clock says.
 *   An end closes while somebody copies: the copy goes on, into or out of a ring that stays as long as he has a
 *     reference to an end; he sees it when he takes the lock again.
 *   Both ends close at once: each only says so under the lock and wakes. The pipe goes with the last reference.
 */
#include "ipc/pipe/pipe.h"

#include "kernel/mm/kmalloc.h"
#include "kernel/sched/waitq.h"

_Static_assert((PIPE_SIZE & (PIPE_SIZE - 1)) == 0, "the counters wrap");

/* One of the two sides: who waits there, and for what. */
struct side {
    bool closed;         /* [p] its last handle is gone */
    bool busy;           /* [p] somebody has the turn */
    uint32_t least;      /* [p] bytes, or bytes of room, that the holder of the turn sleeps for */
    struct waitq turns;  /* [p] woken by: the turn is theirs, and only that */
    struct waitq change; /* [p] at most the holder; woken by: enough has come, either end closes */
};

/* [I] set at creation   [p] pipe->lock   [t] changed by the holder of that side's turn, under the lock */
struct pipe {
    atomic32_t ends;         /* that hold a reference */
    struct spinlock lock;
    struct side reader, writer;
    uint32_t written, taken; /* [t] bytes ever; they wrap */
    uint8_t *ring;           /* [I] PIPE_SIZE bytes */
    struct account *account; /* [I] who pays for all this: a reference */
};

#define PIPE_CHARGE (sizeof(struct pipe) + PIPE_SIZE)

static void side_init(struct side *side, const char *turn, const char *change, uint64_t id)
{
    waitq_init(&side->turns, turn, id);
    waitq_init(&side->change, change, id);
}

/* Ends ----------------------------------------------------------------------------- */

static void pipe_put_reference(struct pipe *pipe)
{
    if (atomic32_add(&pipe->ends, -1) != 0)
        return;
    account_uncharge(pipe->account, PIPE_CHARGE);
    account_put(pipe->account);
    kfree(pipe->ring);
    kfree(pipe);
}

/*
 * The last handle to one end is gone. Who has a turn and waits looks again, and gives the turn up; so does the next one in
 * his turn, until all have seen it.
 */
static void close_side(struct pipe *pipe, struct side *side)
{
    /*@ pipe.1 From now on the side is closed, and whoever waits for bytes or for room, on either
     * side, looks again. */
    spin_lock(&pipe->lock);
    side->closed = true;
    waitq_wake_all(&pipe->reader.change);
    waitq_wake_all(&pipe->writer.change);
    spin_unlock(&pipe->lock);
    /*@ end => lab_todo("pipe.1"); */
}

static void reader_closed(struct object *object, rights_t rights, bool last)
{
    (void)rights;
    if (last)
        close_side(pipe_of(object), &pipe_of(object)->reader);
}

static void writer_closed(struct object *object, rights_t rights, bool last)
{
    (void)rights;
    if (last)
        close_side(pipe_of(object), &pipe_of(object)->writer);
}

static void end_destroy(struct object *object)
{
    pipe_put_reference(pipe_of(object));
    object_free(object);
}

static const struct object_type reader_type = {
    .kind = OBJ_PIPE,
    .rights = PIPE_READER_RIGHTS,
    .handle_closed = reader_closed,
    .destroy = end_destroy,
};

static const struct object_type writer_type = {
    .kind = OBJ_PIPE,
    .rights = PIPE_WRITER_RIGHTS,
    .handle_closed = writer_closed,
    .destroy = end_destroy,
};

static struct pipe *pipe_new(struct account *account)
{
    if (account_charge(account, PIPE_CHARGE) < 0)
        return NULL;
    struct pipe *pipe = kzalloc(sizeof *pipe);
    uint8_t *ring = pipe != NULL ? kmalloc(PIPE_SIZE) : NULL;
    if (ring == NULL) {
        kfree(pipe);
        account_uncharge(account, PIPE_CHARGE);
        return NULL;
    }
    spinlock_init(&pipe->lock, RANK_IPC, "pipe");
    pipe->ring = ring;
    pipe->account = account_get(account);
    return pipe;
}

static struct pipe_end *end_new(const struct object_type *type, struct pipe *pipe)
{
    struct object *object = object_new(type, sizeof(struct pipe_end), 0, pipe->account);
    if (object == NULL)
        return NULL;
    struct pipe_end *end = (struct pipe_end *)object;
    atomic32_add(&pipe->ends, 1);
    end->pipe = pipe;
    return end;
}

status_t pipe_create(struct account *account, struct pipe_end *ends[2])
{
    struct pipe *pipe = pipe_new(account);
    if (pipe == NULL)
        return ERR_OUT_OF_MEMORY;
    atomic32_add(&pipe->ends, 1); /* the making's own, until both ends are there */
    status_t st = ERR_OUT_OF_MEMORY;
    ends[0] = end_new(&reader_type, pipe);
    if (ends[0] == NULL)
        goto put;
    ends[1] = end_new(&writer_type, pipe);
    if (ends[1] == NULL) {
        object_put(&ends[0]->object);
        goto put;
    }
    side_init(&pipe->reader, "the turn to read from pipe", "bytes in pipe", ends[0]->object.id);
    side_init(&pipe->writer, "the turn to write to pipe", "room in pipe", ends[0]->object.id);
    st = OK;
put:
    pipe_put_reference(pipe);
    return st;
}

/* Turns ---------------------------------------------------------------------------- */

/* OK: the caller has the side's turn. */
static inline status_t take_turn(struct pipe *pipe, struct side *side, uint64_t deadline)
    HOLDS(pipe->lock)
{
    /*@ pipe.5 Who finds the side busy sleeps among its turns until the turn is his. */
    if (unlikely(side->busy))
        return waitq_sleep(&side->turns, &pipe->lock, deadline); /* until it is given to us */
    side->busy = true;
    return OK;
    /*@ end => if (side->busy) return lab_todo("pipe.5"); side->busy = true; return OK; */
}

/* To who has waited longest; the side stays busy then, so that no newcomer is faster. */
static inline void give_turn(struct side *side)
{
    if (likely(list_empty(&side->turns.waiters)) || waitq_wake_one(&side->turns) == NULL)
        side->busy = false;
}

/* The holder of the side's turn sleeps for `least`, or more, which the other side may soon have made. */
static inline void wake_holder(struct side *side, uint32_t there)
{
    if (unlikely(!list_empty(&side->change.waiters)) && there >= side->least)
        waitq_wake_one(&side->change);
}

/* The `size` bytes of the ring from the counter `at` on. */
static inline void lay_span(const struct pipe *pipe, uint32_t at, uint32_t size,
                            struct pipe_span *span)
{
    uint32_t offset = at % PIPE_SIZE, to_end = PIPE_SIZE - offset;
    span->size = size;
    span->piece[0].bytes = pipe->ring + offset;
    span->piece[0].size = likely(size <= to_end) ? size : to_end;
    span->piece[1].bytes = pipe->ring;
    span->piece[1].size = size - span->piece[0].size;
}

static inline uint32_t at_most(uint32_t there, uint64_t wanted)
{
    return wanted < there ? (uint32_t)wanted : there;
}

/* Reading -------------------------------------------------------------------------- */

/* 1: there are bytes. The turn is the caller's. */
static inline status_t wait_for_bytes(struct pipe *pipe, uint64_t deadline) HOLDS(pipe->lock)
{
    /*@ pipe.3 Until there is a byte. What is there can be read, closed or not; without one, no
     * writer means the end, and a closed reader that the call is off. */
    while (pipe->written == pipe->taken) {
        if (pipe->writer.closed)
            return 0;
        if (pipe->reader.closed)
            return ERR_CANCELED;
        pipe->reader.least = 1;
        status_t st = waitq_sleep(&pipe->reader.change, &pipe->lock, deadline);
        if (unlikely(st < 0))
            return st;
    }
    return 1;
    /*@ end => return lab_todo("pipe.3"); */
}

status_t pipe_begin_read(struct pipe *pipe, uint64_t size, uint64_t deadline,
                         struct pipe_span *span)
{
    spin_lock(&pipe->lock);
    status_t st = take_turn(pipe, &pipe->reader, deadline);
    if (likely(st == OK)) {
        st = wait_for_bytes(pipe, deadline);
        if (likely(st > 0))
            lay_span(pipe, pipe->taken, at_most(pipe->written - pipe->taken, size), span);
        else
            give_turn(&pipe->reader);
    }
    spin_unlock(&pipe->lock);
    return st;
}

void pipe_end_read(struct pipe *pipe, uint32_t n)
{
    spin_lock(&pipe->lock);
    pipe->taken += n;
    wake_holder(&pipe->writer, PIPE_SIZE - (pipe->written - pipe->taken));
    give_turn(&pipe->reader);
    spin_unlock(&pipe->lock);
}

/* Writing -------------------------------------------------------------------------- */

/*
 * OK: there is room. A long write goes on with any, but does not sleep for less than PIPE_BUF: a reader that takes
 * little at a time would have to wake it each time.
 */
static inline status_t wait_for_room(struct pipe *pipe, uint32_t least, uint64_t size,
                                     uint64_t deadline, struct pipe_span *span) HOLDS(pipe->lock)
{
    /*@ pipe.2 Until there are least bytes of room: then tell where the room lies. But nobody
     * writes when either side is closed, whatever room there is. A holder that sleeps says in
     * writer.least for how much. */
    for (;;) {
        uint32_t room = PIPE_SIZE - (pipe->written - pipe->taken);
        if (unlikely(pipe->reader.closed))
            return ERR_PEER_CLOSED;
        if (unlikely(pipe->writer.closed))
            return ERR_CANCELED;
        if (likely(room >= least)) {
            lay_span(pipe, pipe->written, at_most(room, size), span);
            return OK;
        }
        pipe->writer.least = at_most(PIPE_BUF, size);
        status_t st = waitq_sleep(&pipe->writer.change, &pipe->lock, deadline);
        if (unlikely(st < 0))
            return st;
    }
    /*@ end => return lab_todo("pipe.2"); */
}

status_t pipe_begin_write(struct pipe *pipe, uint32_t least, uint64_t size, uint64_t deadline,
                          struct pipe_span *span)
{
    spin_lock(&pipe->lock);
    status_t st = take_turn(pipe, &pipe->writer, deadline);
    if (likely(st == OK)) {
        st = wait_for_room(pipe, least, size, deadline, span);
        if (unlikely(st < 0))
            give_turn(&pipe->writer);
    }
    spin_unlock(&pipe->lock);
    return st;
}

static inline void publish(struct pipe *pipe, uint32_t n) HOLDS(pipe->lock)
{
    pipe->written += n;
    if (n > 0)
        wake_holder(&pipe->reader, 1);
}

status_t pipe_go_on(struct pipe *pipe, uint32_t n, uint32_t least, uint64_t size,
                    uint64_t deadline, struct pipe_span *span)
{
    /*@ pipe.4 What was copied can be read at once, and then it waits for room, with the turn
     * kept. Who gets an error has no turn any more. */
    spin_lock(&pipe->lock);
    publish(pipe, n);
    status_t st = wait_for_room(pipe, least, size, deadline, span);
    if (st < 0)
        give_turn(&pipe->writer);
    spin_unlock(&pipe->lock);
    return st;
    /*@ end => pipe_end_write(pipe, n); return lab_todo("pipe.4"); */
}

void pipe_end_write(struct pipe *pipe, uint32_t n)
{
    spin_lock(&pipe->lock);
    publish(pipe, n);
    give_turn(&pipe->writer);
    spin_unlock(&pipe->lock);
}
