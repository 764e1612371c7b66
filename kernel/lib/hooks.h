/* SPDX-License-Identifier: MIT */
/* hooks.h: what lib/ needs from the layers above it, each implemented where it says. */
#pragma once

#include "kernel/lib/defs.h"

/* drivers: one piece of text to the console, or to the results line; see log.h. */
void log_write(const char *text, size_t length);
void results_write(const char *text, size_t length);

/* drivers: from now on log_write takes no lock, for whoever held it is not coming back. */
void log_break_lock(void);

/* arch: stops every other CPU where it is, for good. */
void arch_stop_others(void);

/* arch: interrupts off on this CPU. */
void arch_quiet(void);

/* sync: prints the spinlocks this CPU holds, and who took them. */
void spinlock_report(void);

/* drivers: ends the run; code is a SHUTDOWN_ value. */
noreturn void machine_shutdown(uint32_t code);
