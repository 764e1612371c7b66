/* SPDX-License-Identifier: MIT */
/* smp.h: bringing up the other CPUs. */
#pragma once

#include "kernel/arch/acpi.h"

/*
 * Starts the CPUs of `info` one after the other; each calls entry(id) on its own stack, which must call
 * smp_arrived() early and never return. A CPU that does not arrive in time, and those after it, are
 * left out. allocate_stack returns the top of a new stack, or NULL.
 */
void smp_start(const struct acpi_info *info, void *(*allocate_stack)(void), void (*entry)(uint32_t id));

/* The calling CPU has taken over its stack: the next may be started. Does not return if it came too late. */
void smp_arrived(void);
