/* SPDX-License-Identifier: MIT */
/*
 * deadlock.h: noticing that nothing can ever happen again.
 *
 * When no thread is ready or running, no timer is armed (but background ones) and
 * nobody waits for input, nothing can wake anyone. The CPU that goes idle last sees
 * this, prints who waits for what, and ends the run (SHUTDOWN_DEADLOCK).
 *
 * While a timer is armed or somebody can still type, one program may be stuck and the machine not. If each of its
 * threads waits, without a deadline, for what only another of them could do (a word of private memory
 * to change, a thread to end), nothing but killing it can ever end that. This too is told, once; the program
 * stays, for it holds what it holds until somebody kills it.
 */
#pragma once

#include "kernel/lib/defs.h"

/* Around a wait for something from outside the machine: +1 before, -1 after. */
void deadlock_expect_input(int change);

/* The idle thread asks before it halts. Returns if something can still happen. */
void deadlock_check(void);

/* From now on there is something to watch: init has been started. */
void deadlock_watch(void);

/* Ends the run (SHUTDOWN_TIMEOUT) with a report when so much guest time has gone by. */
void deadlock_set_budget(uint64_t ns);

/* Prints every blocked thread, what it waits for and its stack; of one program (struct thread's owner), or for NULL all. */
void deadlock_report(const void *owner);
