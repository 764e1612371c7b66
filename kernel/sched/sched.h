/* SPDX-License-Identifier: MIT */
/*
 * sched.h: who runs where. For sched/ itself and for bring-up; everyone else blocks through
 * waitq.h and starts threads through thread.h.
 */
#pragma once

#include "kernel/sched/thread.h"

/*
 * Takes turns after `ns` nanoseconds (default 10 ms) while others are ready. With a seed other than 0 each turn
 * is drawn from [ns/2, ns*3/2): for finding races, see `slice=` in docs.
 */
void sched_set_slice(uint64_t ns, uint64_t seed);

/* Once per CPU, after cpu_init: what runs now becomes the CPU's idle thread. */
void sched_adopt_idle(struct thread *idle);

/* The idle thread's work: runs what is ready, steals, halts. Never returns. */
noreturn void sched_idle(void);

/*
 * Leaves the CPU to another thread. `state` is what becomes of this one: READY (it goes to the back of the
 * queue), BLOCKED (until thread_ready; returns at once if that has come already), DEAD. Interrupts are
 * off and no lock is held; the same when it returns. `to`, unless NULL, is a waiter that the caller has claimed
 * (waitq_claim_one): it is woken, and if it sleeps it runs next, here. With READY this thread then
 * goes on right after it, to the front of the queue.
 */
void sched_switch(enum thread_state state, struct thread *to);

/* Ends a wait for the reason `why` if nobody else has; says whether it did. */
bool thread_claim(struct thread *t, enum wait_claim why);

/* Where a thread's timer leads. */
void thread_wait_expired(struct timer *timer);

/* Where a new thread begins: context_prepare's entry. */
void sched_begin(void *thread);

/* If the thread is running on some CPU, that CPU looks at its killed flag soon. */
void sched_notify_killed(struct thread *t);

/* Threads that are ready or running, and how often any became so: see deadlock.c. */
uint64_t sched_activity(void);

/* Registers the reschedule interrupt. */
void sched_init(void);
