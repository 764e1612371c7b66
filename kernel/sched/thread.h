/* SPDX-License-Identifier: MIT */
/*
 * thread.h: a thread of execution, as the scheduler sees it.
 *
 * Life: thread_init makes it (NEW), thread_start makes it READY, a CPU picks it
 * (RUNNING), a wait queue blocks it (BLOCKED) and readies it again; thread_exit
 * makes it DEAD, and the next thread on that CPU calls its `on_dead` hook when
 * nothing runs on its stack any more.
 *
 *     READY -> RUNNING    sched_switch     RUNNING -> BLOCKED  waitq_sleep
 *     RUNNING -> READY    pre-emption     BLOCKED -> READY    thread_ready
 *     RUNNING -> DEAD     thread_exit     BLOCKED -> RUNNING  handed the CPU: thread_hand_over, waitq_direct.h
 */
#pragma once

#include "kernel/abi/process.h"
#include "kernel/arch/context.h"
#include "kernel/lib/list.h"
#include "kernel/sched/timer.h"
#include "kernel/sync/atomic.h"

#define KERNEL_STACK_SIZE  16384 /* bytes */
#define KERNEL_STACK_ORDER 2     /* a block of frames, aligned to its size */
#define STACK_CANARY      0x5a5a6b6b7c7c8d8dull /* at the stack's low end: it must stay there */

struct message;
struct run_queue;
struct space;
struct waitq;

enum thread_state { THREAD_NEW, THREAD_READY, THREAD_RUNNING, THREAD_BLOCKED, THREAD_DEAD };

/* Who has claimed a waiter; see waitq.h. */
enum wait_claim {
    WAIT_NONE,
    WAIT_PENDING,  /* sleeping, or about to: may be claimed by anyone */
    WAIT_ANYWAY,   /* the same, but not by a killer: waitq_sleep_anyway */
    WAIT_WOKEN,
    WAIT_TIMED_OUT,
    WAIT_CANCELED,
    WAIT_KILLED,
    WAIT_HELD, /* pending again soon: deadlock.c looks at it */
};

/* [I] set at creation  [r] home CPU's run queue lock  [o] the thread itself  [w] the lock its wait queue is guarded by */
struct thread {
    uint64_t context;        /* [r] saved stack pointer while not running */
    enum thread_state state; /* [r] */
    struct run_queue *home;  /* [r] its home CPU's: where it goes when it is ready */
    bool woken;              /* [r] readied between announcing its sleep and sleeping */
    struct list run_link;    /* [r] */

    atomic32_t claim;        /* enum wait_claim */
    struct waitq *wait;      /* [o] where it sleeps; read by reports */
    struct list wait_link;   /* [w] */
    struct timer timer;      /* ends a sleep with a deadline */

    atomic32_t killed;       /* set once, by thread_kill; looked at before each sleep and return to user space */
    struct space *space;     /* [I] NULL for kernel threads; the owner keeps it alive */
    struct fpu_state *fpu;   /* [I] user SSE state, NULL for kernel threads */
    uint64_t tls;            /* [o] user FS base */
    void *stack;             /* [I] KERNEL_STACK_SIZE bytes */

    struct message *received; /* [w] what a sender gave it while it waited */
    struct list destroying;  /* [o] messages waiting for message_destroy's loop */
    bool destroy_running;    /* [o] */

    void (*entry)(void *);   /* [I] */
    void *argument;          /* [I] */
    void *owner;             /* [I] struct process of a user thread, else NULL */
    void (*on_dead)(struct thread *); /* [I] see above; called without locks */
    uint32_t id;             /* [I] unique */
    uint32_t pid;            /* [I] 0 for kernel threads */
    uint64_t cpu_time;       /* [o] ns */
    uint64_t started;        /* [o] when it was last put on a CPU, ns */
    char name[PROCESS_NAME_MAX]; /* [I] */
    bool stuck_told;         /* [thread list lock] a report has said that its process is stuck */
    struct list all_link;    /* [thread list lock] */
};

/* The thread that runs this code. */
static inline struct thread *current_thread(void)
{
    return (struct thread *)arch_current();
}

/*
 * Prepares a thread that will begin in entry(argument) in kernel mode; returns ERR_OUT_OF_MEMORY
 * or OK. The caller owns `t` (zeroed) and frees it, after thread_fini, no earlier than on_dead. A
 * user thread (space not NULL) gets SSE state; entry is expected to end in arch_enter_user.
 */
must_check status_t thread_init(struct thread *t, const char *name, struct space *space,
                                void (*entry)(void *), void *argument);

/* Frees what thread_init took. The thread was never started, or is dead and off its CPU. */
void thread_fini(struct thread *t);

/* Puts a new thread on a run queue. */
void thread_start(struct thread *t);

/* Ends the current thread: never returns. No lock may be held. */
noreturn void thread_exit(void);

/*
 * Makes the thread end as soon as it is about to sleep or return to user space:
 * a sleep in progress ends with ERR_KILLED. Blocks no one. May be called under locks
 * below rank RUNQUEUE.
 */
void thread_kill(struct thread *t);

/* Lets others run first. */
void thread_yield(void);

/* Makes a thread ready that has announced a sleep and was claimed (waitq.h), whether or not it sleeps already. */
void thread_ready(struct thread *t);

/*
 * The same, and lends it the CPU: it runs at once, in this thread's turn, and this one goes on when it waits. For
 * a thread that will have to wait for the other anyway. Not if another CPU is idle: then both
 * run. No lock may be held.
 */
void thread_hand_over(struct thread *t);

/* Sleeps until the deadline; OK then, or ERR_KILLED. */
must_check status_t thread_sleep(uint64_t deadline);

/* Threads alive: for system_info. */
uint64_t thread_count(void);

/*
 * Hooks. user_thread_killed (object/user_thread.c): the current thread must end now; called on the
 * way to user space with interrupts on and no lock held. user_backtrace (syscall/sys_fault.c): prints where a user
 * thread stands in its own program, given the saved user registers; only in reports, when all
 * CPUs but this one stand still.
 */
noreturn void user_thread_killed(void);
void user_backtrace(struct thread *t, uint64_t rip, uint64_t stack_pointer, uint64_t frame_pointer);
