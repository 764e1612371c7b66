/* SPDX-License-Identifier: MIT */
/*
 * kernel_process.c: the kernel beneath the labs: starting programs and how they end.
 */
#include "user/lib/stdlib.h"
#include "user/test/support.h"

#define CROWD 64

static char long_args[SPAWN_MAX_ARGS + 2];

ROLE(exit)
{
    return (int)strtol(argv[0], NULL, 10);
}

ROLE(sleep)
{
    return (int)sys_thread_sleep(DEADLINE_FOREVER);
}

static volatile bool for_ever = true;

ROLE(spin)
{
    while (for_ever) {
    }
    return 0;
}

static int64_t spin(void *argument)
{
    (void)argument;
    while (for_ever) {
    }
    return 0;
}

static int64_t sleep_for_ever(void *argument)
{
    (void)argument;
    return sys_thread_sleep(DEADLINE_FOREVER);
}

static void start_crowd(void)
{
    for (int i = 0; i < 3; i++) {
        start_thread(spin, NULL);
        start_thread(sleep_for_ever, NULL);
    }
}

/* Ends while its other threads spin and sleep. */
ROLE(leave_crowd)
{
    start_crowd();
    settle();
    return 5;
}

/* Never ends by itself, however late who kills it comes. */
ROLE(crowd)
{
    start_crowd();
    return (int)sys_thread_sleep(DEADLINE_FOREVER);
}

static int64_t end_alone(void *argument)
{
    (void)argument;
    settle();
    return 9;
}

/* Its first thread goes; the process ends with the last. */
ROLE(last_thread)
{
    start_thread(end_alone, NULL);
    sys_thread_exit(3);
}

/* What it was given: how many handles, which are there. */
ROLE(handles)
{
    int code = 0;
    for (unsigned i = 0; i < 8; i++)
        code |= handle_alive(start_handle(START_USER + i)) << i;
    return code;
}

ROLE(arguments)
{
    return argc == 1 && strcmp(argv[0], "with blanks, \"quotes\" and #") == 0 ? 21 : 22;
}

TEST(exit_codes, 6 * 2 + 6)
{
    static const char *const codes[6] = { "0", "1", "7", "-1", "2147483647", "-2147483648" };
    for (int i = 0; i < 6; i++) {
        struct exit_info info = finish(start_role("exit", codes[i], NULL, 0));
        CHECK_EQ(info.reason, EXIT_RETURNED, "a process exits");
        CHECK_EQ(info.code, strtol(codes[i], NULL, 10), "with its code");
    }
    CHECK_EQ(finish(start_role("leave_crowd", NULL, NULL, 0)).code, 5,
             "process_exit ends threads that spin and sleep");
    struct exit_info info = finish(start_role("last_thread", NULL, NULL, 0));
    CHECK_EQ(info.reason, EXIT_RETURNED, "a process whose last thread exits, exits");
    CHECK_EQ(info.code, 0, "with code 0");
    CHECK_EQ(finish(start_role("arguments", "with blanks, \"quotes\" and #", NULL, 0)).code, 21,
             "arguments arrive as they are");
    handle_t some[8] = { 0 };
    some[1] = duplicate(start_handle(START_STDOUT), RIGHTS_SAME);
    some[6] = duplicate(start_handle(START_STDOUT), RIGHTS_SAME);
    CHECK_EQ(finish(start_role("handles", NULL, some, 8)).code, 1 << 1 | 1 << 6,
             "handles arrive in their places, and HANDLE_INVALID leaves one empty");
    CHECK(!handle_alive(some[1]) && !handle_alive(some[6]), "and have left");
}

