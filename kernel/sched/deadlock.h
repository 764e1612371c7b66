/* SPDX-License-Identifier: MIT */
/*
 * deadlock.h: noticing that nothing can ever happen again.
 *
 * When no thread is ready or running, no timer is armed (but background ones) and
 * nobody waits for input, nothing can wake anyone. The CPU that goes idle last sees
 * this, prints who waits for what, and ends the run (SHUTDOWN_DEADLOCK).
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

/* Prints every blocked thread, what it waits for and its stack. */
void deadlock_report(void);
