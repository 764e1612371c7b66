/* SPDX-License-Identifier: MIT */
/* clock.h: the processor's time stamp counter, measured once against a clock of known speed. */
#pragma once

#include "kernel/lib/defs.h"

/* Measures the frequencies of the counter and of the APIC timer. Boot CPU, after apic_enable. */
void arch_clock_init(void);

/* Nanoseconds since arch_clock_init, the same on all CPUs. */
uint64_t arch_clock_ns(void);
