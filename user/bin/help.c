/* SPDX-License-Identifier: MIT */
/* help.c: what there is to try. */
#include "user/lib/stdio.h"

static const struct {
    const char *command, *text;
} lines[] = {
    { NULL, "Commands" },
    { "ls [-l] [path...]", "the files: all of them, or those under a path" },
    { "cat [-r] file...", "print files: `cat README`; `input cat` repeats what you type" },
    { "wc [-lwc] [file...]", "count lines, words, bytes" },
    { "head [-n lines] [file...]", "the first lines; `head -3` too" },
    { "grep [-vinc] pattern [file...]", "the lines with a pattern: ^ $ . * have a meaning" },
    { "sort [-rnu] [file...]", "lines in order" },
    { "tee", "pass on what is read, and show it: in the middle of a pipeline" },
    { "yes [words...]", "say so until nobody listens: `yes | head -3`" },
    { "echo words...", "print words" },
    { "ps", "the processes" },
    { "kill pid...", "end processes" },
    { "mem", "memory, kernel objects, handles, threads" },
    { "uptime", "how long the machine has been running" },
    { "sleep seconds", "wait" },
    { "true, false", "succeed, fail" },
    { "shutdown", "switch the machine off" },
    { NULL, "Demonstrations" },
    { "pingpong [-n rounds] [-s size]", "two processes, a port each way, and a handle that travels" },
    { "lender [bytes...]", "a server that hands out shared memory over a channel" },
    { "prodcons [-p n] [-n records]", "producers and a consumer, over a pipe" },
    { "ring [-n records]", "a ring in shared memory, two processes, futexes" },
    { "philosophers [-d] [-n meals]", "five forks; with -d a dead-lock, and what the kernel says of it" },
    { "namesrv", "a name server: how unrelated programs find each other" },
    { "names list", "ask the machine's own name server; also `publish`, `ask`" },
    { "test/NAME [case]", "a lab's tests (`ls test`); alone they list their cases" },
    { NULL, "The shell itself" },
    { "command | command", "the second reads what the first writes; any number of them" },
    { "command &", "run in the background" },
    { "jobs, fg [n], wait, kill %n", "background jobs: list, wait for one, for all, end one" },
    { "time command", "run it and say how long it took" },
    { "input command", "run it with the keyboard: it reads what you type, Ctrl-C too" },
    { "exit", "leave the shell; leaving the first one switches the machine off" },
    { NULL, "Keys: Tab completes, Up and Down recall, Ctrl-C ends the foreground command" },
};

int main(void)
{
    for (size_t i = 0; i < array_size(lines); i++) {
        if (lines[i].command == NULL)
            printf("%s%s\n", i > 0 ? "\n" : "", lines[i].text);
        else
            printf("  %-32s %s\n", lines[i].command, lines[i].text);
    }
    return 0;
}
