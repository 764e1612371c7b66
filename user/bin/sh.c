/* SPDX-License-Identifier: MIT */
/*
 * sh.c: the shell.
 *
 * It reads a line, takes it apart and starts the programs it names with duplicates of its own
 * handles, all but the keyboard; between two commands with | a pipe (pipeline.h). The keyboard stays the shell's: while a job runs in the
 * foreground, Ctrl-C ends it and what else is typed waits for the next prompt. A program that
 * wants to read what is typed is started with `input`; then the keyboard is its own until it
 * ends, Ctrl-C included.
 */
#include "user/lib/ctype.h"
#include "user/lib/ipc.h"
#include "user/lib/keyboard.h"
#include "user/lib/line.h"
#include "user/lib/process.h"
#include "user/lib/status.h"
#include "user/lib/stdio.h"
#include "user/lib/stdlib.h"
#include "user/lib/string.h"
#include "user/lib/time.h"
#include "user/lib/words.h"

#define PROMPT   "ponte$ "
#define JOBS_MAX 16

struct job {
    struct pipeline pipeline; /* count 0: the place is free */
    char text[64];            /* the command, for people */
};

static struct job jobs[JOBS_MAX]; /* background jobs; number n stands at n - 1 */
static struct line line;

/* Jobs ------------------------------------------------------------------------- */

/* Says how it ended, unless it ended by itself; returns its exit code, or 1. */
static int report_end(const char *name, const struct exit_info *info)
{
    char text[96];
    if (info->reason == EXIT_RETURNED)
        return info->code;
    exit_describe(info, text, sizeof text);
    printf("%s %s\n", name, text);
    return 1;
}

/* Waits in the foreground; `lent`: the program reads the keyboard itself. */
static int wait_for(const char *name, struct pipeline *pipeline, bool lent)
{
    struct exit_info info;
    status_t st = lent ? pipeline_wait(pipeline, DEADLINE_FOREVER, &info)
                       : keyboard_wait(pipeline, &info);
    if (st < 0) {
        warn("waiting for %s: %s", name, status_text(st));
        return 1;
    }
    return report_end(name, &info);
}

/* Tells which background jobs have ended: before each prompt. */
static void notice_ends(void)
{
    struct exit_info info;
    char text[96];
    for (int i = 0; i < JOBS_MAX; i++) {
        if (jobs[i].pipeline.count == 0 ||
            pipeline_wait(&jobs[i].pipeline, DEADLINE_POLL, &info) < 0)
            continue;
        exit_describe(&info, text, sizeof text);
        printf("[%d] %s %s\n", i + 1, jobs[i].text, text);
    }
}

/* Adds to a job's text what still fits. */
static void describe(struct job *job, const char *before, const char *word)
{
    size_t length = strlen(job->text);
    snprintf(job->text + length, sizeof job->text - length, "%s%s", before, word);
}

static void add_job(const struct pipeline *pipeline, const struct words *commands)
{
    struct job *job = jobs;
    while (job < jobs + JOBS_MAX && job->pipeline.count > 0)
        job++;
    if (job == jobs + JOBS_MAX) {
        warn("%d jobs are as many as I can keep: this one runs on, but is not listed", JOBS_MAX);
        handles_close(pipeline->processes, (size_t)pipeline->count);
        return;
    }
    job->pipeline = *pipeline;
    job->text[0] = '\0';
    for (int i = 0; i < pipeline->count; i++)
        for (int j = 0; j < commands[i].count; j++)
            describe(job, j > 0 ? " " : i > 0 ? " | " : "", commands[i].word[j]);
    printf("[%ld] %s\n", job - jobs + 1, job->text);
}

/*
 * The job that "2" or "%2" names; without a word the latest. NULL, with a message, if there is
 * none.
 */
static struct job *find_job(const char *word)
{
    uint64_t number = 0;
    if (word != NULL && !parse_number(word + (*word == '%'), &number)) {
        warn("a job has a number, not '%s'; `jobs` lists them", word);
        return NULL;
    }
    for (uint64_t i = JOBS_MAX; i > 0; i--)
        if (jobs[i - 1].pipeline.count > 0 && (word == NULL || i == number))
            return &jobs[i - 1];
    if (word != NULL)
        warn("there is no job %s; `jobs` lists them", word);
    else
        warn("there are no background jobs; a & at the end of a command makes one");
    return NULL;
}

