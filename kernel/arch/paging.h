/* SPDX-License-Identifier: MIT */
/*
 * paging.h: page table entries, and the kernel's own half of every address space.
 *
 * All physical memory appears at DIRECT_MAP, writable and not executable, so the kernel
 * reaches any frame by adding a constant; the kernel's image appears at KERNEL_BASE with
 * the protection of each part. Both lie in two entries of the top table that all
 * address spaces share.
 */
#pragma once

#include "kernel/abi/layout.h"
#include "kernel/arch/offsets.h"
#include "kernel/lib/defs.h"

/* Page table entry (SDM volume 3, 4.5). */
typedef uint64_t pte_t;

#define PTE_PRESENT ((pte_t)1 << 0)
#define PTE_WRITE   ((pte_t)1 << 1)
#define PTE_USER    ((pte_t)1 << 2)
#define PTE_NOCACHE ((pte_t)3 << 3)
#define PTE_LARGE   ((pte_t)1 << 7)
#define PTE_GLOBAL  ((pte_t)1 << 8)
#define PTE_NX      ((pte_t)1 << 63)
#define PTE_ADDRESS ((pte_t)0x000ffffffffff000)

#define TABLE_ENTRIES 512
#define KERNEL_HALF   256 /* first entry of the top table that is the kernel's */

static inline void *phys_to_virt(uint64_t physical)
{
    return (void *)(physical + DIRECT_MAP);
}

/* Only for addresses in the direct map. */
static inline uint64_t virt_to_phys(const void *address)
{
    return (uint64_t)address - DIRECT_MAP;
}

/* The table that an entry points to. */
static inline pte_t *pte_table(pte_t entry)
{
    return phys_to_virt(entry & PTE_ADDRESS);
}

/* Index into the table of `level` (3 is the top, 0 the last) for an address. */
static inline unsigned pte_index(uint64_t address, int level)
{
    return (address >> (PAGE_SHIFT + 9 * level)) & (TABLE_ENTRIES - 1);
}

/* Builds the kernel's page tables and loads them; `allocate` gives zeroed frames. */
void paging_init(void *(*allocate)(void));

/* Loads the kernel's own page tables on this CPU. */
void paging_load_kernel(void);

/* Maps a page of device registers into the direct map, uncached. Boot only. */
volatile void *paging_map_device(uint64_t physical);

/* Gives a new top table the kernel's half. */
void paging_share_kernel(pte_t *top);

/* Forgets one translation on this CPU. */
static inline void paging_flush_page(uint64_t address)
{
    __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}
