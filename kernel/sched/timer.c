/* SPDX-License-Identifier: MIT */
/*
 * timer.c: each CPU's timers, sorted, over the one-shot timer of its local APIC.
 *
 * Lock: timers->lock, rank TIMER: the list and the armed flags of its timers. `armed`
 * is cleared after the timer's function has returned; so whoever reads it false without
 * the lock knows that the function is not running.
 *
 * The end of a turn (slice) is no timer but a number of the CPU's own: it is set on the
 * CPU itself with interrupts off and costs no lock.
 */
#include "kernel/sched/timer.h"

#include "kernel/arch/apic.h"
#include "kernel/arch/clock.h"
#include "kernel/arch/init.h"
#include "kernel/arch/offsets.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/timer_internal.h"
#include "kernel/sync/atomic.h"
#include "kernel/sync/spinlock.h"

struct cpu_timers {
    struct spinlock lock;
    struct list list;    /* [lock] struct timer, earliest first */
    uint64_t slice;      /* [own CPU, interrupts off] end of the turn, or DEADLINE_FOREVER */
    uint64_t programmed; /* [own CPU, interrupts off] when the APIC will interrupt */
};

static struct cpu_timers cpu_timers[MAX_CPUS];
static atomic32_t armed_count; /* background timers not counted */

uint64_t clock_now(void)
{
    return arch_clock_ns();
}

uint32_t timer_armed_count(void)
{
    return atomic32_load(&armed_count);
}

void timer_init(struct timer *timer, void (*expired)(struct timer *))
{
    *timer = (struct timer){ .expired = expired };
    list_init(&timer->link);
}

/* The APIC interrupts this CPU at `when` at the latest. Interrupts off. */
static void program(struct cpu_timers *timers, uint64_t when)
{
    if (when >= timers->programmed)
        return;
    timers->programmed = when;
    uint64_t now = clock_now();
    apic_timer_arm(when > now ? when - now : 1);
}

void timer_set_slice(uint64_t end)
{
    struct cpu_timers *timers = &cpu_timers[this_cpu()->id];
    timers->slice = end;
    program(timers, end);
}

void timer_arm(struct timer *timer, uint64_t deadline)
{
    bool on = interrupts_save();
    uint32_t cpu = this_cpu()->id;
    struct cpu_timers *timers = &cpu_timers[cpu];
    spin_lock(&timers->lock);
    timer->deadline = deadline;
    timer->cpu = cpu;
    timer->armed = true;
    if (!timer->background)
        atomic32_add(&armed_count, 1);
    struct list *at = timers->list.next;
    while (at != &timers->list && list_entry(at, struct timer, link)->deadline <= deadline)
        at = at->next;
    list_insert_before(at, &timer->link);
    program(timers, deadline);
    spin_unlock(&timers->lock);
    interrupts_restore(on);
}

static void disarm(struct timer *timer)
{
    if (!timer->background)
        atomic32_add(&armed_count, -1);
    __atomic_store_n(&timer->armed, false, __ATOMIC_RELEASE); /* last: the timer may be gone after this */
}

void timer_cancel(struct timer *timer)
{
    if (!__atomic_load_n(&timer->armed, __ATOMIC_ACQUIRE))
        return;
    struct cpu_timers *timers = &cpu_timers[timer->cpu];
    spin_lock(&timers->lock);
    if (timer->armed) {
        list_remove(&timer->link);
        disarm(timer);
    }
    spin_unlock(&timers->lock);
}

static void run_expired(struct cpu_timers *timers, uint64_t now) HOLDS(timers->lock)
{
    while (!list_empty(&timers->list)) {
        struct timer *timer = list_entry(timers->list.next, struct timer, link);
        if (timer->deadline > now)
            break;
        list_remove(&timer->link);
        timer->expired(timer);
        disarm(timer);
    }
}

static void timer_interrupt(void)
{
    struct cpu_timers *timers = &cpu_timers[this_cpu()->id];
    uint64_t now = clock_now(), next = DEADLINE_FOREVER;
    timers->programmed = DEADLINE_FOREVER;
    if (timers->slice <= now) {
        timers->slice = DEADLINE_FOREVER;
        sched_slice_over();
    }
    spin_lock(&timers->lock);
    run_expired(timers, now);
    if (!list_empty(&timers->list))
        next = list_entry(timers->list.next, struct timer, link)->deadline;
    spin_unlock(&timers->lock);
    program(timers, next < timers->slice ? next : timers->slice);
}

void timers_init(void)
{
    for (uint32_t i = 0; i < MAX_CPUS; i++) {
        spinlock_init(&cpu_timers[i].lock, RANK_TIMER, "timers");
        list_init(&cpu_timers[i].list);
        cpu_timers[i].slice = cpu_timers[i].programmed = DEADLINE_FOREVER;
    }
    trap_set_handler(VECTOR_TIMER, timer_interrupt);
}