TEST(wait, 8)
{
    struct exit_info info;
    handle_t process = start_role("sleep", NULL, NULL, 0);
    CHECK_STATUS(sys_process_wait(process, DEADLINE_POLL, NULL), ERR_TIMED_OUT,
                 "a process that goes on");
    uint64_t deadline = clock_now() + 2 * NS_PER_MS;
    CHECK_STATUS(sys_process_wait(process, deadline, NULL), ERR_TIMED_OUT, "also after 2 ms");
    CHECK(clock_now() >= deadline, "which have passed");
    handle_t watcher = duplicate(process, RIGHT_WAIT);
    CHECK_STATUS(sys_process_kill(watcher), ERR_PERMISSION_DENIED, "killing without MANAGE");
    NEED(sys_process_kill(process));
    CHECK_STATUS(sys_process_wait(watcher, DEADLINE_FOREVER, (void *)KERNEL_ADDRESS),
                 ERR_INVALID_ADDRESS, "waiting, with the answer into the kernel");
    CHECK_STATUS(sys_process_wait(watcher, DEADLINE_POLL, &info), OK, "waiting again");
    CHECK_EQ(info.reason, EXIT_KILLED, "tells how it ended");
    handle_t killer = duplicate(process, RIGHT_MANAGE);
    CHECK_STATUS(sys_process_wait(killer, DEADLINE_POLL, &info), ERR_PERMISSION_DENIED,
                 "waiting without WAIT");
}

TEST(kill, 4 * 2 + 1)
{
    static const char *const roles[4] = { "sleep", "spin", "crowd", "sleep" };
    for (int i = 0; i < 4; i++) {
        handle_t process = start_role(roles[i], NULL, NULL, 0);
        if (i < 3)
            sys_thread_sleep(clock_now() + 150 * NS_PER_US);
        CHECK_STATUS(sys_process_kill(process), OK, i < 3 ? "killing one that %ss" :
                     "killing one that has hardly begun to %s", roles[i]);
        CHECK_EQ(finish(process).reason, EXIT_KILLED, "ends it");
    }
    handle_t process = start_role("exit", "0", NULL, 0);
    NEED(sys_process_wait(process, DEADLINE_FOREVER, NULL));
    CHECK_STATUS(sys_process_kill(process), OK, "killing one that has ended does nothing");
}

/* A test program may look at the machine but not manage it. */
TEST(system, 6)
{
    handle_t system = start_handle(START_SYSTEM);
    struct process_info rows[32];
    status_t count = sys_system_processes(system, rows, array_size(rows));
    REQUIRE(count > 1 && count < (status_t)array_size(rows), "there are init and this program");
    handle_t process = start_role("sleep", NULL, NULL, 0);
    CHECK_EQ(sys_system_processes(system, rows, array_size(rows)), count + 1, "one more is started");
    CHECK(rows[count].pid > rows[count - 1].pid, "the list is in the order of their numbers");
    CHECK_STATUS(sys_process_open(system, rows[count].pid), ERR_PERMISSION_DENIED,
                 "opening a process by its number without MANAGE");
    CHECK_STATUS(sys_system_shutdown(system, SHUTDOWN_PASS), ERR_PERMISSION_DENIED,
                 "ending the run without MANAGE");
    NEED(sys_process_kill(process));
    finish(process);
    CHECK_EQ(sys_system_processes(system, NULL, 0), count, "without it they are as many as before");
}

