/* SPDX-License-Identifier: MIT */
/*
 * space_shared.c: regions that map a backing, and the names of words in them.
 *
 * Lock: space->lock, as in space.c.
 */
#include "kernel/mm/space_internal.h"

/* Bytes that one page table of the last level covers. */
#define TABLE_SPAN (PAGE_SIZE * (uint64_t)TABLE_ENTRIES)

/* Whether every page table for the range is there. Those that are made meanwhile stay. */
static bool have_tables(struct space *space, uint64_t start, uint64_t end,
                        struct table_stock *stock) HOLDS(space->lock)
{
    for (uint64_t at = start; at < end; at = round_down(at, TABLE_SPAN) + TABLE_SPAN)
        if (pagetable_walk(space, at, stock) == NULL)
            return false;
    return true;
}

/* The tables are there: this cannot fail. */
static void enter_pages(struct space *space, const struct region *r) HOLDS(space->lock)
{
    pte_t *entry = NULL;
    uint64_t n = r->offset >> PAGE_SHIFT;
    for (uint64_t at = r->start; at < r->end; at += PAGE_SIZE, n++, entry++) {
        if (entry == NULL || at % TABLE_SPAN == 0)
            entry = pagetable_find(space, at);
        *entry = pagetable_entry(virt_to_phys(backing_frame(r->backing, n)), r->protection);
    }
}

/* Finds a place and fills it, in one step; asks for another page table by *more. */
static status_t try_map(struct space *space, struct region **new, uint64_t length,
                        struct table_stock *stock, bool *more)
{
    struct region *r = *new;
    spin_lock(&space->lock);
    uint64_t address = r->start;
    status_t st = region_place(space, &address, length);
    *more = st == OK && !have_tables(space, address, address + length, stock);
    if (st == OK && !*more) {
        r->start = address;
        r->end = address + length;
        enter_pages(space, r);
        *new = region_insert(space, r);
        if (*new == NULL)
            atomic32_add(&space->shared, 1);
        st = (status_t)address;
    }
    spin_unlock(&space->lock);
    return st;
}

status_t space_map_shared(struct space *space, uint64_t address, uint64_t length,
                          uint32_t protection, uint32_t limit, struct backing *backing,
                          uint64_t offset)
{
    /*@ shm.2 Check the range and the protection, make a region that holds a reference of its own
     * to the backing, and try to map it, with another page table each time one is missing. What was
     * not used goes back. */
    struct table_stock stock = { .count = 0 };
    bool more;
    status_t st = space_check_range(address != 0 ? address : USER_MAP_BASE, length);
    if (st == OK)
        st = space_check_protection(protection);
    if (st < 0)
        return st == ERR_INVALID_ADDRESS && address == 0 ? ERR_OUT_OF_MEMORY : st;
    struct region *r = region_new(space, false);
    if (r == NULL)
        return ERR_OUT_OF_MEMORY;
    r->start = address;
    r->protection = protection | PROT_READ;
    r->limit = limit;
    r->backing = backing_get(backing);
    r->offset = offset;
    do {
        st = try_map(space, &r, length, &stock, &more);
        if (more)
            st = table_stock_add(space, &stock);
    } while (more && st == OK);
    table_stock_drop(space, &stock);
    region_free(space, r); /* it was not entered, or merged with a neighbour */
    return st;
    /*@ end => return lab_todo("shm.2"); */
}

/* Whether private memory lies in [address, end). */
static bool private_there(struct space *space, uint64_t address, uint64_t end) HOLDS(space->lock)
{
    for (struct region *r = region_after(space, address); r != NULL && r->start < end;
         r = region_next(space, r))
        if (r->backing == NULL)
            return true;
    return false;
}

status_t space_unmap_shared(struct space *space, uint64_t address, uint64_t length)
{
    /*@ shm.3 Under the lock: refuse if private memory is among it, else take it all out. Without
     * the lock: make every CPU forget it, and only then give it up. */
    struct unmapping u;
    status_t st = unmapping_begin(space, address, length, &u);
    if (st < 0)
        return st;
    spin_lock(&space->lock);
    if (private_there(space, address, address + length))
        st = ERR_NOT_MAPPED;
    else
        unmapping_take(space, address, address + length, &u);
    spin_unlock(&space->lock);
    if (!list_empty(&u.regions))
        tlb_shoot_down(&space->users); /* the frames may be another's as soon as they are given up (S11) */
    unmapping_end(space, &u);
    return st;
    /*@ end => return lab_todo("shm.3"); */
}

/* Without shared memory no region need be looked for: that somebody is just mapping some is the program's own affair. */
status_t space_name_word(struct space *space, uint64_t address, uint64_t *object, uint64_t *offset)
{
    status_t st = OK;
    *object = space->number;
    *offset = address;
    if (likely(atomic32_load(&space->shared) == 0))
        return OK;
    spin_lock(&space->lock);
    const struct region *r = region_at(space, address);
    if (r == NULL)
        st = ERR_INVALID_ADDRESS;
    else if (r->backing != NULL) {
        *object = r->backing->number;
        *offset = r->offset + (address - r->start);
    }
    spin_unlock(&space->lock);
    return st;
}
