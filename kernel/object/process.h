/* SPDX-License-Identifier: MIT */
/*
 * process.h: processes and their threads.
 *
 * A process is an address space, a handle table, an account and one or more threads. It ends
 * when its last thread does: that thread closes the handles and drops the address space;
 * once it is off its CPU, whoever waits for the process is woken. The struct lives until its
 * last reference goes. How the ends of threads and processes meet is told in user_thread.c.
 */
#pragma once

#include "kernel/object/archive.h"
#include "kernel/object/handle.h"
#include "kernel/sched/thread.h"
#include "kernel/sched/waitq.h"

struct space;

#define PROCESS_RIGHTS     (RIGHT_WAIT | RIGHT_MANAGE | RIGHT_DUPLICATE | RIGHT_TRANSFER)
#define USER_THREAD_RIGHTS (RIGHT_WAIT | RIGHT_DUPLICATE)

/* [I] set at creation   [p] process->lock   [-] locks itself */
struct process {
    struct object object;
    struct spinlock lock;        /* rank PROCESS */
    struct account *account;     /* [I] the object's */
    struct space *space;         /* [p] NULL once it has been dropped; fixed for its own threads */
    struct handle_table handles; /* [-] */
    struct archive_file image;   /* [I] for symbols */
    struct list threads;         /* [p] struct user_thread, from start to exit */
    uint32_t thread_count;       /* [p] how many those are */
    uint32_t stacks;             /* [p] those, and the exited ones that are still on their CPU */
    bool dying;                  /* [p] no new threads; exit_info is set */
    bool ended;                  /* [p] all is given back but this struct */
    struct exit_info exit_info;  /* [p] */
    uint64_t cpu_time;           /* [p] ns, of threads that have ended */
    struct waitq waiters;        /* [p] woken when it has ended */
    uint32_t pid;                /* [I] given at the start: from 1, never used again */
    char name[PROCESS_NAME_MAX]; /* [I] */
    struct list link;            /* [process list] from start to end */
};

/*
 * Invariant: handles to a thread cannot be transferred, so while anyone can look at a
 * user_thread, a thread of its process exists, and so the process does.
 */
struct user_thread {
    struct object object;
    struct thread thread;
    struct process *process;         /* [I] the running thread has a reference, see above */
    struct list link;                /* [p] */
    uint64_t entry, stack, argument; /* [I] user register values to begin with */
    bool ended;                      /* [p] its stack is free */
    int64_t exit_code;               /* [p] */
    struct waitq joiners;            /* [p] woken when it has ended */
};

/* The process whose thread runs this code; only in system calls. */
static inline struct process *current_process(void)
{
    return (struct process *)current_thread()->owner;
}

/*
 * Starts the program `path` of the archive. `args` are args_size bytes of strings, each ended
 * by a NUL; memory_limit is in bytes. refs[i] becomes the program's i-th start handle; with an
 * object of NULL, that place is empty. On OK the refs are taken over and *out holds a
 * reference; on an error nothing has been taken. ERR_NOT_FOUND, ERR_BAD_EXECUTABLE,
 * ERR_INVALID_ARGUMENT, ERR_TOO_BIG, ERR_OUT_OF_MEMORY: see sys_process_spawn.
 */
must_check status_t process_create(const char *path, const char *args, size_t args_size,
                                   uint64_t memory_limit, const struct handle_ref *refs,
                                   uint32_t count, struct process **out);

/* Makes all its threads end soon. The first reason that is given counts. Does not wait. */
void process_kill(struct process *process, enum exit_reason reason, int32_t code);

/* The same for the current process; the calling thread ends at once. */
noreturn void process_exit(enum exit_reason reason, int32_t code);

/* Waits until it has ended. ERR_TIMED_OUT, ERR_KILLED. */
must_check status_t process_wait(struct process *process, uint64_t deadline,
                                 struct exit_info *info);

/* A reference to the process with this id in *process; ERR_NOT_FOUND. */
must_check status_t process_find(uint64_t pid, struct process **process);

/* Threads that it has, those included that have ended but still hold memory. */
uint32_t process_stacks(struct process *process);

/* Describes the process with the lowest id above `pid`; false if there is none. */
bool process_next(uint32_t pid, struct process_info *row);

/* For user_thread.c: only the calling thread is left, and it has left the space. */
void process_release(struct process *process);
/* For user_thread.c: a thread is off its CPU and freed. Drops its reference, and the lock. */
void process_stack_freed(struct process *process) HOLDS(process->lock);

/*
 * A thread of `process` that has not begun: *out gets a reference. The caller keeps the process
 * alive. It will enter user mode at `entry` with these registers. ERR_OUT_OF_MEMORY.
 */
must_check status_t user_thread_new(struct process *process, uint64_t entry, uint64_t stack,
                                    uint64_t argument, uint64_t tls, struct user_thread **out);

/* Lets it begin, with a reference of its own. ERR_KILLED if its process is dying. */
must_check status_t user_thread_start(struct user_thread *thread);

/* Ends the current thread, and its process if it was the last (exit code 0). */
noreturn void user_thread_exit(int64_t code);

/* Waits until it has ended. ERR_TIMED_OUT, ERR_KILLED; ERR_INVALID_ARGUMENT for the current thread. */
must_check status_t user_thread_join(struct user_thread *thread, uint64_t deadline,
                                     int64_t *code);

static inline struct user_thread *user_thread_of(struct thread *thread)
{
    return container_of(thread, struct user_thread, thread);
}
