/* SPDX-License-Identifier: MIT */
/* smp.h: bringing up the other CPUs. */
#pragma once

#include "kernel/arch/acpi.h"

/*
 * Starts the CPUs of `info` one after the other, up to `limit` in all; each calls entry(id) on its
 * own stack, which must call smp_arrived() early and never return. A CPU that does not arrive
 * is left out. `allocate` gives KERNEL_STACK-sized stacks, returning the top.
 */
void smp_start(const struct acpi_info *info, void *(*allocate_stack)(void), void (*entry)(uint32_t id));

/* The calling CPU has taken over its stack: the next may be started. */
void smp_arrived(void);
