/* SPDX-License-Identifier: MIT */
/*
 * init.c: the first program.
 *
 * Started with words after the kernel command line's "--", it runs them as one command and ends the
 * machine with what came of it: a graded run. Started without, it starts the name server and the
 * shell, starts the shell again if it dies, and switches off when the shell is left.
 */
#include "user/lib/ipc.h"
#include "user/lib/process.h"
#include "user/lib/status.h"
#include "user/lib/stdio.h"
#include "user/lib/time.h"

#define NAMES_CAPACITY 64 /* requests that may wait for the name server */
#define QUICK_DEATHS   3  /* a shell that cannot live is given up */

/* Test programs exit so when a run could not be set up. */
#define EXIT_CODE_INFRA 2

_Noreturn static void shut_down(enum shutdown_code code)
{
    flush();
    sys_system_shutdown(start_handle(START_SYSTEM), code);
    die("the machine cannot be shut down");
}

/* What a test program gets to see of the machine: enough to look, not enough to end its own run. */
static status_t system_to_look_at(void)
{
    return sys_handle_duplicate(start_handle(START_SYSTEM),
                                RIGHT_READ | RIGHT_DUPLICATE | RIGHT_TRANSFER);
}

static status_t start_command(const char *const argv[])
{
    handle_t handles[START_NAMES] = { HANDLE_INVALID };
    static const enum start_handle places[] = { START_STDIN, START_STDOUT, START_RESULTS };
    status_t st = OK;
    for (size_t i = 0; i < array_size(places); i++) {
        handle_t own = start_handle(places[i]);
        if (own == HANDLE_INVALID)
            continue;
        st = sys_handle_duplicate(own, RIGHTS_SAME);
        if (st < 0)
            goto close;
        handles[places[i]] = (handle_t)st;
    }
    st = system_to_look_at();
    if (st < 0)
        goto close;
    handles[START_SYSTEM] = (handle_t)st;
    st = process_spawn(argv[0], argv, handles, array_size(handles));
    if (st >= 0)
        return st;
close:
    handles_close(handles, array_size(handles));
    return st;
}

static enum shutdown_code verdict(const struct exit_info *info)
{
    if (info->reason == EXIT_FAULT)
        return SHUTDOWN_FAULT;
    if (info->reason != EXIT_RETURNED)
        return SHUTDOWN_FAIL;
    if (info->code == EXIT_CODE_INFRA)
        return SHUTDOWN_INFRA;
    return info->code == 0 ? SHUTDOWN_PASS : SHUTDOWN_FAIL;
}

_Noreturn static void run_command(const char *const argv[])
{
    struct exit_info info;
    char text[80];
    status_t process = start_command(argv);
    if (process < 0) {
        warn("cannot start %s: %s (%s)", argv[0], status_text(process), status_name(process));
        shut_down(SHUTDOWN_INFRA);
    }
    status_t st = process_finish((handle_t)process, DEADLINE_FOREVER, &info);
    if (st < 0) {
        warn("cannot wait for %s: %s", argv[0], status_text(st));
        shut_down(SHUTDOWN_INFRA);
    }
    if (info.reason != EXIT_RETURNED || info.code != 0) {
        exit_describe(&info, text, sizeof text);
        warn("%s %s", argv[0], text);
    }
    shut_down(verdict(&info));
}

/* The name server; returns a SEND handle to its port. */
static status_t start_names(void)
{
    static const char *const argv[] = { "bin/namesrv", NULL };
    status_t port = sys_port_create(NAMES_CAPACITY);
    if (port < 0)
        return port;
    handle_t receive = (handle_t)port;
    status_t sender = port_sender(receive);
    if (sender < 0)
        goto close;
    /* In a starter ports may be there and receiving still an exercise: better to hear of it now than from the server. */
    status_t st = port_recv(receive, NULL, NULL, 0, NULL, 0, DEADLINE_POLL);
    if (st != ERR_TIMED_OUT) {
        sys_handle_close((handle_t)sender);
        sender = st;
        goto close;
    }
    status_t process = process_start(argv[0], argv, GIVE_STDOUT, &receive, 1);
    if (process >= 0) {
        sys_handle_close((handle_t)process); /* nobody waits for it */
        return sender;
    }
    sys_handle_close((handle_t)sender);
    sender = process;
close:
    sys_handle_close(receive);
    return sender;
}

/* A shell with everything init has, and the name server. */
static status_t start_shell(handle_t names)
{
    static const char *const argv[] = { "bin/sh", NULL };
    handle_t handles[START_USER] = { HANDLE_INVALID };
    status_t st = OK;
    for (unsigned place = 0; place < START_USER; place++) {
        handle_t own = place == START_NAMES ? names : start_handle(place);
        if (own == HANDLE_INVALID || place == START_RESULTS)
            continue;
        st = sys_handle_duplicate(own, RIGHTS_SAME);
        if (st < 0)
            goto close;
        handles[place] = (handle_t)st;
    }
    st = process_spawn(argv[0], argv, handles, array_size(handles));
    if (st >= 0)
        return st;
close:
    handles_close(handles, array_size(handles));
    return st;
}

/* Runs one shell; true if it was left, false if it died. */
static bool run_shell(handle_t names)
{
    struct exit_info info;
    char text[80];
    status_t shell = start_shell(names);
    if (shell < 0) {
        warn("cannot start the shell: %s (%s)", status_text(shell), status_name(shell));
        return false;
    }
    status_t st = process_finish((handle_t)shell, DEADLINE_FOREVER, &info);
    if (st >= 0 && info.reason == EXIT_RETURNED)
        return true;
    if (st >= 0) {
        exit_describe(&info, text, sizeof text);
        warn("the shell %s; here is a new one", text);
    }
    return false;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        run_command((const char *const *)argv + 1);

    printf("\nPonte, a teaching kernel about communication between processes.\n"
           "Type help for what there is to try.\n\n");
    status_t names = start_names();
    if (names < 0)
        warn("there is no name server: %s", status_text(names));
    unsigned deaths = 0;
    for (;;) {
        uint64_t begin = clock_now();
        if (run_shell(names < 0 ? HANDLE_INVALID : (handle_t)names))
            shut_down(SHUTDOWN_POWEROFF);
        deaths = clock_now() - begin < NS_PER_S ? deaths + 1 : 0;
        if (deaths == QUICK_DEATHS) {
            warn("the shell dies as soon as it starts: giving up");
            shut_down(SHUTDOWN_INFRA);
        }
    }
}
