/* SPDX-License-Identifier: MIT */
/*
 * deadlock.c: see deadlock.h.
 *
 * The check must not be fooled by a thread that is woken, runs, arms a timer and sleeps
 * again between two looks. sched_activity() counts wake-ups in its upper half: if it is the
 * same number after all other looks as before them, and said that no thread was ready or
 * running, then nobody ran in between and the looks belong together.
 */
#include "kernel/sched/deadlock.h"

#include "kernel/abi/system.h"
#include "kernel/lib/log.h"
#include "kernel/lib/symbols.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/timer_internal.h"
#include "kernel/sched/waitq.h"

/* thread.c */
extern struct list thread_list;
extern struct spinlock thread_list_lock;

static atomic32_t input_expected;
static bool watching; /* set once there is a program to watch */
static struct timer budget_timer;

void deadlock_watch(void)
{
    __atomic_store_n(&watching, true, __ATOMIC_RELEASE);
}

void deadlock_expect_input(int change)
{
    atomic32_add(&input_expected, change);
}

static const char *state_name(enum thread_state state)
{
    static const char *const names[] = { "new", "ready", "running", "blocked", "dead" };
    return names[state];
}

/* Whether two threads wait for the same; a futex's waiters have a queue each. */
static bool same_place(const struct waitq *a, const struct waitq *b)
{
    return a == b || (a != NULL && b != NULL && a->hexadecimal && a->what == b->what &&
                      a->id == b->id);
}

/* Whether an earlier thread on the list waits for the same: then it is listed there. */
static bool listed_before(const struct thread *t)
{
    list_for_each(link, &thread_list) {
        const struct thread *other = list_entry(link, struct thread, all_link);
        if (other == t)
            return false;
        if (same_place(other->wait, t->wait) && other->owner == t->owner)
            return true;
    }
    return false;
}

/* "a message in port #7", "a wake-up at address 0x404010". */
static void say_place(const struct waitq *wq)
{
    log(wq->hexadecimal ? "%s 0x%lx" : "%s #%lu", wq->what, wq->id);
}

static void report_object(const struct thread *first)
{
    log("  ");
    say_place(first->wait);
    log(" is waited for by");
    list_for_each(link, &thread_list) {
        const struct thread *t = list_entry(link, struct thread, all_link);
        if (same_place(t->wait, first->wait) && t->owner == first->owner)
            log(" thread %u (%s, pid %u)", t->id, t->name, t->pid);
    }
    log("\n");
}

static void report_thread(struct thread *t)
{
    log("  thread %u (%s, pid %u): %s", t->id, t->name, t->pid, state_name(t->state));
    if (t->wait != NULL) {
        log(", waits for ");
        say_place(t->wait);
    }
    log("\n");
    if (t->state != THREAD_BLOCKED)
        return;
    backtrace(context_frame(t->context), 0);
    /* A thread that sleeps came by a system call, which left these at the stack's top. */
    const uint64_t *top = (const uint64_t *)((char *)t->stack + KERNEL_STACK_SIZE);
    if (t->owner != NULL)
        user_backtrace(t, top[-3], top[-1], top[-4]);
}

/* With the list's lock, or without it when the other CPUs stand still, for one may have held it. */
void deadlock_report(const void *owner)
{
    list_for_each(link, &thread_list) {
        struct thread *t = list_entry(link, struct thread, all_link);
        if (t->wait != NULL && (owner == NULL || t->owner == owner) && !listed_before(t))
            report_object(t);
    }
    list_for_each(link, &thread_list) {
        struct thread *t = list_entry(link, struct thread, all_link);
        if (owner == NULL || t->owner == owner)
            report_thread(t);
    }
}

/* Whether only its own process could wake it, and nobody has said so yet. */
static bool stuck(const struct thread *t)
{
    return t->state == THREAD_BLOCKED && t->wait != NULL && t->wait->private && !t->timer.armed &&
           !atomic32_load(&t->killed) && !t->stuck_told;
}

static bool all_stuck(const void *owner) HOLDS(thread_list_lock)
{
    list_for_each(link, &thread_list) {
        const struct thread *t = list_entry(link, struct thread, all_link);
        if (t->owner == owner && !stuck(t))
            return false;
    }
    return true;
}

/* A thread of a program all of whose threads are stuck, or NULL. Mostly its first thread decides, and is soon found. */
static struct thread *find_stuck_program(void) HOLDS(thread_list_lock)
{
    list_for_each(link, &thread_list) {
        struct thread *t = list_entry(link, struct thread, all_link);
        if (t->owner != NULL && stuck(t) && all_stuck(t->owner))
            return t;
    }
    return NULL;
}

/*
 * Takes the program's threads in hand, or lets them go again. In between a killer can do no more
 * than mark them killed, and their stacks and their memory stay; letting go looks for that mark, as
 * going to sleep does.
 */
static void hold_threads(const void *owner, bool hold) HOLDS(thread_list_lock)
{
    list_for_each(link, &thread_list) {
        struct thread *t = list_entry(link, struct thread, all_link);
        if (t->owner != owner)
            continue;
        t->stuck_told = true;
        if (hold)
            atomic32_replace(&t->claim, WAIT_PENDING, WAIT_HELD);
        else if (atomic32_replace(&t->claim, WAIT_HELD, WAIT_PENDING) &&
                 atomic32_load(&t->killed))
            thread_claim(t, WAIT_KILLED);
    }
}

static bool all_held(const void *owner) HOLDS(thread_list_lock)
{
    list_for_each(link, &thread_list) {
        const struct thread *t = list_entry(link, struct thread, all_link);
        if (t->owner == owner && atomic32_load(&t->claim) != WAIT_HELD)
            return false;
    }
    return true;
}

/* Nobody ran while the list was looked at, if sched_activity() is `before` still: then what was seen is true. */
static void check_programs(uint64_t before)
{
    spin_lock(&thread_list_lock);
    const struct thread *t = find_stuck_program();
    if (t != NULL && sched_activity() == before) {
        hold_threads(t->owner, true);
        if (all_held(t->owner)) { /* otherwise somebody is killing it */
            log("\nDEADLOCK: no thread of %s (pid %u) can ever run again\n", t->name, t->pid);
            deadlock_report(t->owner);
        }
        hold_threads(t->owner, false);
    }
    spin_unlock(&thread_list_lock);
}

void deadlock_check(void)
{
    uint64_t before = sched_activity();
    if (!__atomic_load_n(&watching, __ATOMIC_ACQUIRE) || (uint32_t)before != 0)
        return;
    if (timer_armed_count() != 0 || atomic32_load(&input_expected) != 0) {
        check_programs(before);
        return;
    }
    if (sched_activity() != before)
        return;
    arch_stop_others(); /* all idle; none must speak too */
    log("\nDEADLOCK: no thread can ever run again\n");
    deadlock_report(NULL);
    machine_shutdown(SHUTDOWN_DEADLOCK);
}

static void budget_expired(struct timer *timer)
{
    arch_stop_others();
    log_break_lock();
    log("\nTIME-OUT: the run's budget ended at %lu ms of guest time\n", timer->deadline / 1000000);
    deadlock_report(NULL);
    machine_shutdown(SHUTDOWN_TIMEOUT);
}

void deadlock_set_budget(uint64_t ns)
{
    timer_init(&budget_timer, budget_expired);
    budget_timer.background = true;
    timer_arm(&budget_timer, clock_now() + ns);
}
