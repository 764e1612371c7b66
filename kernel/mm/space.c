/* SPDX-License-Identifier: MIT */
/*
 * space.c: what may be where; see space.h. What is there is filled in by space_fill.c; the
 * tables underneath are in pagetable.c.
 *
 * The list of regions itself is region.c's, what is shared space_shared.c's.
 *
 * Lock: space->lock, rank SPACE: regions and page tables. What a change needs is
 * allocated before the lock is taken and what it frees is freed after, for frames that
 * were mapped only when every CPU has forgotten them.
 *
 * Invariant: regions are sorted and do not overlap. A present page table entry lies inside a region and allows no more than it.
 */
#include "kernel/mm/space.h"

#include "kernel/lib/panic.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/kmalloc.h"
#include "kernel/mm/space_internal.h"

static atomic64_t last_number;

/* Each page costs its frame; regions and tables are small change, charged as they come. */
static status_t charge_pages(struct space *space, uint64_t pages)
{
    status_t st = account_charge(space->account, pages * PAGE_SIZE);
    if (st < 0)
        return st;
    st = frame_promise(pages);
    if (st < 0)
        account_uncharge(space->account, pages * PAGE_SIZE);
    else
        atomic64_add(&space->pages, (int64_t)pages);
    return st;
}

static void uncharge_pages(struct space *space, uint64_t pages)
{
    frame_unpromise(pages);
    account_uncharge(space->account, pages * PAGE_SIZE);
    atomic64_add(&space->pages, -(int64_t)pages);
}

struct space *space_new(struct account *account)
{
    struct space *space = kzalloc(sizeof *space);
    if (space == NULL)
        return NULL;
    if (account_charge(account, PAGE_SIZE) < 0)
        goto free;
    pte_t *top = frame_alloc_zeroed();
    if (top == NULL)
        goto uncharge;
    paging_share_kernel(top);
    space->top = top;
    space->number = WORD_PRIVATE | atomic64_add(&last_number, 1);
    space->refs.value = 1;
    space->account = account_get(account);
    spinlock_init(&space->lock, RANK_SPACE, "address space");
    list_init(&space->regions);
    return space;

uncharge:
    account_uncharge(account, PAGE_SIZE);
free:
    kfree(space);
    return NULL;
}

/* Nobody uses the space any more: for order's sake under the lock. */
static void forget_shared(struct space *space)
{
    spin_lock(&space->lock);
    list_for_each(link, &space->regions) {
        const struct region *r = list_entry(link, struct region, link);
        if (r->backing != NULL)
            pagetable_forget(space, r->start, r->end);
    }
    spin_unlock(&space->lock);
}

void space_put(struct space *space)
{
    if (atomic32_add(&space->refs, -1) != 0)
        return;
    tlb_shoot_down(&space->users); /* idle CPUs may still have the root loaded */
    assert_cmp(space->users.cpus.value, ==, 0);
    forget_shared(space); /* what it maps is not its own to free (S13) */
    pagetable_free(space);
    while (!list_empty(&space->regions)) {
        struct region *r = list_entry(space->regions.next, struct region, link);
        list_remove(&r->link);
        if (r->backing == NULL)
            uncharge_pages(space, (r->end - r->start) >> PAGE_SHIFT);
        region_free(space, r);
    }
    account_put(space->account);
    kfree(space);
}

uint64_t space_pages(struct space *space)
{
    return atomic64_load(&space->pages);
}

status_t space_check_range(uint64_t address, uint64_t length)
{
    if (length == 0 || address % PAGE_SIZE != 0 || length % PAGE_SIZE != 0)
        return ERR_INVALID_ARGUMENT;
    if (address < USER_BASE || address >= USER_END || length > USER_END - address)
        return ERR_INVALID_ADDRESS;
    return OK;
}

status_t space_check_protection(uint32_t protection)
{
    if (protection == 0 || protection & ~(uint32_t)(PROT_READ | PROT_WRITE | PROT_EXECUTE))
        return ERR_INVALID_ARGUMENT;
    if ((protection & PROT_WRITE) && (protection & PROT_EXECUTE))
        return ERR_INVALID_ARGUMENT;
    return OK;
}

