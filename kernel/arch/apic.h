/* SPDX-License-Identifier: MIT */
/* apic.h: the local APIC (timer, interrupts between CPUs) and the I/O APIC (SDM volume 3, 11). */
#pragma once

#include "kernel/lib/defs.h"

/* Once, on the boot CPU: physical addresses of the registers; io_apic 0: none. */
void apic_init(uint64_t local_apic, uint64_t io_apic);

/* On each CPU: enables its local APIC. */
void apic_enable(void);

/* This CPU's APIC id. */
uint32_t apic_id(void);

/* The interrupt in service is done with. */
void apic_eoi(void);

/* Sends `vector` to the CPU with this APIC id. Interrupts off. */
void apic_send(uint32_t target, uint32_t vector);

/* Sends a non-maskable interrupt to all other CPUs. */
void apic_send_nmi_others(void);

/* Starts another CPU at a page below 1 MiB (INIT, then the start-up interrupt twice). */
void apic_start_cpu(uint32_t target, uint32_t page);

/* VECTOR_TIMER comes after `ns` nanoseconds (at least 1), once; replaces an earlier request. */
void apic_timer_arm(uint64_t ns);

/* Counts the timer's ticks: for calibration. */
void apic_timer_count_from(uint32_t start);
uint32_t apic_timer_count(void);
void apic_timer_set_frequency(uint64_t hertz);

/* Routes an ISA interrupt to the CPU with this APIC id. */
void ioapic_route(uint32_t line, uint32_t vector, uint32_t target);
