/* SPDX-License-Identifier: MIT */
/*
 * console.c: see console.h.
 *
 * Bytes come in by interrupt and wait in a ring; what does not fit any more is dropped.
 * They are raw: Ctrl-C is byte 3, and echo and editing are the reader's business.
 *
 * Lock:      console->lock, rank CONSOLE: the ring. Taken in interrupt context too.
 *            Output has its own locks, below this layer (log_write, results_write).
 * Invariant: 0 <= written - taken <= RING_SIZE; the counters never go back.
 */
#include "kernel/object/console.h"

#include "kernel/lib/log.h"
#include "kernel/lib/panic.h"
#include "kernel/sched/deadlock.h"
#include "kernel/sched/mutex.h"
#include "kernel/sched/waitq.h"

#define RING_SIZE 1024

/* [I] set at creation   [c] console->lock   [-] locks itself */
struct console {
    struct object object;
    enum uart line;          /* [I] */
    struct spinlock lock;
    struct mutex writing;    /* [-] one program's write at a time */
    struct waitq readers;    /* [c] woken when bytes come in: all, for any may leave them */
    bool no_input;           /* [c] */
    uint64_t written, taken; /* [c] */
    char ring[RING_SIZE];    /* [c] */
};

static const struct object_type console_type = { .kind = OBJ_CONSOLE, .rights = CONSOLE_RIGHTS };
static struct console consoles[2];

/* In interrupt context. */
static void received(void)
{
    struct console *c = &consoles[UART_CONSOLE];
    int byte;
    spin_lock(&c->lock);
    while ((byte = uart_read()) >= 0)
        if (c->written - c->taken < RING_SIZE)
            c->ring[c->written++ % RING_SIZE] = (char)byte;
    waitq_wake_all(&c->readers);
    spin_unlock(&c->lock);
}

void console_init(void)
{
    for (int line = UART_CONSOLE; line <= UART_RESULTS; line++) {
        struct console *c = &consoles[line];
        object_init(&c->object, &console_type);
        c->line = (enum uart)line;
        c->no_input = line != UART_CONSOLE;
        spinlock_init(&c->lock, RANK_CONSOLE, "console input");
        mutex_init(&c->writing, "the turn to write to console", c->object.id);
        waitq_init(&c->readers, "input from console", c->object.id);
    }
    uart_listen(received);
}

struct object *console_object(enum uart line)
{
    return &consoles[line].object;
}

void console_set_input_none(void)
{
    struct console *c = &consoles[UART_CONSOLE];
    spin_lock(&c->lock);
    c->no_input = true;
    waitq_wake_all(&c->readers);
    spin_unlock(&c->lock);
}

status_t console_peek(struct console *c, void *to, size_t size, uint64_t deadline,
                      uint64_t *position)
{
    char *bytes = to;
    size_t n = 0;
    status_t st = OK;
    deadlock_expect_input(+1);
    spin_lock(&c->lock);
    while (c->written == c->taken && !c->no_input && st == OK)
        st = waitq_sleep(&c->readers, &c->lock, deadline);
    if (c->written != c->taken || c->no_input) {
        while (n < size && c->taken + n < c->written) {
            bytes[n] = c->ring[(c->taken + n) % RING_SIZE];
            n++;
        }
        *position = c->taken;
        st = (status_t)n;
    }
    spin_unlock(&c->lock);
    deadlock_expect_input(-1);
    return st;
}

bool console_take(struct console *c, uint64_t position, size_t n)
{
    spin_lock(&c->lock);
    bool first = c->taken == position;
    if (first)
        c->taken += n;
    spin_unlock(&c->lock);
    return first;
}

void console_begin_write(struct console *c)
{
    mutex_lock(&c->writing);
}

void console_end_write(struct console *c)
{
    mutex_unlock(&c->writing);
}

void console_write(struct console *c, const char *text, size_t n)
{
    assert_cmp(n, <=, CONSOLE_PIECE);
    if (c->line == UART_CONSOLE)
        log_write(text, n);
    else
        results_write(text, n);
}
