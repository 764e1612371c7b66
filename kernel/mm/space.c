/* SPDX-License-Identifier: MIT */
/*
 * space.c: what may be where; see space.h. What is there is filled in by space_fill.c; the
 * tables underneath are in pagetable.c.
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

/* For an unmapping, `anyway`: it gives back more than this takes, so no limit may stand in its way. */
static struct region *region_new(struct space *space, bool anyway)
{
    if (anyway)
        account_charge_anyway(space->account, sizeof(struct region));
    else if (account_charge(space->account, sizeof(struct region)) < 0)
        return NULL;
    struct region *region = kmalloc(sizeof *region);
    if (region == NULL)
        account_uncharge(space->account, sizeof *region);
    else
        list_init(&region->link);
    return region;
}

static void region_free(struct space *space, struct region *region)
{
    if (region == NULL)
        return;
    account_uncharge(space->account, sizeof *region);
    kfree(region);
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

void space_put(struct space *space)
{
    if (atomic32_add(&space->refs, -1) != 0)
        return;
    tlb_shoot_down(&space->users); /* idle CPUs may still have the root loaded */
    assert_cmp(space->users.cpus.value, ==, 0);
    pagetable_free(space);
    while (!list_empty(&space->regions)) {
        struct region *r = list_entry(space->regions.next, struct region, link);
        list_remove(&r->link);
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

/* The first region that ends after `address`, or NULL. */
static struct region *region_after(struct space *space, uint64_t address) HOLDS(space->lock)
{
    list_for_each(link, &space->regions) {
        struct region *r = list_entry(link, struct region, link);
        if (r->end > address)
            return r;
    }
    return NULL;
}

struct region *region_at(struct space *space, uint64_t address)
{
    struct region *r = region_after(space, address);
    return r != NULL && r->start <= address ? r : NULL;
}

static struct region *region_next(struct space *space, struct region *r) HOLDS(space->lock)
{
    return r->link.next != &space->regions ? list_entry(r->link.next, struct region, link) : NULL;
}

static status_t check_range(uint64_t address, uint64_t length)
{
    if (length == 0 || address % PAGE_SIZE != 0 || length % PAGE_SIZE != 0)
        return ERR_INVALID_ARGUMENT;
    if (address < USER_BASE || address >= USER_END || length > USER_END - address)
        return ERR_INVALID_ADDRESS;
    return OK;
}

static status_t check_protection(uint32_t protection)
{
    if (protection == 0 || protection & ~(uint32_t)(PROT_READ | PROT_WRITE | PROT_EXECUTE))
        return ERR_INVALID_ARGUMENT;
    if ((protection & PROT_WRITE) && (protection & PROT_EXECUTE))
        return ERR_INVALID_ARGUMENT;
    return OK;
}

/* The lowest gap of `length` bytes from USER_MAP_BASE up, or 0. */
static uint64_t find_gap(struct space *space, uint64_t length) HOLDS(space->lock)
{
    uint64_t at = USER_MAP_BASE;
    list_for_each(link, &space->regions) {
        struct region *r = list_entry(link, struct region, link);
        if (r->end <= at)
            continue;
        if (r->start >= at && r->start - at >= length)
            return at;
        at = r->end;
    }
    return at < USER_END && USER_END - at >= length ? at : 0;
}

static bool mergeable(const struct region *a, const struct region *b)
{
    return a->end == b->start && a->protection == b->protection;
}

/* Enters a region; returns one that has become superfluous by merging, or NULL. */
static struct region *insert_region(struct space *space, struct region *new) HOLDS(space->lock)
{
    struct list *before = &space->regions;
    struct region *next = region_after(space, new->start);
    if (next != NULL)
        before = &next->link;
    struct list *previous_link = before->prev;
    if (previous_link != &space->regions) {
        struct region *previous = list_entry(previous_link, struct region, link);
        if (mergeable(previous, new)) {
            previous->end = new->end;
            return new; /* what follows stays apart: a map call merges one side */
        }
    }
    if (next != NULL && mergeable(new, next)) {
        next->start = new->start;
        return new;
    }
    list_insert_before(before, &new->link);
    return NULL;
}

status_t space_map(struct space *space, uint64_t address, uint64_t length, uint32_t protection)
{
    status_t st = check_range(address != 0 ? address : USER_MAP_BASE, length);
    if (st == OK)
        st = check_protection(protection);
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
    if (address == 0)
        address = find_gap(space, length);
    struct region *next = region_after(space, address);
    if (address == 0)
        st = ERR_OUT_OF_MEMORY;
    else if (next != NULL && next->start < address + length)
        st = ERR_ALREADY_MAPPED;
    if (st == OK) {
        spare->start = address;
        spare->end = address + length;
        spare->protection = protection;
        spare = insert_region(space, spare);
    }
    spin_unlock(&space->lock);
    region_free(space, spare);
    if (st < 0)
        uncharge_pages(space, pages);
    return st < 0 ? st : (status_t)address;
}

/* Makes `at` a border between regions; uses *spare if one must be split. */
static void split_at(struct space *space, uint64_t at, struct region **spare) HOLDS(space->lock)
{
    struct region *r = region_at(space, at);
    if (r == NULL || r->start == at)
        return;
    struct region *upper = *spare;
    *spare = NULL;
    upper->start = at;
    upper->end = r->end;
    upper->protection = r->protection;
    r->end = at;
    list_push_front(&r->link, &upper->link);
}

static status_t allocate_spares(struct space *space, bool anyway, struct region *spares[2])
{
    spares[0] = region_new(space, anyway);
    spares[1] = spares[0] != NULL ? region_new(space, anyway) : NULL;
    if (spares[1] != NULL)
        return OK;
    region_free(space, spares[0]);
    return ERR_OUT_OF_MEMORY;
}

status_t space_unmap(struct space *space, uint64_t address, uint64_t length)
{
    struct region *spares[2];
    status_t st = check_range(address, length);
    if (st == OK)
        st = allocate_spares(space, true, spares);
    if (st < 0)
        return st;
    uint64_t end = address + length, pages = 0;
    struct list regions = LIST_INIT(regions), frames = LIST_INIT(frames);

    spin_lock(&space->lock);
    split_at(space, address, &spares[0]);
    split_at(space, end, &spares[1]);
    struct region *r = region_after(space, address);
    while (r != NULL && r->start < end) {
        struct region *next = region_next(space, r);
        list_remove(&r->link);
        list_push_back(&regions, &r->link);
        pages += (r->end - r->start) >> PAGE_SHIFT;
        pagetable_clear(space, r->start, r->end, &frames);
        r = next;
    }
    spin_unlock(&space->lock);

    if (!list_empty(&frames))
        tlb_shoot_down(&space->users);
    pagetable_release(&frames);
    uncharge_pages(space, pages);
    while (!list_empty(&regions)) {
        r = list_entry(regions.next, struct region, link);
        list_remove(&r->link);
        region_free(space, r);
    }
    region_free(space, spares[0]);
    region_free(space, spares[1]);
    return OK;
}

/* The region at `at`, if all from there to `end` is mapped; else NULL. One walk, however many regions. */
static struct region *all_mapped(struct space *space, uint64_t at, uint64_t end)
    HOLDS(space->lock)
{
    struct region *first = region_at(space, at);
    for (struct region *r = first; r != NULL; r = region_next(space, r)) {
        if (r->start > at)
            return NULL;
        at = r->end;
        if (at >= end)
            return first;
    }
    return NULL;
}

status_t space_protect(struct space *space, uint64_t address, uint64_t length,
                       uint32_t protection)
{
    struct region *spares[2];
    status_t st = check_range(address, length);
    if (st == OK)
        st = check_protection(protection);
    if (st == OK)
        st = allocate_spares(space, false, spares);
    if (st < 0)
        return st;
    protection |= PROT_READ; /* the page tables cannot do without */
    uint64_t end = address + length;

    spin_lock(&space->lock);
    struct region *r = all_mapped(space, address, end);
    if (r != NULL) {
        split_at(space, address, &spares[0]);
        split_at(space, end, &spares[1]);
        r = r->end <= address ? region_next(space, r) : r; /* past the part that was split off */
        for (; r != NULL && r->start < end; r = region_next(space, r))
            r->protection = protection;
        pagetable_protect(space, address, end, protection);
    } else {
        st = ERR_NOT_MAPPED;
    }
    spin_unlock(&space->lock);

    if (st == OK)
        tlb_shoot_down(&space->users);
    region_free(space, spares[0]);
    region_free(space, spares[1]);
    return st;
}

status_t space_name_word(struct space *space, uint64_t address, uint64_t *object, uint64_t *offset)
{
    *object = (uint64_t)space;
    *offset = address;
    return OK;
}
