/* SPDX-License-Identifier: MIT */
/*
 * philosophers.c: five philosophers, five forks, and a dead-lock (Dijkstra, 1971).
 *
 * Each needs the fork to his left and the fork to his right to eat. With -d each takes his left one first, and
 * all of them at once: then each waits for a fork that his neighbour will never put down. Nothing in
 * the program is wrong but the order. The kernel sees that none of its threads can ever run again, and says
 * who waits for what.
 *
 * Without -d the forks have an order, and each takes the lower of his two first: the last philosopher takes
 * his right one first, as he would his neighbour's left. A ring of waiting would need somebody
 * who holds a higher fork while he waits for a lower one; there is none.
 */
#include "user/lib/args.h"
#include "user/lib/barrier.h"
#include "user/lib/mutex.h"
#include "user/lib/process.h"
#include "user/lib/status.h"
#include "user/lib/stdio.h"
#include "user/lib/stdlib.h"
#include "user/lib/thread.h"
#include "user/lib/time.h"

#define SEATS    5
#define PATIENCE 300 /* ms */

static struct mutex forks[SEATS];
static struct barrier all_seated = BARRIER_INIT(SEATS);
static uint64_t meals = 1000;
static bool left_first;
static uint64_t eaten[SEATS];

static status_t check(const char *what, status_t st)
{
    if (st < 0)
        die("%s: %s (%s)", what, status_text(st), status_name(st));
    return st;
}

static int64_t dine(void *argument)
{
    uint64_t seat = (uint64_t)argument;
    struct mutex *first = &forks[seat], *second = &forks[(seat + 1) % SEATS];
    if (!left_first && first > second) { /* forks are ordered by where they lie */
        struct mutex *higher = first;
        first = second;
        second = higher;
    }
    for (uint64_t i = 0; i < meals; i++) {
        mutex_lock(first);
        if (left_first)
            barrier_wait(&all_seated); /* bad luck, every time: all have one fork now */
        mutex_lock(second);
        eaten[seat]++;
        mutex_unlock(second);
        mutex_unlock(first);
    }
    return 0;
}

static int run_dinner(void)
{
    struct thread *philosophers[SEATS];
    for (uint64_t i = 0; i < SEATS; i++)
        check("a philosopher", thread_create(&philosophers[i], dine, (void *)i));
    uint64_t total = 0;
    for (int i = 0; i < SEATS; i++) {
        check("waiting", thread_join(philosophers[i], DEADLINE_FOREVER, NULL));
        total += eaten[i];
    }
    printf("%d philosophers have eaten %lu times, and nobody starved\n", SEATS, total);
    return total == SEATS * meals ? 0 : 1;
}

/* In a process of its own, so that somebody is left who can end it. */
static int run_deadlock(void)
{
    const char *argv[] = { program_path(), "-l", NULL };
    struct exit_info info;
    printf("each takes his left fork first ...\n");
    flush();
    handle_t dinner = (handle_t)check("starting the dinner",
                                      process_start(program_path(), argv, GIVE_STDOUT, NULL, 0));
    status_t st = process_finish(dinner, deadline_after(PATIENCE), &info);
    if (st == OK) {
        warn("they have eaten: that cannot be");
        return 1;
    }
    printf("... and nobody will ever eat. Above, the kernel says who waits for which fork;\n"
           "each is held by the neighbour who waits for the next. Now I end them.\n");
    check("ending the dinner", sys_process_kill(dinner));
    process_finish(dinner, DEADLINE_FOREVER, NULL);
    return 0;
}

int main(int argc, char **argv)
{
    bool deadlock = false;
    struct args args = args_begin(argc, argv, "dln:", "[-d] [-n meals]   (-d: until they dead-lock)");
    for (int option; (option = args_next(&args)) != 0;) {
        if (option == 'd')
            deadlock = true;
        else if (option == 'l')
            left_first = true;
        else
            meals = args_number(&args, 1, 10000000);
    }
    if (args.count > 0)
        args_wrong(&args, "'%s' is no option", args.rest[0]);
    return deadlock ? run_deadlock() : run_dinner();
}
