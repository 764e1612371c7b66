/* SPDX-License-Identifier: MIT */
/* idle.c: what a CPU does that has nothing to run: it takes work from the others, or halts. */
#include "kernel/sched/run_queue.h"

#include "kernel/arch/init.h"
#include "kernel/sched/deadlock.h"

/* From the next CPU that has something, what has waited longest there. */
static struct thread *steal(struct run_queue *thief)
{
    for (uint32_t i = 1; i < cpu_count(); i++) {
        struct run_queue *victim = &queues[(thief->cpu + i) % cpu_count()];
        if (__atomic_load_n(&victim->count, __ATOMIC_SEQ_CST) == 0)
            continue;
        spin_lock(&victim->lock);
        struct thread *t = dequeue(victim);
        if (t != NULL)
            t->home = thief; /* under the old home's lock; it is on no queue until enqueued below */
        spin_unlock(&victim->lock);
        if (t != NULL)
            return t;
    }
    return NULL;
}

static bool find_work(struct run_queue *queue)
{
    if (__atomic_load_n(&queue->count, __ATOMIC_SEQ_CST) > 0)
        return true;
    struct thread *t = steal(queue);
    if (t == NULL)
        return false;
    spin_lock(&queue->lock);
    enqueue(queue, t);
    spin_unlock(&queue->lock);
    return true;
}

noreturn void sched_idle(void)
{
    interrupts_disable();
    struct cpu *cpu = this_cpu(); /* an idle thread never moves */
    struct run_queue *queue = cpu->queue;
    for (;;) {
        if (!find_work(queue)) {
            __atomic_or_fetch(&idle_cpus.value, cpu->bit, __ATOMIC_SEQ_CST);
            if (!find_work(queue)) {
                deadlock_check();
                if (!find_work(queue)) /* the check may have let a killed thread go */
                    cpu_idle();
            }
            __atomic_and_fetch(&idle_cpus.value, ~cpu->bit, __ATOMIC_SEQ_CST);
        }
        cpu->attention = 0;
        sched_switch(THREAD_READY, NULL);
    }
}
