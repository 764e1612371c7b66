/* SPDX-License-Identifier: MIT */
/*
 * kernel_shell.c: the shell's pipelines and the tools in them, as a person would type them.
 *
 * Each line is given to `sh -c` with a pipe for its output, which is read to its end: so a pipe's end that the shell
 * or a program forgot to close shows as a case that never ends.
 */
#include "user/lib/stdlib.h"
#include "user/test/pipe_support.h"

static char said[65536];

/* Runs a line; what it said stands in `said`. Returns its exit code. */
static int shell(const char *line)
{
    const char *argv[] = { "bin/sh", "-c", line, NULL };
    struct pipe pipe = make_pipe();
    handle_t handles[START_USER] = { HANDLE_INVALID };
    handles[START_STDOUT] = pipe.write;
    handle_t process = (handle_t)NEED(process_spawn(argv[0], argv, handles, START_USER));
    size_t length = 0;
    status_t n;
    while ((n = sys_pipe_read(pipe.read, said + length, sizeof said - 1 - length, DEADLINE_FOREVER)) > 0)
        length += (size_t)n;
    NEED(n);
    said[length] = '\0';
    NEED(sys_handle_close(pipe.read));
    return finish(process).code;
}

static void expect(const char *line, int code, const char *text)
{
    int came = shell(line);
    CHECK_EQ(came, code, "exit code of: %s", line);
    CHECK(strcmp(said, text) == 0, "output of: %s (%.200s)", line, said);
}

TEST(pipelines, 13 * 2)
{
    expect("echo hello", 0, "hello\n");
    expect("yes | head -3", 0, "y\ny\ny\n");
    expect("yes | head -3 | wc", 0, "       3       3       6\n");
    expect("yes no | head -n 2|wc -l", 0, "       2\n");
    expect("echo a | cat | cat | cat | cat | cat | cat | cat | cat", 0, "a\n");
    expect("echo one two | wc -w | cat", 0, "       2\n");
    expect("echo one | grep -v one", 1, "");
    expect("echo one | grep -n 'o.e$'", 0, "1:one\n");
    expect("yes abc | head -5 | sort -u", 0, "abc\n");
    expect("echo 'a|b' \\| \"c|d\"", 0, "a|b | c|d\n");
    expect("false | true", 0, "");
    expect("true | false", 1, "");
    expect("echo x | tee | wc -c", 0, "x\n       2\n");
}

TEST(mistakes, 8 * 2)
{
    static const char *const bar = "sh: a command goes before and after |\n";
    expect("| wc", 2, bar);
    expect("wc |", 2, bar);
    expect("yes || wc", 2, bar);
    expect("yes & | wc", 2, "sh: & goes at the end of the last command\n");
    expect("yes | nosuch", 1, "sh: there is no command 'nosuch'; `help` tells what there is\n");
    expect("nosuch | wc", 1, "sh: there is no command 'nosuch'; `help` tells what there is\n");
    expect("echo x | cat nosuch", 1, "cat: there is no file 'nosuch'; `ls` lists them\n");
    expect("cat | wc -l", 0, "cat: nothing to read: name a file, put it behind a |, or start it with `input`\n       0\n");
}

/* Numbers that follow from a seed, one a line: what goes into the pipeline below. */
ROLE(numbers)
{
    uint64_t state = strtoul(argv[0], NULL, 10);
    for (int i = 0; i < 500; i++)
        printf("%lu\n", test_random(&state) % 100000);
    return 0;
}

/* The host sorts them too. */
TEST(sorted, 2)
{
    char line[128];
    unsigned long seed = test_seed() & 0xffffffff;
    snprintf(line, sizeof line, "test/kernel_shell @numbers %lu | sort -n | head -20 | cat", seed);
    CHECK_EQ(shell(line), 0, "500 numbers are sorted, and the first 20 shown");
    for (char *c = said; *c != '\0'; c++)
        if (*c == '\n')
            *c = c[1] != '\0' ? ' ' : '\0';
    ANSWER("first", "%s", said);
    snprintf(line, sizeof line, "test/kernel_shell @numbers %lu | grep 7 | wc -l", seed);
    CHECK_EQ(shell(line), 0, "and those with a 7 are counted");
    ANSWER("sevens", "%lu", strtoul(said + strspn(said, " "), NULL, 10));
}

static void run_and_forget(void *argument)
{
    (void)argument;
    for (int i = 0; i < 3; i++) {
        shell("yes | head -3 | wc");
        shell("yes | nosuch");
        shell("ls | sort | grep bin | head -1");
    }
}

TEST(no_leak, 1)
{
    CHECK_BALANCED(run_and_forget, NULL, "pipelines that end early, or do not begin, leave nothing behind");
}
