/* SPDX-License-Identifier: MIT */
/* start.h: what the library's own files share about a program's beginning and end. */
#pragma once

#include "user/lib/thread.h"

/* What the kernel gave the program; set before main. */
extern const struct start_info *start_info;

/* The first thread's. */
extern struct thread first_thread;

/*
 * Sends out what is buffered; NULL in a program that does not print. Set by stdio.c, called at
 * exit.
 */
extern int (*exit_flush)(void);

/* start.S: a thread begins here with its struct thread in rdi. */
void thread_entry(void);

/* Sets *ended to 1, wakes who waits for that, and ends the thread, whose stack may be gone by then. */
_Noreturn void thread_leave(uint32_t *ended, int64_t code);
