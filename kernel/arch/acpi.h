/* SPDX-License-Identifier: MIT */
/* acpi.h: which CPUs there are, and where the interrupt controllers are. */
#pragma once

#include "kernel/arch/cpu.h"

struct acpi_info {
    uint32_t cpu_count;
    uint32_t apic_ids[MAX_CPUS]; /* the first is not necessarily the boot CPU's */
    uint64_t local_apic;         /* physical */
    uint64_t io_apic;            /* physical; 0: none */
};

/*
 * Finds the MADT from the RSDP (0: searched for where BIOSes put it). If there is none, one CPU
 * and the usual addresses are assumed.
 */
struct acpi_info acpi_read(uint64_t rsdp);
