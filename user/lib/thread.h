/* SPDX-License-Identifier: MIT */
/*
 * thread.h: threads with stacks of their own.
 *
 * A thread lives in one mapping: a guard page that cannot be written, the stack, and at its top
 * this struct, to which FS points. Whoever joins it frees all of it; so every
 * thread is joined exactly once, or lasts as long as the process. A thread ends by returning or by thread_exit; who waits
 * for that waits, on a futex, for its word `ended`.
 */
#pragma once

#include "user/lib/defs.h"
#include "user/lib/ponte.h"

#define THREAD_STACK_SIZE 65536 /* bytes */

struct thread {
    struct thread *self; /* at FS:0, as the x86_64 ABI has it */
    void *local;         /* the thread's own, for whatever the program likes; NULL at first */
    handle_t handle;     /* HANDLE_INVALID for the first thread */
    uint64_t base;       /* of the mapping; 0 for the first thread */
    uint64_t length;
    int64_t (*run)(void *argument);
    void *argument;
    int64_t code;    /* good once it has ended */
    uint32_t ended;  /* 1: its stack is in use no more; a futex */
};

/*
 * Starts a thread that calls run(argument); what that returns is the thread's exit code. *thread
 * is set on OK. Errors of sys_vm_map and sys_thread_create; then nothing is left behind.
 */
must_check status_t thread_create(struct thread **thread, int64_t (*run)(void *),
                                  void *argument);

/*
 * Waits until the thread has ended, takes its exit code (`code` may be NULL) and frees it.
 * ERR_TIMED_OUT, ERR_INVALID_ARGUMENT (the calling thread): then it can be joined again.
 */
status_t thread_join(struct thread *thread, uint64_t deadline, int64_t *code);

/* Threads that thread_create has made and nobody has joined yet. */
uint32_t thread_unjoined(void);

/* Ends the calling thread; what it printed is flushed. */
_Noreturn void thread_exit(int64_t code);

/* The calling thread. */
static inline struct thread *thread_self(void)
{
    struct thread *self;
    __asm__("movq %%fs:0, %0" : "=r"(self));
    return self;
}
