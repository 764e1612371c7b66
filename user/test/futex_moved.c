/* SPDX-License-Identifier: MIT */
/*
 * futex_moved.c: lab 6, what has become of a waiter that was moved: by another process, into a process that ends,
 * and what reports say of it.
 *
 * Who shares a word can move its waiters to a word of his own memory: they are then named after that. The name
 * must not come to mean another program's word when he has ended (F10).
 */
#include "user/test/support.h"

#define SUCCESSORS 4

static uint32_t word, other;

static uint32_t *map_shared(uint64_t address)
{
    return (uint32_t *)NEED(sys_shm_map(start_handle(START_USER), address, 0, PAGE_SIZE, PROT_READ | PROT_WRITE));
}

static handle_t start_with(const char *role, handle_t shm)
{
    handle_t handle = duplicate(shm, RIGHTS_SAME);
    return start_role(role, NULL, &handle, 1);
}

static int64_t wait_at(void *argument)
{
    return sys_futex_wait(argument, 0, DEADLINE_FOREVER);
}

/* Moved into dead memory -------------------------------------------------------------- */

ROLE(bystander)
{
    return (int)sys_futex_wait(map_shared(0), 0, DEADLINE_FOREVER);
}

/* Takes the bystander along to its own word, and ends. */
ROLE(mover)
{
    return (int)sys_futex_requeue(map_shared(0), 0, 0, &word, 1);
}

static uint32_t woken;

static int64_t wait_and_tell(void *argument)
{
    int64_t st = wait_at(argument);
    __atomic_store_n(&woken, 1, __ATOMIC_SEQ_CST);
    return st;
}

/* The same program, so the same address; it has nothing in common with those before. */
ROLE(successor)
{
    start_thread(wait_and_tell, &word);
    settle();
    if (sys_futex_wake(&word, 1) != 1)
        return 1;
    settle();
    return __atomic_load_n(&woken, __ATOMIC_SEQ_CST) ? 0 : 2;
}

TEST(moved_away, 3 + SUCCESSORS)
{
    handle_t shm = (handle_t)NEED(sys_shm_create(PAGE_SIZE));
    handle_t bystander = start_with("bystander", shm);
    settle();
    CHECK_EQ(finish(start_with("mover", shm)).code, 1,
             "a process moves another one's waiter to a word of its own, and ends");
    for (int i = 0; i < SUCCESSORS; i++)
        CHECK_EQ(finish(start_role("successor", NULL, NULL, 0)).code, 0,
                 "a new process's wake-up at that address is for its own waiter");
    CHECK_STATUS(sys_process_wait(bystander, DEADLINE_POLL, NULL), ERR_TIMED_OUT,
                 "and not for the one that was moved");
    NEED(sys_process_kill(bystander));
    CHECK_EQ(finish(bystander).reason, EXIT_KILLED, "which can still be ended");
}

/* Reports ------------------------------------------------------------------------------- */

/* Cases that dead-lock on purpose: the grader reads the report. */
TEST(deadlock, 1)
{
    NOTE("at 0x%lx", (uint64_t)&word);
    CHECK_STATUS(join_thread(start_thread(wait_at, &word)), OK, "never comes to this");
}

TEST(deadlock_moved, 2)
{
    NOTE("at 0x%lx", (uint64_t)&other);
    struct thread *thread = start_thread(wait_at, &word);
    settle();
    CHECK_STATUS(sys_futex_requeue(&word, 0, 0, &other, 1), 1, "a waiter is moved");
    CHECK_STATUS(join_thread(thread), OK, "never comes to this");
}

TEST(deadlock_shared, 1)
{
    handle_t shm = (handle_t)NEED(sys_shm_create(PAGE_SIZE));
    uint32_t *page = (uint32_t *)NEED(sys_shm_map(shm, 0, 0, PAGE_SIZE, PROT_READ | PROT_WRITE));
    NOTE("at 0x%lx", 7 * sizeof *page);
    CHECK_STATUS(join_thread(start_thread(wait_at, &page[7])), OK, "never comes to this");
}

/* All its threads sleep, one of them where another process can wake it: it is not stuck. */
ROLE(moves_itself)
{
    uint32_t *shared = map_shared(0);
    struct thread *thread = start_thread(wait_at, &word);
    settle();
    if (sys_futex_requeue(&word, 0, 0, &shared[3], 1) != 1)
        return 1;
    return (int)join_thread(thread);
}

TEST(not_stuck, 2)
{
    handle_t shm = (handle_t)NEED(sys_shm_create(PAGE_SIZE));
    uint32_t *page = (uint32_t *)NEED(sys_shm_map(shm, 0, 0, PAGE_SIZE, PROT_READ | PROT_WRITE));
    handle_t process = start_with("moves_itself", shm);
    sys_thread_sleep(deadline_after(5));
    CHECK_STATUS(sys_futex_wake(&page[3], 1), 1, "a waiter that its program moved into shared memory is woken");
    CHECK_EQ(finish(process).code, OK, "and its program goes on");
}
