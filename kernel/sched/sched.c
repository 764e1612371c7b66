/* SPDX-License-Identifier: MIT */
/*
 * sched.c: per-CPU run queues, switching, waking, stealing.
 *
 * Lock: queue->lock, rank RUNQUEUE: the queue, and the state of the threads whose home
 * (thread->home) it is. It is held across the switch and released by the thread that
 * comes in: so nobody can pick a thread whose registers are not saved yet (P12).
 *
 * A thread runs only on its home CPU. Its home changes, under the old home's lock, when an idle CPU steals it
 * from the queue, and when it sleeps and is handed the CPU by another (bring_home): that may only be whoever
 * has claimed it. So to him who has claimed a sleeper its home stands still.
 *
 * Lost wake-ups between an idle CPU's last look and its halt: the idle CPU sets its bit in
 * idle_cpus and then looks at all queues; a waker queues the thread and then looks at
 * idle_cpus, with the atomic change of `activity` between. So at least one sees the other. The
 * interrupt that a waker sends is held back until the halt, for interrupts are off until then.
 */
#include "kernel/sched/sched.h"

#include "kernel/arch/init.h"
#include "kernel/arch/offsets.h"
#include "kernel/arch/trap.h"
#include "kernel/lib/panic.h"
#include "kernel/mm/space.h"
#include "kernel/sched/run_queue.h"
#include "kernel/sched/timer_internal.h"
#include "kernel/sync/spinlock.h"

#define SLICE_DEFAULT 10000000ull /* ns */

struct run_queue queues[MAX_CPUS];
atomic64_t idle_cpus;
static atomic64_t activity;  /* low half: threads ready or running; high half: wake-ups so far */
static uint64_t slice_ns = SLICE_DEFAULT;
static bool slice_jitter;
static bool several_cpus; /* set when the second comes, before programs run */

#define ONE_WAKE ((1ll << 32) + 1)

uint64_t sched_activity(void)
{
    return atomic64_load(&activity);
}

void sched_set_slice(uint64_t ns, uint64_t seed)
{
    slice_ns = ns;
    slice_jitter = seed != 0;
    for (uint32_t i = 0; i < MAX_CPUS; i++)
        queues[i].slice_random = seed + i;
}

/* xorshift64: any sequence will do that is the same for the same seed. */
static uint64_t slice_length(struct run_queue *queue)
{
    if (!slice_jitter)
        return slice_ns;
    uint64_t x = queue->slice_random;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    queue->slice_random = x;
    return slice_ns / 2 + x % slice_ns;
}

static rarely void start_slice(struct run_queue *queue)
{
    queue->slice_armed = true;
    timer_set_slice(clock_now() + slice_length(queue));
}

/*
 * While others are ready on this CPU, the running thread's turn must end. With several CPUs it ends
 * also if none are: QEMU, when it counts instructions, runs the CPUs in turn and goes on to the
 * next one when a timer expires, so a CPU that spins without one would starve the one it waits
 * for. An idle CPU has no turns. Interrupts off.
 *
 * It goes on to the next CPU at the very instruction that arms a timer. So whoever ends a turn arms the next one without the queue's
 * lock: or a CPU that wants the lock, to steal, would have its turns only while it is held, and wait for ever.
 */
static inline void arm_slice(struct run_queue *queue)
{
    if (queue->slice_armed)
        return;
    if (queue->count > 0 || (several_cpus && current_thread() != queue->idle))
        start_slice(queue);
}

void sched_slice_over(void)
{
    struct cpu *cpu = this_cpu();
    cpu->queue->slice_armed = false;
    if (cpu->current != cpu->queue->idle) /* a turn that ended meanwhile; idle CPUs have none */
        cpu->attention |= ATTEND_RESCHEDULE;
}

static rarely void tell_cpus(struct run_queue *home, uint64_t idle)
{
    const struct cpu *self = this_cpu();
    if (home == self->queue)
        arm_slice(home);
    else if ((idle & 1ull << home->cpu) || !__atomic_load_n(&home->slice_armed, __ATOMIC_RELAXED))
        cpu_kick(home->cpu); /* to run it, or to arm the slice that ends the turn before it */
    idle &= ~self->bit;
    if (idle == 0 || (idle & 1ull << home->cpu))
        return;
    uint32_t thief = (uint32_t)__builtin_ctzll(idle);
    /* Its bit goes now, so that the next thread is offered to another idle CPU. */
    __atomic_and_fetch(&idle_cpus.value, ~(1ull << thief), __ATOMIC_SEQ_CST);
    cpu_kick(thief); /* to steal it */
}

