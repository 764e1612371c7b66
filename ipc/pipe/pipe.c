/* SPDX-License-Identifier: MIT */
/*
 * pipe.c: who may move bytes and when, and what an end's closing means to the other. The structures,
 * their invariants and the interleavings to think of stand in pipe.h.
 *
 * Lock: pipe->lock, rank IPC. It guards the wait queues too.
 */
#include "ipc/pipe/pipe.h"

#include "kernel/lib/panic.h"
#include "kernel/mm/kmalloc.h"
#include "kernel/sched/thread.h"

/* Never leaves this file: nothing to be had now. */
#define MUST_WAIT ERR_WOULD_BLOCK

static inline uint32_t bytes_in(const struct pipe *pipe) HOLDS(pipe->lock)
{
    return pipe->written - pipe->taken;
}

/* Closing -------------------------------------------------------------------------- */

/* All who wait must look again. It is enough to wake the head: when it leaves, the next one looks, and so on. */
static void tell_all(struct pipe_side *side) HOLDS(pipe->lock)
{
    side->wanted = 0;
    waitq_wake_one(&side->head);
}

/* Both sides: an end may be closed under a thread that uses it. */
static void close_side(struct pipe *pipe, struct pipe_side *side)
{
    /*@ pipe.1 From now on the side is closed, and whoever waits at the pipe, on either side, is
     * to look again. */
    spin_lock(&pipe->lock);
    side->closed = true;
    tell_all(&pipe->readers);
    tell_all(&pipe->writers);
    spin_unlock(&pipe->lock);
    /*@ end => lab_todo("pipe.1"); */
}

static void reading_end_closed(struct object *object, rights_t rights, bool last)
{
    (void)rights;
    if (last)
        close_side(pipe_read_by(object), &pipe_read_by(object)->readers);
}

static void writing_end_closed(struct object *object, rights_t rights, bool last)
{
    (void)rights;
    if (last)
        close_side(pipe_written_by(object), &pipe_written_by(object)->writers);
}

static void reading_end_destroy(struct object *object)
{
    kfree(pipe_read_by(object)->ring);
    object_free(object);
}

static void writing_end_destroy(struct object *object)
{
    struct pipe *pipe = pipe_written_by(object);
    object_free(object);
    object_put(&pipe->object);
}

static const struct object_type reading_end_type = {
    .kind = OBJ_PIPE,
    .rights = PIPE_RIGHTS_READ,
    .handle_closed = reading_end_closed,
    .destroy = reading_end_destroy,
};

static const struct object_type writing_end_type = {
    .kind = OBJ_PIPE,
    .rights = PIPE_RIGHTS_WRITE,
    .handle_closed = writing_end_closed,
    .destroy = writing_end_destroy,
};

/* Creating -------------------------------------------------------------------------- */

static void side_init(struct pipe_side *side, const char *what, uint64_t id)
{
    waitq_init(&side->copiers, "a turn to copy at pipe", id);
    waitq_init(&side->head, what, id);
    waitq_init(&side->line, what, id);
}

static struct pipe *reading_end_new(struct account *account)
{
    struct object *object = object_new(&reading_end_type, sizeof(struct pipe), PIPE_SIZE, account);
    if (object == NULL)
        return NULL;
    struct pipe *pipe = pipe_read_by(object);
    pipe->ring = kmalloc(PIPE_SIZE);
    if (pipe->ring == NULL) {
        object_put(object);
        return NULL;
    }
    spinlock_init(&pipe->lock, RANK_IPC, "pipe");
    side_init(&pipe->readers, "bytes in pipe", object->id);
    side_init(&pipe->writers, "room in pipe", object->id);
    return pipe;
}

status_t pipe_create(struct account *account, struct object **reading_end,
                     struct object **writing_end)
{
    struct pipe *pipe = reading_end_new(account);
    if (pipe == NULL)
        return ERR_OUT_OF_MEMORY;
    struct object *object = object_new(&writing_end_type, sizeof(struct pipe_writing_end), 0, account);
    if (object == NULL) {
        object_put(&pipe->object);
        return ERR_OUT_OF_MEMORY;
    }
    ((struct pipe_writing_end *)object)->pipe = pipe;
    object_get(&pipe->object);
    *reading_end = &pipe->object;
    *writing_end = object;
    return OK;
}

