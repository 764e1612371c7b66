/* SPDX-License-Identifier: MIT */
/* ponte.h: bench.h's operations by Ponte's calls. */
#pragma once

#include "user/lib/barrier.h"
#include "user/lib/mutex.h"
#include "user/lib/ponte.h"
#include "user/lib/process.h"
#include "user/lib/semaphore.h"
#include "user/lib/status.h"
#include "user/lib/stdio.h"
#include "user/lib/stdlib.h"
#include "user/lib/string.h"
#include "user/lib/thread.h"
#include "user/lib/time.h"

typedef handle_t bench_end;
typedef handle_t bench_process;
typedef struct thread *bench_thread;
typedef int64_t bench_result;

/* The program's answer to a failed call: its end. Returns `st`. */
static inline status_t bench_check(const char *what, status_t st)
{
    if (st >= 0)
        return st;
    warn("%s: %s (%s)", what, status_text(st), status_name(st));
    exit(2);
}

static inline uint64_t bench_clock(void)
{
    return clock_now();
}

/* The results line; standard output when there is none. */
static inline handle_t bench_output(void)
{
    handle_t out = start_handle(START_RESULTS);
    return out != HANDLE_INVALID ? out : start_handle(START_STDOUT);
}

static inline void bench_null(void)
{
    sys_null();
}

static inline void bench_yield(void)
{
    sys_thread_yield();
}

void bench_spawn_and_wait(void);

static inline void bench_pipe(bench_end ends[2])
{
    bench_check("pipe_create", sys_pipe_create(ends));
}

static inline size_t bench_pipe_read(bench_end end, void *buffer, size_t size)
{
    return (size_t)bench_check("pipe_read", sys_pipe_read(end, buffer, size, DEADLINE_FOREVER));
}

static inline void bench_pipe_write(bench_end end, const void *buffer, size_t size)
{
    if (bench_check("pipe_write", sys_pipe_write(end, buffer, size, DEADLINE_FOREVER)) != (status_t)size)
        exit(2);
}

static inline void bench_close(bench_end end)
{
    bench_check("handle_close", sys_handle_close(end));
}

static inline bench_end bench_duplicate(bench_end end)
{
    return (bench_end)bench_check("handle_duplicate", sys_handle_duplicate(end, RIGHTS_SAME));
}

static inline bench_end bench_shared_create(size_t size)
{
    return (bench_end)bench_check("shm_create", sys_shm_create(size));
}

static inline void *bench_shared_map(bench_end end, size_t size)
{
    return (void *)bench_check("shm_map", sys_shm_map(end, 0, 0, size, PROT_READ | PROT_WRITE));
}

static inline void bench_shared_unmap(void *base, size_t size)
{
    bench_check("shm_unmap", sys_shm_unmap((uint64_t)base, size));
}

static inline void *bench_private_map(size_t size)
{
    return (void *)bench_check("vm_map", sys_vm_map(0, size, PROT_READ | PROT_WRITE));
}

static inline void bench_private_unmap(void *base, size_t size)
{
    bench_check("vm_unmap", sys_vm_unmap((uint64_t)base, size));
}

/* The kernel finds out by itself whether the word is shared. ERR_WOULD_BLOCK: it had changed already. */
static inline void bench_futex_wait(uint32_t *word, uint32_t expected, bool shared)
{
    (void)shared;
    status_t st = sys_futex_wait(word, expected, DEADLINE_FOREVER);
    if (st != ERR_WOULD_BLOCK)
        bench_check("futex_wait", st);
}

static inline void bench_futex_wake(uint32_t *word, uint32_t count, bool shared)
{
    (void)shared;
    bench_check("futex_wake", sys_futex_wake(word, count));
}

static inline bench_thread bench_thread_start(bench_result (*run)(void *), void *argument)
{
    bench_thread thread;
    bench_check("thread_create", thread_create(&thread, run, argument));
    return thread;
}

static inline void bench_thread_join(bench_thread thread)
{
    bench_check("thread_join", thread_join(thread, DEADLINE_FOREVER, NULL));
}

bench_process bench_process_start(const char *role, const char *argument, const bench_end *ends,
                                  size_t count);
void bench_process_finish(bench_process process);
void bench_process_stop(bench_process process);

static inline bench_end bench_start_end(size_t i)
{
    return start_handle(START_USER + (unsigned)i);
}

/* The kernel fills `args.header` in when it delivers, so it is ready to be sent back. */
struct parcel {
    struct message_args args;
    bench_end cargo;
};

static inline void parcel_init(struct parcel *parcel, void *buffer, size_t capacity)
{
    parcel->args = (struct message_args){
        .data = (uint64_t)buffer,
        .data_capacity = (uint32_t)capacity,
        .handles = (uint64_t)&parcel->cargo,
        .handle_capacity = 1,
    };
}

static inline void parcel_fill(struct parcel *parcel, size_t size, bool carries)
{
    parcel->args.header = (struct message_header){ .size = (uint32_t)size, .handle_count = carries };
}

struct bench_mutex {
    struct mutex mutex;
};

static inline void bench_mutex_init(struct bench_mutex *m)
{
    m->mutex = (struct mutex)MUTEX_INIT;
}

static inline void bench_mutex_lock(struct bench_mutex *m)
{
    mutex_lock(&m->mutex);
}

static inline void bench_mutex_unlock(struct bench_mutex *m)
{
    mutex_unlock(&m->mutex);
}

struct bench_semaphore {
    struct semaphore semaphore;
};

static inline void bench_semaphore_init(struct bench_semaphore *s)
{
    s->semaphore = (struct semaphore)SEMAPHORE_INIT(0);
}

static inline void bench_semaphore_post(struct bench_semaphore *s)
{
    semaphore_post(&s->semaphore);
}

static inline void bench_semaphore_wait(struct bench_semaphore *s)
{
    semaphore_wait(&s->semaphore);
}

struct bench_barrier {
    struct barrier barrier;
};

static inline void bench_barrier_init(struct bench_barrier *b, unsigned parties)
{
    b->barrier = (struct barrier)BARRIER_INIT(parties);
}

static inline void bench_barrier_wait(struct bench_barrier *b)
{
    barrier_wait(&b->barrier);
}
