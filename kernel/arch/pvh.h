/* SPDX-License-Identifier: MIT */
/* pvh.h: what the loader tells the kernel. */
#pragma once

#include "kernel/lib/defs.h"

#define BOOT_RANGES_MAX  32
#define BOOT_CMDLINE_MAX 1024

struct boot_range {
    uint64_t start, end; /* physical; usable memory, page aligned */
};

/* A copy: the loader's own structures may be overwritten afterwards. */
struct boot_info {
    struct boot_range memory[BOOT_RANGES_MAX];
    unsigned memory_count;
    uint64_t module_start, module_end; /* physical; the archive */
    uint64_t rsdp;                     /* physical; 0: unknown */
    char cmdline[BOOT_CMDLINE_MAX];
};

extern struct boot_info boot_info;

/* Reads the start info at this physical address; panics if it is not one. */
void pvh_read(uint64_t start_info);
