/* SPDX-License-Identifier: MIT */
/*
 * user_thread.c: threads of programs, and how they end.
 *
 * Life: user_thread_new makes one, user_thread_start puts it on its process's list and
 * lets it run, user_thread_exit takes it off the list, and thread_dead, called when nothing
 * runs on its stack any more, frees the stack and tells those who wait. The struct
 * stays until its last reference: the running thread's own, the handles', the joiners'.
 *
 * Everything is decided under process->lock:
 *
 * Create against kill. user_thread_start looks at `dying` and enters the list in one step;
 *     process_kill sets `dying` and walks the list in one step. So a thread is either on the
 *     list, and started, when it is walked, or it never starts.
 * Exit against kill. process_kill marks threads that may be anywhere: ready, blocked (the
 *     wait ends with ERR_KILLED), in a system call, about to enter user mode for the first
 *     time, or in user_thread_exit already. All come by user_thread_killed before they would
 *     run a user instruction, or are in user_thread_exit, which does not sleep.
 * Who is last. The thread that counts thread_count down to 0 sets `dying`, so that nothing comes
 *     after it, and gives back what the process has: in its own context, for that takes
 *     long and talks to other CPUs. Each thread leaves the address space before it counts
 *     itself out, so then no CPU runs in it.
 * End against wait. What has ended must be given back by the time its waiters run: after
 *     a wait, all counts are what they were before. So `ended` is set not by the exiting
 *     thread but by thread_dead, after the stack is free, and for a process when `stacks`
 *     reaches 0, after the last user_thread is freed. The dying side drops its reference
 *     before it drops the lock: the waiter, who cannot go on without the lock, finds it gone.
 * Use against close. A system call on a handle holds a reference of its own.
 */
#include "kernel/object/process.h"

#include "kernel/arch/context.h"
#include "kernel/mm/space.h"

static void destroy(struct object *object)
{
    struct user_thread *t = (struct user_thread *)object;
    if (!t->ended) /* it was never started */
        thread_fini(&t->thread);
    object_free(object);
}

static const struct object_type thread_type = {
    .kind = OBJ_THREAD,
    .rights = USER_THREAD_RIGHTS,
    .destroy = destroy,
};

static void begin(void *argument)
{
    struct user_thread *t = argument;
    arch_enter_user(t->entry, t->stack, t->argument);
}

/*
 * In the context of whatever thread came next, with interrupts off: nothing here may sleep.
 * The process is alive by the reference that user_thread_start took.
 */
static void thread_dead(struct thread *thread)
{
    struct user_thread *t = user_thread_of(thread);
    struct process *p = t->process;
    thread_fini(thread);

    spin_lock(&p->lock);
    p->cpu_time += thread->cpu_time;
    t->ended = true;
    waitq_wake_all(&t->joiners);
    object_put_unlock(&t->object, &p->lock);

    spin_lock(&p->lock);
    process_stack_freed(p);
}

status_t user_thread_new(struct process *p, uint64_t entry, uint64_t stack, uint64_t argument,
                         uint64_t tls, struct user_thread **out)
{
    uint64_t kernel_memory = KERNEL_STACK_SIZE + sizeof(struct fpu_state);
    struct object *object =
        object_new(&thread_type, sizeof(struct user_thread), kernel_memory, p->account);
    if (object == NULL)
        return ERR_OUT_OF_MEMORY;
    struct user_thread *t = (struct user_thread *)object;
    status_t st = thread_init(&t->thread, p->name, p->space, begin, t);
    if (st < 0) {
        object_free(object);
        return st;
    }
    t->thread.owner = p;
    t->thread.tls = tls;
    t->thread.on_dead = thread_dead;
    t->process = p;
    t->entry = entry;
    t->stack = stack;
    t->argument = argument;
    list_init(&t->link);
    waitq_init(&t->joiners, "end of thread", object->id);
    t->joiners.private = true; /* a handle to a thread cannot leave its process */
    *out = t;
    return OK;
}

status_t user_thread_start(struct user_thread *t)
{
    struct process *p = t->process;
    status_t st = ERR_KILLED;
    spin_lock(&p->lock);
    if (!p->dying) {
        object_get(&t->object);
        object_get(&p->object);
        list_push_back(&p->threads, &t->link);
        p->thread_count++;
        p->stacks++;
        t->thread.pid = p->pid;
        thread_start(&t->thread);
        st = OK;
    }
    spin_unlock(&p->lock);
    return st;
}

noreturn void user_thread_exit(int64_t code)
{
    struct user_thread *t = user_thread_of(current_thread());
    struct process *p = t->process;
    t->thread.space = NULL;
    space_leave();

    spin_lock(&p->lock);
    t->exit_code = code;
    list_remove(&t->link);
    bool last = --p->thread_count == 0;
    if (last && !p->dying) {
        p->dying = true;
        p->exit_info = (struct exit_info){ .reason = EXIT_RETURNED, .code = 0 };
    }
    spin_unlock(&p->lock);
    if (last)
        process_release(p);
    thread_exit();
}

noreturn void user_thread_killed(void)
{
    user_thread_exit(ERR_KILLED);
}

status_t user_thread_join(struct user_thread *t, uint64_t deadline, int64_t *code)
{
    struct process *p = t->process;
    status_t st = OK;
    if (&t->thread == current_thread())
        return ERR_INVALID_ARGUMENT;
    spin_lock(&p->lock);
    while (!t->ended && st == OK)
        st = waitq_sleep(&t->joiners, &p->lock, deadline);
    if (t->ended) {
        *code = t->exit_code;
        st = OK;
    }
    spin_unlock(&p->lock);
    return st;
}