static int foreground(struct job *job)
{
    printf("%s\n", job->text);
    return wait_for(job->text, &job->pipeline, false);
}

/* Commands --------------------------------------------------------------------- */

/* How a line is to be run: the words of its first command from `first` on are that command. */
struct launch {
    const struct words *words;
    int first;
    bool timed;
    unsigned give;
};

/* `time` and `input` go before a command and may be combined. */
static bool read_prefixes(struct launch *launch, bool background)
{
    const struct words *words = launch->words;
    for (; launch->first < words->count; launch->first++) {
        if (strcmp(words->word[launch->first], "time") == 0)
            launch->timed = true;
        else if (strcmp(words->word[launch->first], "input") == 0)
            launch->give |= GIVE_STDIN;
        else
            break;
    }
    if (launch->first == words->count) {
        warn("%s goes before a command", words->word[0]);
        return false;
    }
    if (background && launch->first > 0) {
        warn("a background job can be neither timed nor given the keyboard: leave the & out");
        return false;
    }
    return true;
}

static void ask_for_key(void)
{
    printf("(press a key to hand the keyboard over)\n");
}

static int run_pipeline(const struct words *commands, int count)
{
    struct launch launch = { .words = commands, .give = GIVE_STDOUT | GIVE_SYSTEM | GIVE_NAMES };
    struct pipeline pipeline;
    bool background = commands[count - 1].background;
    int failed;
    if (!read_prefixes(&launch, background))
        return 2;
    bool lent = launch.give & GIVE_STDIN;
    if (lent)
        keyboard_lend(ask_for_key);
    uint64_t begin = clock_now();
    status_t st = pipeline_start(commands, count, launch.first, launch.give, &pipeline, &failed);
    if (st < 0) {
        const char *name = commands[failed].word[failed == 0 ? launch.first : 0];
        if (st == ERR_NOT_FOUND)
            warn("there is no command '%s'; `help` tells what there is", name);
        else
            warn("cannot start %s: %s", name, status_text(st));
        return 1;
    }
    if (background) {
        add_job(&pipeline, commands);
        return 0;
    }
    const char *last = commands[count - 1].word[count == 1 ? launch.first : 0];
    int code = wait_for(last, &pipeline, lent);
    if (launch.timed)
        printf("%lu ns\n", clock_now() - begin);
    return code;
}

static int run_program(const struct words *words)
{
    return run_pipeline(words, 1);
}

static int do_exit(const struct words *words)
{
    uint64_t code = 0;
    if (words->count > 1 && !parse_number(words->word[1], &code)) {
        warn("exit takes a number, not '%s'", words->word[1]);
        return 2;
    }
    exit((int)code);
}

static int do_jobs(const struct words *words)
{
    (void)words;
    for (int i = 0; i < JOBS_MAX; i++)
        if (jobs[i].pipeline.count > 0)
            printf("[%d] %s\n", i + 1, jobs[i].text);
    return 0;
}

static int do_fg(const struct words *words)
{
    struct job *job = find_job(words->count > 1 ? words->word[1] : NULL);
    return job != NULL ? foreground(job) : 1;
}

static int do_wait(const struct words *words)
{
    if (words->count > 1)
        return do_fg(words);
    for (int i = 0; i < JOBS_MAX; i++)
        if (jobs[i].pipeline.count > 0)
            foreground(&jobs[i]);
    return 0;
}

/* `kill %n`; ids are the program's business. */
static int do_kill(const struct words *words)
{
    if (words->count < 2 || words->word[1][0] != '%')
        return run_program(words);
    struct job *job = find_job(words->word[1]);
    if (job == NULL)
        return 1;
    pipeline_kill(&job->pipeline);
    return 0;
}

