/* SPDX-License-Identifier: MIT */
/* system.h: figures about the machine, and how a run ends. */
#pragma once

#include <stdint.h>

/*
 * system_info. Whatever a program takes it must give back: the figures from
 * "live" on are the same before and after it. The cache figures are not: memory
 * kept at hand for the next allocation comes and goes.
 */
struct system_info {
    uint64_t seed;         /* from the command line; 0 if none was given */
    uint64_t boot_time;    /* ns from the kernel's first instruction to the first user one */
    uint32_t cpus;
    uint32_t threads_own;  /* of the calling program; one that ends counts until all it had is given back */
    uint64_t frames_total; /* page frames the allocator manages */
    uint64_t frames_free;
    uint64_t frames_boot;  /* frames in use when init started */
    uint64_t cache_bytes;  /* free memory held in the object caches */
    /* live: */
    uint64_t frames_live;  /* frames in use, less those that back the object caches */
    uint64_t objects_live; /* blocks given out by kmalloc */
    uint64_t bytes_live;   /* their size */
    uint64_t handles_live; /* kernel objects' handles, in tables and in flight */
    uint64_t threads_live;
};

/* One row of file_stat: the n-th file of the archive. */
struct file_info {
    uint64_t size; /* bytes */
    char name[120];
};

/*
 * How a run ends. POWEROFF leaves QEMU with status 0. The others go through
 * isa-debug-exit, which makes QEMU's exit status 2 * value + 1.
 */
enum shutdown_code {
    SHUTDOWN_POWEROFF = 0x00,
    SHUTDOWN_PASS = 0x10,     /* QEMU's status 33 */
    SHUTDOWN_FAIL = 0x11,     /* 35 */
    SHUTDOWN_PANIC = 0x12,    /* 37: the kernel's own */
    SHUTDOWN_DEADLOCK = 0x13, /* 39: the kernel's own */
    SHUTDOWN_TIMEOUT = 0x14,  /* 41: the kernel's own, guest-time budget used up */
    SHUTDOWN_FAULT = 0x15,    /* 43: the test program itself was killed by a fault */
    SHUTDOWN_INFRA = 0x16,    /* 45: the run could not be set up */
};
