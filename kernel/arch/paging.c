/* SPDX-License-Identifier: MIT */
/* paging.c: the kernel's half of the address space, built once at boot. */
#include "kernel/arch/paging.h"

#include "kernel/arch/io.h"
#include "kernel/arch/pvh.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"

#define LARGE_SIZE 0x200000ull

extern char kernel_text_start[], kernel_text_end[], kernel_rodata_end[], kernel_end[];

static pte_t *top;
static uint64_t root; /* physical address of top */
static void *(*take)(void);

/* The entry for `address` in the table of `level`, making the tables above it. */
static pte_t *walk(uint64_t address, int level)
{
    pte_t *table = top;
    for (int at = 3; at > level; at--) {
        pte_t *entry = &table[pte_index(address, at)];
        if (!(*entry & PTE_PRESENT)) {
            void *new = take();
            if (new == NULL)
                panic("no memory for the kernel's page tables");
            *entry = virt_to_phys(new) | PTE_PRESENT | PTE_WRITE;
        }
        table = pte_table(*entry);
    }
    return &table[pte_index(address, level)];
}

static uint64_t image_physical(const char *address)
{
    return (uint64_t)address - KERNEL_BASE;
}

/* What the direct map allows: the kernel's code and constants stay read-only there too. */
static pte_t direct_protection(uint64_t physical)
{
    bool constant = physical >= image_physical(kernel_text_start) &&
                    physical < image_physical(kernel_rodata_end);
    return PTE_PRESENT | PTE_GLOBAL | PTE_NX | (constant ? 0 : PTE_WRITE);
}

static void map_direct(uint64_t start, uint64_t end)
{
    uint64_t image_end = round_up(image_physical(kernel_end), LARGE_SIZE);
    for (uint64_t at = round_down(start, LARGE_SIZE); at < end; at += LARGE_SIZE) {
        if (at >= image_end) {
            *walk(at + DIRECT_MAP, 1) = at | PTE_LARGE | direct_protection(at);
            continue;
        }
        for (uint64_t page = at; page < at + LARGE_SIZE; page += PAGE_SIZE)
            *walk(page + DIRECT_MAP, 0) = page | direct_protection(page);
    }
}

static void map_image(const char *from, const char *to, pte_t protection)
{
    for (uint64_t at = (uint64_t)from; at < (uint64_t)to; at += PAGE_SIZE)
        *walk(at, 0) = (at - KERNEL_BASE) | PTE_PRESENT | PTE_GLOBAL | protection;
}

void paging_init(void *(*allocate)(void))
{
    take = allocate;
    top = take();
    if (top == NULL)
        panic("no memory for the kernel's page tables");
    root = virt_to_phys(top);
    map_direct(0, 0x100000); /* the trampoline and the BIOS's tables */
    for (unsigned i = 0; i < boot_info.memory_count; i++)
        map_direct(boot_info.memory[i].start, boot_info.memory[i].end);
    map_direct(boot_info.module_start, boot_info.module_end);
    map_image(kernel_text_start, kernel_text_end, 0);
    map_image(kernel_text_end, kernel_rodata_end, PTE_NX);
    map_image(kernel_rodata_end, kernel_end, PTE_NX | PTE_WRITE);
    write_cr3(root);
}

volatile void *paging_map_device(uint64_t physical)
{
    uint64_t address = physical + DIRECT_MAP;
    *walk(address, 0) = physical | PTE_PRESENT | PTE_WRITE | PTE_NX | PTE_GLOBAL | PTE_NOCACHE;
    paging_flush_page(address);
    return (volatile void *)address;
}

void paging_load_kernel(void)
{
    write_cr3(root);
}

void paging_share_kernel(pte_t *new)
{
    memcpy(new + KERNEL_HALF, top + KERNEL_HALF, (TABLE_ENTRIES - KERNEL_HALF) * sizeof(pte_t));
}
