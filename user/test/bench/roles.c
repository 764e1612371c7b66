/* SPDX-License-Identifier: MIT */
/* roles.c: what this program does when bench_process_start starts it again. */
#include "user/test/bench/roles.h"

static const struct {
    const char *name;
    int (*run)(const char *argument);
} roles[] = {
    { "echo_bytes", echo_bytes },
    { "drain_bytes", drain_bytes },
    { "echo_messages", echo_messages },
    { "echo_calls", echo_calls },
    { "answer_turns", answer_turns },
    { "run_pair", run_pair },
};

int bench_role(const char *role, const char *argument)
{
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (strcmp(roles[i].name, role) == 0)
            return roles[i].run(argument);
    return 2;
}