/* After queueing a thread: whoever should notice is told. Mostly all are busy and know. Interrupts are off. */
static inline void notify(struct run_queue *queue)
{
    uint64_t idle = atomic64_load(&idle_cpus);
    if (unlikely(idle != 0 || queue != this_cpu()->queue || !queue->slice_armed))
        tell_cpus(queue, idle);
}

/* The same where only an idle CPU need know: the slice is armed when the next thread comes in. */
static inline void offer(struct run_queue *queue)
{
    uint64_t idle = atomic64_load(&idle_cpus);
    if (unlikely(idle != 0))
        tell_cpus(queue, idle);
}

void thread_ready(struct thread *t)
{
    struct run_queue *home = t->home; /* not queued, and claimed by us: it stays */
    spin_lock(&home->lock);
    if (likely(t->state == THREAD_BLOCKED || t->state == THREAD_NEW)) {
        enqueue(home, t);
        atomic64_add(&activity, ONE_WAKE);
        notify(home);
    } else {
        t->woken = true; /* announced, but not asleep yet: sched_switch will see it (P11) */
    }
    spin_unlock(&home->lock);
}

/* The CPU now belongs to `next`, but for the stack. */
static void dress(struct cpu *cpu, struct thread *previous, struct thread *next)
{
    next->state = THREAD_RUNNING;
    cpu->current = next;
    cpu->attention = atomic32_load(&next->killed) ? ATTEND_KILLED : 0;
    cpu_set_kernel_stack(cpu, (char *)next->stack + KERNEL_STACK_SIZE);
    uint64_t now = clock_now();
    previous->cpu_time += now - previous->started;
    next->started = now;
    if (next->space != cpu->space || next->space == NULL || cpu->space_idle)
        space_switch(cpu, next->space);
    if (previous->fpu != NULL)
        fpu_save(previous->fpu);
    if (next->fpu != NULL)
        fpu_restore(next->fpu);
    /* Another program may have changed its FS base by loading the selector: so between programs always. */
    if (next->tls != cpu->tls || next->space != previous->space) {
        cpu->tls = next->tls;
        cpu_set_tls(next->tls);
    }
}

/* The first thing a thread does when it comes in: let go of the one that went. */
static inline void finish_switch(void)
{
    struct run_queue *queue = this_cpu()->queue;
    struct thread *previous = queue->previous;
    bool dead = previous->state == THREAD_DEAD; /* once unlocked it may run, and die, elsewhere */
    spin_unlock(&queue->lock);
    arm_slice(queue); /* with the lock let go: see arm_slice */
    if (unlikely(dead)) {
        previous->on_dead(previous);
        atomic64_add(&activity, -1); /* only now: on_dead may wake others, and until then it counts */
    }
}

/*
 * Makes this CPU the home of a sleeper that was claimed. False if it is only about to sleep, on another CPU:
 * there it will see that it is woken (P12).
 */
static inline bool bring_home(struct run_queue *queue, struct thread *t)
{
    struct run_queue *home = t->home; /* not queued, and claimed by us: nobody else changes it */
    if (likely(home == queue))
        return true; /* it runs nowhere else, and here we run: it sleeps */
    spin_lock(&home->lock);
    bool asleep = t->state == THREAD_BLOCKED;
    if (asleep)
        t->home = queue;
    else
        t->woken = true;
    spin_unlock(&home->lock);
    return asleep;
}

/* What becomes of the thread that leaves; false if it stays, for it has been woken meanwhile. */
static inline bool put_away(struct run_queue *queue, struct thread *t, enum thread_state state,
                            struct thread *to) HOLDS(queue->lock)
{
    if (likely(state == THREAD_BLOCKED)) {
        if (unlikely(t->woken)) {
            t->woken = false;
            return false;
        }
        t->state = THREAD_BLOCKED;
        atomic64_add(&activity, to != NULL ? ONE_WAKE - 1 : -1); /* a dead thread's turn comes in finish_switch */
    } else if (state == THREAD_DEAD) {
        t->state = THREAD_DEAD;
    } else if (to != NULL) {
        enqueue_first(queue, t);
        atomic64_add(&activity, ONE_WAKE);
        offer(queue); /* to a CPU that has gone idle since thread_hand_over looked */
    } else if (t != queue->idle) {
        enqueue(queue, t); /* only what can run goes back (P13) */
    }
    return true;
}

