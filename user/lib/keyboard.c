/* SPDX-License-Identifier: MIT */
/*
 * keyboard.c: one reader at a time, the program itself or its watcher thread.
 *
 * A read of the keyboard cannot be called off. So the watcher outlives the job it was made for:
 * it goes on reading until a byte comes while no job is watched, keeps that byte, and ends.
 * Whoever wants to read meanwhile waits for the watcher's end, which is the same as waiting for
 * a byte.
 *
 * Lock:      keys.lock, held for a few instructions and never across a wait.
 * Invariant: the program reads the keyboard itself only when there is no watcher.
 */
#include "user/lib/keyboard.h"

#include "user/lib/lock.h"
#include "user/lib/process.h"
#include "user/lib/stdio.h"
#include "user/lib/thread.h"

#define CTRL_C 3
#define CHUNK  64

/* [lock] keys.lock   [o] only the program's own thread */
static struct {
    struct lock lock;
    const struct pipeline *watched; /* [lock] NULL: none */
    bool watching;           /* [lock] the watcher goes on reading; false: it ends, or there is none */
    bool ended;              /* [lock] end of input, or the keyboard cannot be read */
    uint8_t ahead[256];      /* [lock] a ring: bytes typed and not used yet */
    uint32_t put, taken;     /* [lock] counters; put - taken <= sizeof ahead */
    struct thread *watcher;  /* [o] NULL: none */
} keys;

static void keep(uint8_t byte)
{
    if (keys.put - keys.taken < sizeof keys.ahead)
        keys.ahead[keys.put++ % sizeof keys.ahead] = byte;
}

/* Reads once and sorts what came; returns whether a job is being watched. */
static bool read_keys(void)
{
    uint8_t chunk[CHUNK];
    status_t n = read_input(chunk, sizeof chunk, DEADLINE_FOREVER);
    lock_acquire(&keys.lock);
    if (n <= 0)
        keys.ended = true;
    for (status_t i = 0; i < n; i++) {
        if (chunk[i] == CTRL_C && keys.watched != NULL) {
            keys.taken = keys.put; /* what was typed before it goes with the job */
            pipeline_kill(keys.watched);
        } else {
            keep(chunk[i]);
        }
    }
    keys.watching = keys.watched != NULL && !keys.ended;
    bool more = keys.watching;
    lock_release(&keys.lock);
    return more;
}

static int64_t watch(void *unused)
{
    (void)unused;
    while (read_keys())
        ;
    return 0;
}

/* Waits until the watcher is gone: for a byte, if it is still reading. */
static void join_watcher(void)
{
    if (keys.watcher != NULL)
        thread_join(keys.watcher, DEADLINE_FOREVER, NULL);
    keys.watcher = NULL;
}

/* Makes a watcher; `watching` is set already. */
static void start_watcher(void)
{
    join_watcher(); /* one that has seen its last byte */
    if (thread_create(&keys.watcher, watch, NULL) == OK)
        return;
    keys.watcher = NULL;
    lock_acquire(&keys.lock);
    keys.watching = false;
    lock_release(&keys.lock);
}

bool keyboard_next(uint8_t *byte)
{
    flush();
    for (;;) {
        lock_acquire(&keys.lock);
        bool some = keys.put != keys.taken, ended = keys.ended;
        if (some)
            *byte = keys.ahead[keys.taken++ % sizeof keys.ahead];
        lock_release(&keys.lock);
        if (some || ended)
            return some;
        if (keys.watcher != NULL)
            join_watcher();
        else
            read_keys();
    }
}

/* The watcher kills by the handles as they are at the start: they are closed when it looks no more. */
status_t keyboard_wait(struct pipeline *pipeline, struct exit_info *info)
{
    const struct pipeline watched = *pipeline;
    lock_acquire(&keys.lock);
    keys.watched = &watched; /* from here on a watcher that is still reading goes on */
    bool start = !keys.watching && !keys.ended;
    if (start)
        keys.watching = true;
    lock_release(&keys.lock);
    if (start)
        start_watcher();
    status_t st = OK;
    for (int i = 0; i < watched.count && st == OK; i++)
        st = sys_process_wait(watched.processes[i], DEADLINE_FOREVER, info);
    lock_acquire(&keys.lock);
    keys.watched = NULL;
    lock_release(&keys.lock);
    return st == OK ? pipeline_wait(pipeline, DEADLINE_POLL, info) : st;
}

void keyboard_lend(void (*ask)(void))
{
    lock_acquire(&keys.lock);
    bool watching = keys.watching;
    lock_release(&keys.lock);
    if (watching) {
        ask();
        flush();
    }
    join_watcher();
}
