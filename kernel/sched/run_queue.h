/* SPDX-License-Identifier: MIT */
/* run_queue.h: what sched.c and idle.c share: the queue of threads that are ready on a CPU. */
#pragma once

#include "kernel/sched/sched.h"
#include "kernel/sync/spinlock.h"

/* On cache lines of its own: other CPUs' queues change all the time. */
struct run_queue {
    struct spinlock lock;
    uint32_t cpu;            /* [I] whose it is */
    struct list ready;       /* [lock] struct thread, next to run first */
    uint32_t count;          /* [lock] read without it as a hint */
    struct thread *idle;     /* [I] */
    struct thread *previous; /* [lock] the thread being switched away from */
    bool slice_armed;        /* [own CPU, interrupts off] */
    uint64_t slice_random;   /* [own CPU, interrupts off] */
} __attribute__((aligned(64)));

extern struct run_queue queues[MAX_CPUS]; /* cpu->queue is that CPU's */
extern atomic64_t idle_cpus;              /* bit n: CPU n is about to halt, or halted */

static inline void enqueue(struct run_queue *queue, struct thread *t) HOLDS(queue->lock)
{
    t->state = THREAD_READY;
    list_push_back(&queue->ready, &t->run_link);
    __atomic_store_n(&queue->count, queue->count + 1, __ATOMIC_RELAXED);
}

/* It has lent its turn: it goes on as soon as the other waits. */
static inline void enqueue_first(struct run_queue *queue, struct thread *t) HOLDS(queue->lock)
{
    t->state = THREAD_READY;
    list_push_front(&queue->ready, &t->run_link);
    __atomic_store_n(&queue->count, queue->count + 1, __ATOMIC_RELAXED);
}

static inline struct thread *dequeue(struct run_queue *queue) HOLDS(queue->lock)
{
    if (list_empty(&queue->ready))
        return NULL;
    struct thread *t = list_entry(queue->ready.next, struct thread, run_link);
    list_remove(&t->run_link);
    __atomic_store_n(&queue->count, queue->count - 1, __ATOMIC_RELAXED);
    return t;
}