/* Turns, and the line ------------------------------------------------------------------ */

/* How much a reader finds; 0 at the end of the stream. */
static inline status_t look_for_bytes(const struct pipe *pipe) HOLDS(pipe->lock)
{
    /*@ pipe.5 How much there is; without any, the end of the stream if nobody can write any
     * more, else MUST_WAIT. */
    uint32_t bytes = bytes_in(pipe);
    if (likely(bytes > 0))
        return bytes;
    /* A writer that still copies finds its end closed and publishes nothing. */
    return pipe->writers.closed ? 0 : MUST_WAIT;
    /*@ end => return lab_todo("pipe.5"); */
}

static inline status_t look_for_room(const struct pipe *pipe, uint32_t need) HOLDS(pipe->lock)
{
    /*@ pipe.2 How much room there is if it is at least need, else MUST_WAIT; but nobody writes
     * to a pipe whose reading end is closed. */
    uint32_t room = PIPE_SIZE - bytes_in(pipe);
    if (unlikely(pipe->readers.closed))
        return ERR_PEER_CLOSED;
    return room >= need ? (status_t)room : MUST_WAIT;
    /*@ end => return lab_todo("pipe.2"); */
}

/* Nobody copies and nobody has waited before us. */
static inline bool is_idle(const struct pipe_side *side) HOLDS(pipe->lock)
{
    return !side->copying && !side->headed;
}

static inline status_t take_turn(struct pipe *pipe, struct pipe_side *side) HOLDS(pipe->lock)
{
    /*@ pipe.7 While somebody copies, sleep among the copiers until the turn is passed on to you. */
    if (unlikely(side->copying)) /* until it is passed on to us: `copying` stays */
        return waitq_sleep(&side->copiers, &pipe->lock, DEADLINE_FOREVER);
    side->copying = true;
    return OK;
    /*@ end => if (side->copying) return lab_todo("pipe.7"); side->copying = true; return OK; */
}

static inline void pass_turn(struct pipe_side *side) HOLDS(pipe->lock)
{
    if (likely(list_empty(&side->copiers.waiters)) || waitq_wake_one(&side->copiers) == NULL)
        side->copying = false;
}

/* The head has what it wants, or gives up: the next one is the head, and looks for itself. */
static inline void leave_head(struct pipe_side *side) HOLDS(pipe->lock)
{
    /*@ pipe.8 The next in line is the head and looks for himself; without one there is no head. */
    if (likely(list_empty(&side->line.waiters)) || waitq_wake_one(&side->line) == NULL)
        side->headed = false;
    /*@ end => if (!list_empty(&side->line.waiters)) lab_todo("pipe.8"); side->headed = false; */
}

/* Sleeps in the line's last place, or as its head. OK: look again. */
static inline status_t stand_in_line(struct pipe *pipe, struct pipe_side *side, uint32_t need,
                                     uint64_t deadline, bool *head) HOLDS(pipe->lock)
{
    /*@ pipe.6 Behind a head that is not you, sleep in the line until you are the head. As the
     * head, say how much you want, sleep until it may be there, and want nothing when you are
     * awake. */
    if (unlikely(side->headed && !*head)) {
        status_t st = waitq_sleep(&side->line, &pipe->lock, deadline);
        *head = st == OK;
        return st;
    }
    side->headed = *head = true;
    side->wanted = need;
    status_t st = waitq_sleep(&side->head, &pipe->lock, deadline);
    side->wanted = 0;
    return st;
    /*@ end => return lab_todo("pipe.6"); */
}

/*
 * The long way to a turn: looks, and waits, until what is needed is there. Each look is made with the turn to
 * copy, which is kept if the answer is positive. Returns what look_for_bytes and look_for_room do, or why the wait ended.
 */
