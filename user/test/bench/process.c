/* SPDX-License-Identifier: MIT */
/* process.c: the other processes, on Ponte. */
#include "user/test/bench/bench.h"

bench_process bench_process_start(const char *role, const char *argument, const bench_end *ends,
                                  size_t count)
{
    const char *argv[] = { program_path(), "role", role, argument, NULL };
    return (bench_process)bench_check("starting the other process",
                                      process_start(program_path(), argv, GIVE_STDOUT, ends, count));
}

static void expect_end(bench_process process, uint32_t reason)
{
    struct exit_info info;
    char text[80];
    bench_check("waiting for a process", process_finish(process, DEADLINE_FOREVER, &info));
    if (info.reason != reason || info.code != 0) {
        exit_describe(&info, text, sizeof text);
        warn("the other process %s", text);
        exit(2);
    }
}

void bench_process_finish(bench_process process)
{
    expect_end(process, EXIT_RETURNED);
}

void bench_process_stop(bench_process process)
{
    bench_check("stopping a process", sys_process_kill(process));
    expect_end(process, EXIT_KILLED);
}

void bench_spawn_and_wait(void)
{
    static const char *const argv[] = { "bin/true", NULL };
    bench_process_finish((bench_process)bench_check("spawning", process_spawn(argv[0], argv, NULL, 0)));
}
