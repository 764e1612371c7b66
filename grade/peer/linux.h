/* SPDX-License-Identifier: MIT */
/*
 * linux.h: user/test/bench/bench.h's operations by Linux's calls. Where there is a choice, the cheaper one.
 *
 * The clock is the time stamp counter: under -icount shift=0 it counts one for each instruction. clock_gettime would show
 * Linux's idea of how fast that counter runs, which it measures against a timer when it starts.
 */
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BENCH_PLATFORM "Linux"
#define START_END      3 /* the first descriptor that bench_process_start gives */

typedef int bench_end;
typedef pthread_t bench_thread;
typedef pid_t bench_process;
typedef void *bench_result;

/* The program's answer to a failed call: its end. Returns `value`. */
static inline long bench_check(const char *what, long value)
{
    if (value >= 0)
        return value;
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(2);
}

static inline uint64_t bench_clock(void)
{
    return __builtin_ia32_rdtsc();
}

int bench_output(void);

static inline void bench_null(void)
{
    syscall(SYS_getppid);
}

static inline void bench_yield(void)
{
    sched_yield();
}

void bench_spawn_and_wait(void);

static inline void bench_pipe(bench_end ends[2])
{
    bench_check("pipe", pipe2(ends, O_CLOEXEC));
}

static inline size_t bench_pipe_read(bench_end end, void *buffer, size_t size)
{
    return (size_t)bench_check("read", read(end, buffer, size));
}

static inline void bench_pipe_write(bench_end end, const void *buffer, size_t size)
{
    if (bench_check("write", write(end, buffer, size)) != (long)size)
        exit(2);
}

static inline void bench_close(bench_end end)
{
    bench_check("close", close(end));
}

static inline bench_end bench_duplicate(bench_end end)
{
    return (bench_end)bench_check("dup", fcntl(end, F_DUPFD_CLOEXEC, 0));
}

static inline bench_end bench_shared_create(size_t size)
{
    bench_end end = (bench_end)bench_check("memfd_create", memfd_create("bench", MFD_CLOEXEC));
    bench_check("ftruncate", ftruncate(end, (off_t)size));
    return end;
}

static inline void *bench_map(size_t size, int flags, bench_end end)
{
    void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, end, 0);
    bench_check("mmap", base == MAP_FAILED ? -1 : 0);
    return base;
}

static inline void *bench_shared_map(bench_end end, size_t size)
{
    return bench_map(size, MAP_SHARED, end);
}

static inline void *bench_private_map(size_t size)
{
    return bench_map(size, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static inline void bench_private_unmap(void *base, size_t size)
{
    bench_check("munmap", munmap(base, size));
}

static inline void bench_shared_unmap(void *base, size_t size)
{
    bench_private_unmap(base, size);
}

/* EAGAIN: the word had changed already. */
static inline void bench_futex_wait(uint32_t *word, uint32_t expected, bool shared)
{
    int operation = shared ? FUTEX_WAIT : FUTEX_WAIT_PRIVATE;
    if (syscall(SYS_futex, word, operation, expected, NULL) < 0 && errno != EAGAIN)
        bench_check("futex wait", -1);
}

static inline void bench_futex_wake(uint32_t *word, uint32_t count, bool shared)
{
    bench_check("futex wake", syscall(SYS_futex, word, shared ? FUTEX_WAKE : FUTEX_WAKE_PRIVATE, count));
}

static inline bench_thread bench_thread_start(bench_result (*run)(void *), void *argument)
{
    bench_thread thread;
    bench_check("pthread_create", -pthread_create(&thread, NULL, run, argument));
    return thread;
}

static inline void bench_thread_join(bench_thread thread)
{
    bench_check("pthread_join", -pthread_join(thread, NULL));
}

bench_process bench_process_start(const char *role, const char *argument, const bench_end *ends,
                                  size_t count);
void bench_process_finish(bench_process process);
void bench_process_stop(bench_process process);

static inline bench_end bench_start_end(size_t i)
{
    return START_END + (bench_end)i;
}

struct parcel {
    void *data;
    size_t size, capacity;
    bench_end cargo;
};

static inline void parcel_init(struct parcel *parcel, void *buffer, size_t capacity)
{
    *parcel = (struct parcel){ .data = buffer, .capacity = capacity };
}

/* What carries goes by calls of its own. */
static inline void parcel_fill(struct parcel *parcel, size_t size, bool carries)
{
    (void)carries;
    parcel->size = size;
}

struct bench_mutex {
    pthread_mutex_t mutex;
};

static inline void bench_mutex_init(struct bench_mutex *m)
{
    pthread_mutex_init(&m->mutex, NULL);
}

static inline void bench_mutex_lock(struct bench_mutex *m)
{
    pthread_mutex_lock(&m->mutex);
}

static inline void bench_mutex_unlock(struct bench_mutex *m)
{
    pthread_mutex_unlock(&m->mutex);
}

struct bench_semaphore {
    sem_t semaphore;
};

static inline void bench_semaphore_init(struct bench_semaphore *s)
{
    bench_check("sem_init", sem_init(&s->semaphore, 0, 0));
}

static inline void bench_semaphore_post(struct bench_semaphore *s)
{
    bench_check("sem_post", sem_post(&s->semaphore));
}

static inline void bench_semaphore_wait(struct bench_semaphore *s)
{
    bench_check("sem_wait", sem_wait(&s->semaphore));
}

struct bench_barrier {
    pthread_barrier_t barrier;
};

static inline void bench_barrier_init(struct bench_barrier *b, unsigned parties)
{
    pthread_barrier_init(&b->barrier, NULL, parties);
}

static inline void bench_barrier_wait(struct bench_barrier *b)
{
    pthread_barrier_wait(&b->barrier);
}