static inline __attribute__((always_inline)) status_t
wait_for_turn(struct pipe *pipe, struct pipe_side *side, uint32_t need, uint64_t deadline)
    HOLDS(pipe->lock)
{
    bool head = false;
    status_t st;
    for (;;) {
        st = take_turn(pipe, side);
        if (st < 0)
            break;
        if (side == &pipe->readers)
            st = look_for_bytes(pipe);
        else
            st = look_for_room(pipe, need);
        if (unlikely(side->closed))
            st = ERR_CANCELED;
        if (st > 0 && (head || !side->headed))
            break;
        pass_turn(side);
        if (st <= 0 && st != MUST_WAIT)
            break;
        st = stand_in_line(pipe, side, need, deadline, &head);
        if (likely(st == OK) && unlikely(atomic32_load(&current_thread()->killed)))
            st = ERR_KILLED;
        if (st < 0)
            break;
    }
    if (head)
        leave_head(side);
    return st;
}

/* Reading and writing -------------------------------------------------------------------- */

static rarely status_t wait_to_read(struct pipe *pipe, uint64_t deadline) HOLDS(pipe->lock)
{
    return wait_for_turn(pipe, &pipe->readers, 1, deadline);
}

static rarely status_t wait_to_write(struct pipe *pipe, uint32_t need, uint64_t deadline)
    HOLDS(pipe->lock)
{
    return wait_for_turn(pipe, &pipe->writers, need, deadline);
}

status_t pipe_begin_read(struct pipe *pipe, uint64_t deadline)
{
    spin_lock(&pipe->lock);
    status_t st = bytes_in(pipe);
    if (st > 0 && likely(is_idle(&pipe->readers)))
        pipe->readers.copying = true;
    else
        st = wait_to_read(pipe, deadline);
    spin_unlock(&pipe->lock);
    return st;
}

void pipe_end_read(struct pipe *pipe, uint32_t count)
{
    /*@ pipe.4 What has arrived is taken out; a writer that waits as the head is told if there is
     * as much room as it wants; and the turn is passed on. */
    struct pipe_side *writers = &pipe->writers;
    spin_lock(&pipe->lock);
    pipe->taken += count;
    if (unlikely(writers->wanted != 0) && PIPE_SIZE - bytes_in(pipe) >= writers->wanted) {
        writers->wanted = 0;
        waitq_wake_one(&writers->head);
    }
    pass_turn(&pipe->readers);
    spin_unlock(&pipe->lock);
    /*@ end => spin_lock(&pipe->lock); pass_turn(&pipe->readers); spin_unlock(&pipe->lock); lab_todo("pipe.4"); */
}

status_t pipe_begin_write(struct pipe *pipe, uint32_t need, uint64_t deadline)
{
    spin_lock(&pipe->lock);
    status_t st = look_for_room(pipe, need);
    if (likely(st > 0) && likely(is_idle(&pipe->writers)))
        pipe->writers.copying = true;
    else if (st != ERR_PEER_CLOSED)
        st = wait_to_write(pipe, need, deadline);
    spin_unlock(&pipe->lock);
    return st;
}

status_t pipe_end_write(struct pipe *pipe, uint32_t count)
{
    /*@ pipe.3 What was copied is in the pipe, all at once; a reader that waits as the head is
     * told, and the turn is passed on. But if the writing end was closed meanwhile, nothing has
     * been written. */
    struct pipe_side *readers = &pipe->readers;
    status_t st = OK;
    spin_lock(&pipe->lock);
    if (unlikely(pipe->writers.closed)) {
        st = ERR_CANCELED;
        count = 0;
    }
    pipe->written += count;
    if (readers->wanted != 0 && count > 0) {
        readers->wanted = 0;
        waitq_wake_one(&readers->head);
    }
    pass_turn(&pipe->writers);
    spin_unlock(&pipe->lock);
    return st;
    /*@ end => spin_lock(&pipe->lock); pass_turn(&pipe->writers); spin_unlock(&pipe->lock); return lab_todo("pipe.3"); */
}
