/* SPDX-License-Identifier: MIT */
/*
 * space_fill.c: putting frames where a region says something may be: when a program touches a page for the
 * first time, and when the kernel writes to a program that does not run yet.
 */
#include "kernel/arch/cpu.h"
#include "kernel/arch/trap.h"
#include "kernel/lib/string.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/space_internal.h"

/* The protection at an address: 0 if nothing is mapped. */
static uint32_t protection_at(struct space *space, uint64_t address) HOLDS(space->lock)
{
    struct region *r = region_at(space, address);
    return r != NULL ? r->protection : 0;
}

/*
 * Puts a frame at `page`; takes it over if it does (*frame is then NULL). If another thread was faster, its
 * frame stays. OK, ERR_INVALID_ADDRESS when `need` is not allowed there, ERR_OUT_OF_MEMORY.
 */
static status_t space_fill(struct space *space, uint64_t page, uint32_t need, void **frame)
{
    struct table_stock stock = { .count = 0 };
    status_t st;
    for (;;) {
        spin_lock(&space->lock);
        uint32_t protection = protection_at(space, page);
        st = protection != 0 && (need & ~protection) == 0 ? OK : ERR_INVALID_ADDRESS;
        pte_t *entry = st == OK ? pagetable_walk(space, page, &stock) : NULL;
        if (entry != NULL && !(*entry & PTE_PRESENT)) {
            *entry = pagetable_entry(virt_to_phys(*frame), protection);
            *frame = NULL;
        }
        spin_unlock(&space->lock);
        if (st < 0 || entry != NULL)
            break;
        st = table_stock_add(space, &stock);
        if (st < 0)
            break;
    }
    table_stock_drop(space, &stock);
    return st;
}

/* A user thread's space is always the loaded one, on whatever CPU it runs. */
static struct space *current_space(void)
{
    bool on = interrupts_save();
    struct space *space = this_cpu()->space;
    interrupts_restore(on);
    return space;
}

status_t space_fault(uint64_t address, uint64_t error)
{
    struct space *space = current_space();
    if (space == NULL)
        return ERR_INVALID_ADDRESS;
    uint32_t need = error & FAULT_FETCH ? PROT_EXECUTE : error & FAULT_WRITE ? PROT_WRITE : PROT_READ;
    void *frame = frame_alloc_zeroed();
    if (frame == NULL)
        return ERR_OUT_OF_MEMORY;
    status_t st = space_fill(space, round_down(address, PAGE_SIZE), need, &frame);
    if (frame != NULL)
        frame_put(frame);
    return st;
}

/* The frame at `page`, for the owner to write to; NULL if none is there yet. */
static void *frame_at(struct space *space, uint64_t page)
{
    spin_lock(&space->lock);
    pte_t *entry = pagetable_find(space, page);
    void *frame = entry != NULL && (*entry & PTE_PRESENT) ? pte_table(*entry) : NULL;
    spin_unlock(&space->lock);
    return frame;
}

bool space_peek(struct space *space, uint64_t address, void *to, size_t n)
{
    size_t offset = address % PAGE_SIZE;
    if (address < USER_BASE || address >= USER_END || n > PAGE_SIZE - offset)
        return false;
    const pte_t *entry = pagetable_find(space, address);
    if (entry == NULL || !(*entry & PTE_PRESENT))
        return false;
    memcpy(to, (const char *)pte_table(*entry) + offset, n);
    return true;
}

/* Part of one page. A new frame is zeroed only where `from` does not fill it. */
static status_t write_page(struct space *space, uint64_t address, const void *from, size_t n)
{
    size_t offset = address % PAGE_SIZE;
    uint64_t page = address - offset;
    char *there = frame_at(space, page);
    if (there != NULL) {
        memcpy(there + offset, from, n);
        return OK;
    }
    char *new = frame_alloc(0);
    if (new == NULL)
        return ERR_OUT_OF_MEMORY;
    memset(new, 0, offset);
    memcpy(new + offset, from, n);
    memset(new + offset + n, 0, PAGE_SIZE - offset - n);
    void *frame = new;
    status_t st = space_fill(space, page, 0, &frame);
    if (frame != NULL)
        frame_put(frame);
    return st == ERR_INVALID_ADDRESS ? ERR_NOT_MAPPED : st;
}

status_t space_write(struct space *space, uint64_t address, const void *from, size_t n)
{
    const char *bytes = from;
    while (n > 0) {
        size_t room = PAGE_SIZE - address % PAGE_SIZE;
        size_t now = n < room ? n : room;
        status_t st = write_page(space, address, bytes, now);
        if (st < 0)
            return st;
        address += now;
        bytes += now;
        n -= now;
    }
    return OK;
}
