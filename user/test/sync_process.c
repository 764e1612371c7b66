/* SPDX-License-Identifier: MIT */
/* sync_process.c: lab 6, the same things between processes, in shared memory that each maps where it likes. */
#include "user/lib/barrier.h"
#include "user/lib/cond.h"
#include "user/lib/once.h"
#include "user/lib/rwlock.h"
#include "user/lib/semaphore.h"
#include "user/test/support.h"
#include "user/lib/stdlib.h"

#define PROCESSES 3
#define ROUNDS    800

struct board {
    struct mutex mutex;
    struct cond changed;
    struct semaphore tokens;
    struct barrier barrier;
    struct once once;
    struct rwlock rwlock;
    uint64_t sum, made, written;
    uint32_t turn; /* whose it is */
};

static handle_t region;

static struct board *map_board(uint64_t address)
{
    return (struct board *)NEED(sys_shm_map(region, address, 0, PAGE_SIZE, PROT_READ | PROT_WRITE));
}

static struct board *the_board; /* for once_run's function */

static void make(void)
{
    sys_thread_yield();
    the_board->made++;
}

/* Everything in turn; argv[0] says which process this is. */
static void take_part(struct board *board, uint32_t self)
{
    the_board = board;
    once_run(&board->once, make);
    barrier_wait(&board->barrier);
    for (unsigned i = 0; i < ROUNDS; i++) {
        mutex_lock(&board->mutex);
        uint64_t seen = *(volatile uint64_t *)&board->sum;
        __asm__ volatile("pause" ::: "memory");
        board->sum = seen + self + 1;
        mutex_unlock(&board->mutex);
        semaphore_wait(&board->tokens);
        semaphore_post(&board->tokens);
    }
    barrier_wait(&board->barrier);
    for (unsigned i = 0; i < ROUNDS / 8; i++) { /* one after the other, round and round */
        mutex_lock(&board->mutex);
        while (board->turn % (PROCESSES + 1) != self)
            cond_wait(&board->changed, &board->mutex);
        board->turn++;
        cond_broadcast(&board->changed, &board->mutex);
        mutex_unlock(&board->mutex);
    }
    for (unsigned i = 0; i < ROUNDS / 8; i++) {
        rwlock_write(&board->rwlock);
        board->written++;
        rwlock_write_done(&board->rwlock);
        rwlock_read(&board->rwlock);
        rwlock_read_done(&board->rwlock);
    }
    barrier_wait(&board->barrier);
}

ROLE(part)
{
    uint32_t self = (uint32_t)strtoul(argv[0], NULL, 10);
    region = start_handle(START_USER);
    take_part(map_board(0x200000000ull + self * 0x100000ull), self);
    return 0;
}

TEST(all, PROCESSES + 5)
{
    handle_t processes[PROCESSES];
    region = (handle_t)NEED(sys_shm_create(PAGE_SIZE));
    struct board *board = map_board(0);
    board->barrier.parties = PROCESSES + 1;
    board->tokens.count = 2;
    for (uint32_t i = 0; i < PROCESSES; i++) {
        char text[8];
        handle_t handle = duplicate(region, RIGHTS_SAME);
        snprintf(text, sizeof text, "%u", i);
        processes[i] = start_role("part", text, &handle, 1);
    }
    take_part(board, PROCESSES);
    for (int i = 0; i < PROCESSES; i++)
        CHECK_EQ(finish(processes[i]).code, 0, "process %d has taken part", i);
    CHECK_EQ(board->sum, ROUNDS * (1 + 2 + 3 + 4), "the mutex has excluded");
    CHECK_EQ(board->made, 1, "once was once");
    CHECK_EQ(board->turn, (PROCESSES + 1) * (ROUNDS / 8), "each has had its turns");
    CHECK_EQ(board->written, (PROCESSES + 1) * (ROUNDS / 8), "no writing is lost");
    CHECK_EQ(board->tokens.count, 2, "the tokens are there again");
}