static const struct builtin {
    const char *name;
    int (*run)(const struct words *words);
} builtins[] = {
    { "exit", do_exit }, { "fg", do_fg },           { "input", run_program }, { "jobs", do_jobs },
    { "kill", do_kill }, { "time", run_program },   { "wait", do_wait },
};

static int run_line(char *text)
{
    static struct words commands[COMMANDS_MAX];
    int count = commands_split(commands, text);
    if (count < 0) {
        warn("%s", commands[0].error);
        return 2;
    }
    if (commands[0].count == 0)
        return 0;
    for (size_t i = 0; i < array_size(builtins) && count == 1; i++)
        if (strcmp(commands[0].word[0], builtins[i].name) == 0)
            return builtins[i].run(&commands[0]);
    return run_pipeline(commands, count);
}

/* Completion ------------------------------------------------------------------- */

struct completion {
    const char *word; /* what is there already */
    size_t length;
    unsigned count;   /* candidates that begin so */
    char common[128]; /* what they have in common */
    bool print;
};

static void consider(struct completion *c, const char *candidate)
{
    if (strncmp(candidate, c->word, c->length) != 0)
        return;
    if (c->print) {
        printf("%s  ", candidate);
    } else if (c->count++ == 0) {
        string_copy(c->common, candidate, sizeof c->common);
    } else {
        size_t same = 0;
        while (c->common[same] != '\0' && c->common[same] == candidate[same])
            same++;
        c->common[same] = '\0';
    }
}

/* Commands for a first word without a slash, files otherwise. */
static void consider_all(struct completion *c, bool command)
{
    struct file_info file;
    if (command)
        for (size_t i = 0; i < array_size(builtins); i++)
            if (strcmp(builtins[i].name, "kill") != 0) /* there is a program of that name */
                consider(c, builtins[i].name);
    for (uint64_t i = 0; sys_file_stat(i, &file) >= 0; i++) {
        if (!command)
            consider(c, file.name);
        else if (strncmp(file.name, "bin/", 4) == 0)
            consider(c, file.name + 4);
    }
}

static void complete(struct line *l)
{
    size_t start = l->cursor;
    while (start > 0 && !isspace(l->text[start - 1]))
        start--;
    size_t before = start;
    while (before > 0 && isspace(l->text[before - 1]))
        before--;
    bool first = before == 0 || l->text[before - 1] == '|' || strncmp(l->text, "time ", 5) == 0 ||
                 strncmp(l->text, "input ", 6) == 0;
    struct completion c = { .word = l->text + start, .length = l->cursor - start };
    bool command = first && memchr(c.word, '/', c.length) == NULL;
    consider_all(&c, command);
    size_t more = c.count > 0 ? strlen(c.common) - c.length : 0;
    if (c.count == 1) {
        line_insert(l, c.common + c.length, more);
        line_insert(l, " ", 1);
    } else if (more > 0) {
        line_insert(l, c.common + c.length, more);
    } else if (c.count > 1) {
        printf("\n");
        c.print = true;
        consider_all(&c, command);
        printf("\n");
        line_refresh(l);
    }
}

/* The main loop ---------------------------------------------------------------- */

static void write_terminal(const char *text, size_t length)
{
    print_bytes(text, length);
    flush();
}

/* Edits one line; false at the end of input. */
static bool read_line(void)
{
    line_begin(&line, PROMPT);
    uint8_t byte;
    while (keyboard_next(&byte)) {
        switch (line_feed(&line, byte)) {
        case LINE_MORE:
            break;
        case LINE_DONE:
            line_remember(&line, line.text);
            return true;
        case LINE_INTERRUPTED:
            line_begin(&line, PROMPT);
            break;
        case LINE_END:
            printf("exit\n");
            return false;
        }
    }
    printf("\n");
    return false;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "-c") == 0)
        return run_line(argv[2]);
    if (argc > 1)
        die("usage: sh [-c command]");
    if (start_handle(START_STDIN) == HANDLE_INVALID)
        die("no keyboard was given to this shell; start it as `input sh`");
    line_init(&line, write_terminal, complete);
    for (;;) {
        notice_ends();
        if (!read_line())
            return 0;
        run_line(line.text);
    }
}
