/* SPDX-License-Identifier: MIT */
/* process.c: other programs, the cheapest way that Linux has: vfork and exec. */
#include "user/test/bench/bench.h"

/* What no child may lose to a dup2 before its turn: copies of its ends, above all places they go to. */
#define ABOVE 64

bench_process bench_process_start(const char *role, const char *argument, const bench_end *ends,
                                  size_t count)
{
    char *argv[] = { "/init", "role", (char *)role, (char *)argument, NULL };
    bench_end copies[8];
    for (size_t i = 0; i < count; i++) {
        copies[i] = (bench_end)bench_check("dup", fcntl(ends[i], F_DUPFD_CLOEXEC, ABOVE));
        bench_close(ends[i]);
    }
    bench_process child = (bench_process)bench_check("vfork", vfork());
    if (child == 0) {
        for (size_t i = 0; i < count; i++)
            dup2(copies[i], START_END + (int)i);
        execv(argv[0], argv);
        _exit(2);
    }
    for (size_t i = 0; i < count; i++)
        bench_close(copies[i]);
    return child;
}

void bench_process_finish(bench_process process)
{
    int status;
    bench_check("waitpid", waitpid(process, &status, 0));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "the other process: status %#x\n", (unsigned)status);
        exit(2);
    }
}

void bench_process_stop(bench_process process)
{
    int status;
    bench_check("kill", kill(process, SIGKILL));
    bench_check("waitpid", waitpid(process, &status, 0));
    if (!WIFSIGNALED(status)) {
        fprintf(stderr, "the other process ended early: status %#x\n", (unsigned)status);
        exit(2);
    }
}

void bench_spawn_and_wait(void)
{
    char *argv[] = { "/true", NULL };
    bench_process child = (bench_process)bench_check("vfork", vfork());
    if (child == 0) {
        execv(argv[0], argv);
        _exit(2);
    }
    bench_process_finish(child);
}