static rarely void stay(struct run_queue *queue, struct thread *to) HOLDS(queue->lock)
{
    if (to != NULL) {
        enqueue(queue, to);
        atomic64_add(&activity, ONE_WAKE);
        notify(queue);
    }
    spin_unlock(&queue->lock);
}

void sched_switch(enum thread_state state, struct thread *to)
{
    struct cpu *cpu = this_cpu();
    struct run_queue *queue = cpu->queue;
    struct thread *previous = cpu->current;
    assert_cmp(*(uint64_t *)previous->stack, ==, STACK_CANARY);
    if (to != NULL && !bring_home(queue, to))
        to = NULL; /* it goes on elsewhere, and this is a switch like any other */
    spin_lock(&queue->lock);
    if (unlikely(!put_away(queue, previous, state, to))) {
        stay(queue, to);
        return;
    }
    struct thread *next = to != NULL ? to : dequeue(queue);
    if (next == NULL)
        next = queue->idle;
    if (next == previous) {
        next->state = THREAD_RUNNING;
        spin_unlock(&queue->lock);
        arm_slice(queue);
        return;
    }
    queue->previous = previous;
    dress(cpu, previous, next);
    context_switch(&previous->context, next->context);
    finish_switch();
}

/* While another CPU is idle both can run, so then nobody need wait for the other. */
void thread_hand_over(struct thread *t)
{
    assert_no_spinlock("handing the CPU over");
    interrupts_disable();
    if (atomic64_load(&idle_cpus) != 0)
        thread_ready(t);
    else
        sched_switch(THREAD_READY, t);
    interrupts_enable();
}

/* Where a new thread begins, with interrupts off and the queue's lock held. */
void sched_begin(void *thread)
{
    struct thread *t = thread;
    finish_switch();
    interrupts_enable();
    t->entry(t->argument);
    thread_exit();
}

void attend(bool to_user)
{
    struct cpu *cpu = this_cpu();
    assert(cpu->top_lock == NULL);
    if (cpu->attention & ATTEND_RESCHEDULE) {
        cpu->attention &= ~(uint32_t)ATTEND_RESCHEDULE;
        sched_switch(THREAD_READY, NULL);
    }
    if (to_user && atomic32_load(&current_thread()->killed)) {
        interrupts_enable();
        user_thread_killed();
    }
}

void sched_notify_killed(struct thread *t)
{
    struct run_queue *home;
    for (;;) { /* a thread's home changes under the old home's lock */
        home = __atomic_load_n(&t->home, __ATOMIC_RELAXED);
        spin_lock(&home->lock);
        if (t->home == home)
            break;
        spin_unlock(&home->lock);
    }
    bool running = t->state == THREAD_RUNNING;
    spin_unlock(&home->lock);
    if (!running)
        return; /* when it is picked next, dress() sees the flag */
    bool on = interrupts_save();
    if (this_cpu()->queue == home)
        this_cpu()->attention |= ATTEND_KILLED;
    else
        cpu_kick(home->cpu);
    interrupts_restore(on);
}

/* Another CPU has queued something here, or killed the running thread. */
static void reschedule_interrupt(void)
{
    struct cpu *cpu = this_cpu();
    if (atomic32_load(&cpu->current->killed))
        cpu->attention |= ATTEND_KILLED;
    arm_slice(&queues[cpu->id]);
}

void sched_init(void)
{
    for (uint32_t i = 0; i < MAX_CPUS; i++) {
        spinlock_init(&queues[i].lock, RANK_RUNQUEUE, "run queue");
        list_init(&queues[i].ready);
        queues[i].cpu = i;
    }
    trap_set_handler(VECTOR_RESCHEDULE, reschedule_interrupt);
}

void sched_adopt_idle(struct thread *idle)
{
    struct cpu *cpu = this_cpu();
    idle->state = THREAD_RUNNING;
    cpu->queue = &queues[cpu->id];
    cpu->queue->idle = idle;
    idle->home = cpu->queue;
    if (cpu->id != CPU_BOOT)
        several_cpus = true;
    cpu->current = idle;
}
