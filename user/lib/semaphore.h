/* SPDX-License-Identifier: MIT */
/*
 * semaphore.h: counting semaphores (lab 6), on a futex.
 *
 * `count` is what can be taken. While it is above zero nobody makes a system call; who finds zero says that he
 * waits, and sleeps if it is zero still. Works between processes if it lies in shared memory.
 */
#pragma once

#include "user/lib/defs.h"
#include "user/lib/ponte.h"

struct semaphore {
    uint32_t count;   /* the futex */
    uint32_t waiters; /* threads that sleep, or are about to */
};

#define SEMAPHORE_INIT(n) { (n), 0 }

/* Takes one if there is one. */
bool semaphore_try_wait(struct semaphore *semaphore);

/* Takes one, waiting while there is none. OK, or ERR_TIMED_OUT. */
must_check status_t semaphore_wait_until(struct semaphore *semaphore, uint64_t deadline);

static inline void semaphore_wait(struct semaphore *semaphore)
{
    (void)!semaphore_wait_until(semaphore, DEADLINE_FOREVER);
}

/* Gives one. */
void semaphore_post(struct semaphore *semaphore);