/* Spawning with something wrong: nothing is started and the handle stays. */
TEST(spawn_errors, 14 * 2 + 2)
{
    static handle_t many[SPAWN_MAX_HANDLES + 1];
    static char long_path[SPAWN_MAX_PATH + 8], words[SPAWN_MAX_ARGC * 2 + 2];
    handle_t handle = duplicate(start_handle(START_STDOUT), RIGHTS_SAME);
    handle_t fixed = duplicate(handle, RIGHT_WRITE), twice[2] = { handle, handle };
    handle_t bad[2] = { handle, 0xffffffff }, without[2] = { handle, fixed };
    const char *path = program_path();
    memset(long_path, 'x', sizeof(long_path) - 1);
    memset(long_args, 'x', sizeof(long_args) - 1);
    for (size_t i = 0; i < SPAWN_MAX_ARGC + 1; i++)
        words[i * 2] = 'x';
    struct {
        const char *what;
        status_t expected;
        const char *path, *args;
        size_t size;
        const handle_t *handles;
        size_t count;
    } cases[] = {
        { "a path that does not exist", ERR_NOT_FOUND, "bin/none", "x", 2, &handle, 1 },
        { "an empty path", ERR_NOT_FOUND, "", "x", 2, &handle, 1 },
        { "a file that is no program", ERR_BAD_EXECUTABLE, "README", "x", 2, &handle, 1 },
        { "a path too long", ERR_TOO_BIG, long_path, "x", 2, &handle, 1 },
        { "a path at NULL", ERR_INVALID_ADDRESS, NULL, "x", 2, &handle, 1 },
        { "arguments not ended", ERR_INVALID_ARGUMENT, path, "xy", 2, &handle, 1 },
        { "too many arguments", ERR_INVALID_ARGUMENT, path, words, sizeof(words), &handle, 1 },
        { "arguments too long", ERR_TOO_BIG, path, long_args, sizeof(long_args), &handle, 1 },
        { "arguments in the kernel", ERR_INVALID_ADDRESS, path, (char *)KERNEL_ADDRESS, 2, &handle, 1 },
        { "too many handles", ERR_TOO_BIG, path, "x", 2, many, SPAWN_MAX_HANDLES + 1 },
        { "handles in the kernel", ERR_INVALID_ADDRESS, path, "x", 2, (handle_t *)KERNEL_ADDRESS, 1 },
        { "a handle twice", ERR_INVALID_ARGUMENT, path, "x", 2, twice, 2 },
        { "a bad handle", ERR_INVALID_HANDLE, path, "x", 2, bad, 2 },
        { "a handle without TRANSFER", ERR_PERMISSION_DENIED, path, "x", 2, without, 2 },
    };
    _Static_assert(array_size(cases) == 14, "the plan counts them");
    for (size_t i = 0; i < array_size(cases); i++) {
        CHECK_STATUS(sys_process_spawn(cases[i].path, cases[i].args, cases[i].size, cases[i].handles,
                                       cases[i].count), cases[i].expected,
                     "spawning with %s", cases[i].what);
        CHECK(handle_alive(handle) && handle_alive(fixed), "the handles stay");
    }
    handle_t none[1] = { HANDLE_INVALID };
    status_t process = sys_process_spawn(path, path, strlen(path) + 1, none, 1);
    REQUIRE(process > 0, "spawning with nothing wrong");
    CHECK_EQ(finish((handle_t)process).reason, EXIT_RETURNED, "runs");
}

static void start_many(void *argument)
{
    handle_t processes[CROWD];
    unsigned started = 0, good = 0;
    status_t st = OK;
    (void)argument;
    while (started < CROWD && (st = test_start("sleep", NULL, NULL, 0)) > 0)
        processes[started++] = (handle_t)st;
    CHECK(st > 0 || st == ERR_OUT_OF_MEMORY || st == ERR_NO_SLOTS,
          "starting processes ends with a documented error or not at all");
    CHECK(started >= 8, "several can be started");
    for (unsigned i = 0; i < started; i++)
        NEED(sys_process_kill(processes[i]));
    for (unsigned i = 0; i < started; i++)
        good += finish(processes[i]).reason == EXIT_KILLED;
    CHECK_EQ(good, started, "and all can be killed");
}

TEST(many, 3 * 2 + 1)
{
    CHECK_BALANCED(start_many, NULL, "scores of processes leave nothing behind");
}

/* One after the other, each ending in its own way. */
static void start_in_turn(void *argument)
{
    (void)argument;
    for (int i = 0; i < 10; i++) {
        finish(start_role("exit", "3", NULL, 0));
        finish(start_role("leave_crowd", NULL, NULL, 0));
        handle_t process = start_role("spin", NULL, NULL, 0);
        NEED(sys_process_kill(process));
        finish(process);
    }
}

TEST(in_turn, 1)
{
    CHECK_BALANCED(start_in_turn, NULL, "thirty processes in turn leave nothing behind");
}
