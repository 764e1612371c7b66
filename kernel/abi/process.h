/* SPDX-License-Identifier: MIT */
/* process.h: what a program is started with, and how it ended. */
#pragma once

#include <stdint.h>

#include "kernel/abi/handle.h"

#define SPAWN_MAX_PATH    256  /* bytes, with the final NUL */
#define SPAWN_MAX_ARGS    4096 /* bytes of all arguments, with their NULs */
#define SPAWN_MAX_ARGC    64
#define SPAWN_MAX_HANDLES 64
#define PROCESS_NAME_MAX  32

/*
 * A program's entry point gets the user address of this block in rdi. It lies at
 * the top of the first stack; the strings and the handles follow it.
 */
struct start_info {
    uint32_t argc;
    uint32_t handle_count;
    uint64_t argv;    /* user address of argc + 1 user addresses, the last 0 */
    uint64_t handles; /* user address of handle_count handles, in the spawner's order */
};

/* By convention the first handles given to a program are these; HANDLE_INVALID: none. */
enum start_handle {
    START_STDIN = 0,
    START_STDOUT = 1,
    START_SYSTEM = 2,  /* OBJ_SYSTEM */
    START_RESULTS = 3, /* the results port of a graded run */
    START_NAMES = 4,   /* a SEND handle to the name server's port */
    START_ERROR = 5,   /* where complaints go; if there is none, to START_STDOUT */
    START_USER = 6,    /* from here on: between spawner and program */
};

enum exit_reason {
    EXIT_RETURNED = 0, /* process_exit, or its last thread exited: code is its own */
    EXIT_KILLED = 1,   /* process_kill */
    EXIT_FAULT = 2,    /* a processor exception: code is the vector number */
    EXIT_MEMORY = 3,   /* no memory for a page it was entitled to touch */
};

struct exit_info {
    uint32_t reason; /* enum exit_reason */
    int32_t code;
};

/* One row of system_processes. */
struct process_info {
    uint32_t pid;
    uint32_t threads;
    uint32_t handles;
    uint32_t pages;    /* charged pages of user memory */
    uint64_t cpu_time; /* nanoseconds */
    char name[PROCESS_NAME_MAX];
};