status_t space_map(struct space *space, uint64_t address, uint64_t length, uint32_t protection)
{
    status_t st = space_check_range(address != 0 ? address : USER_MAP_BASE, length);
    if (st == OK)
        st = space_check_protection(protection);
    if (st < 0)
        return st == ERR_INVALID_ADDRESS && address == 0 ? ERR_OUT_OF_MEMORY : st;
    uint64_t pages = length >> PAGE_SHIFT;
    st = charge_pages(space, pages);
    if (st < 0)
        return st;
    struct region *spare = region_new(space, false);
    if (spare == NULL) {
        uncharge_pages(space, pages);
        return ERR_OUT_OF_MEMORY;
    }
    protection |= PROT_READ; /* the page tables cannot do without */

    spin_lock(&space->lock);
    st = region_place(space, &address, length);
    if (st == OK) {
        spare->start = address;
        spare->end = address + length;
        spare->protection = protection;
        spare = region_insert(space, spare);
    }
    spin_unlock(&space->lock);
    region_free(space, spare);
    if (st < 0)
        uncharge_pages(space, pages);
    return st < 0 ? st : (status_t)address;
}

/* Takes it off its list and out of the page tables; its own pages' frames go to `frames`. Returns how many pages are to be uncharged. */
static uint64_t take_out(struct space *space, struct region *r, struct list *regions,
                         struct list *frames) HOLDS(space->lock)
{
    list_remove(&r->link);
    list_push_back(regions, &r->link);
    if (r->backing != NULL) {
        pagetable_forget(space, r->start, r->end);
        atomic32_add(&space->shared, -1);
        return 0;
    }
    pagetable_clear(space, r->start, r->end, frames);
    return (r->end - r->start) >> PAGE_SHIFT;
}

status_t unmapping_begin(struct space *space, uint64_t address, uint64_t length, struct unmapping *u)
{
    list_init(&u->regions);
    list_init(&u->frames);
    u->pages = 0;
    status_t st = space_check_range(address, length);
    return st < 0 ? st : region_new_pair(space, true, u->spares);
}

void unmapping_take(struct space *space, uint64_t address, uint64_t end, struct unmapping *u)
{
    region_split_at(space, address, &u->spares[0]);
    region_split_at(space, end, &u->spares[1]);
    struct region *next, *r = region_after(space, address);
    for (; r != NULL && r->start < end; r = next) {
        next = region_next(space, r);
        u->pages += take_out(space, r, &u->regions, &u->frames);
    }
}

void unmapping_end(struct space *space, struct unmapping *u)
{
    pagetable_release(&u->frames);
    uncharge_pages(space, u->pages);
    while (!list_empty(&u->regions)) {
        struct region *r = list_entry(u->regions.next, struct region, link);
        list_remove(&r->link);
        region_free(space, r);
    }
    region_free(space, u->spares[0]);
    region_free(space, u->spares[1]);
}

status_t space_unmap(struct space *space, uint64_t address, uint64_t length)
{
    struct unmapping u;
    status_t st = unmapping_begin(space, address, length, &u);
    if (st < 0)
        return st;
    spin_lock(&space->lock);
    unmapping_take(space, address, address + length, &u);
    spin_unlock(&space->lock);
    if (!list_empty(&u.regions))
        tlb_shoot_down(&space->users); /* before anything is given up (S11) */
    unmapping_end(space, &u);
    return OK;
}

/* Whether all from `at` to `end` is mapped and may have this protection. One walk, however many regions. */
static status_t may_protect(struct space *space, uint64_t at, uint64_t end, uint32_t protection)
    HOLDS(space->lock)
{
    status_t st = OK;
    for (struct region *r = region_at(space, at); r != NULL && r->start <= at;
         r = region_next(space, r)) {
        if (protection & ~r->limit)
            st = ERR_PERMISSION_DENIED;
        at = r->end;
        if (at >= end)
            return st;
    }
    return ERR_NOT_MAPPED;
}

status_t space_protect(struct space *space, uint64_t address, uint64_t length,
                       uint32_t protection)
{
    struct region *spares[2];
    status_t st = space_check_range(address, length);
    if (st == OK)
        st = space_check_protection(protection);
    if (st == OK)
        st = region_new_pair(space, false, spares);
    if (st < 0)
        return st;
    protection |= PROT_READ; /* the page tables cannot do without */
    uint64_t end = address + length;

    spin_lock(&space->lock);
    st = may_protect(space, address, end, protection);
    if (st == OK) {
        region_split_at(space, address, &spares[0]);
        region_split_at(space, end, &spares[1]);
        for (struct region *r = region_at(space, address); r != NULL && r->start < end;
             r = region_next(space, r))
            r->protection = protection;
        pagetable_protect(space, address, end, protection);
    }
    spin_unlock(&space->lock);

    if (st == OK)
        tlb_shoot_down(&space->users);
    region_free(space, spares[0]);
    region_free(space, spares[1]);
    return st;
}
