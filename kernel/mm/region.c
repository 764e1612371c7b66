/* SPDX-License-Identifier: MIT */
/* region.c: the sorted list of an address space's regions: finding, placing, merging, splitting. */
#include "kernel/abi/layout.h"
#include "kernel/mm/kmalloc.h"
#include "kernel/mm/space_internal.h"

/* An unmapping gives back more than this takes, hence `anyway`. */
struct region *region_new(struct space *space, bool anyway)
{
    if (anyway)
        account_charge_anyway(space->account, sizeof(struct region));
    else if (account_charge(space->account, sizeof(struct region)) < 0)
        return NULL;
    struct region *region = kmalloc(sizeof *region);
    if (region == NULL) {
        account_uncharge(space->account, sizeof *region);
        return NULL;
    }
    list_init(&region->link);
    region->backing = NULL;
    region->offset = 0;
    region->limit = PROT_READ | PROT_WRITE | PROT_EXECUTE;
    return region;
}

void region_free(struct space *space, struct region *region)
{
    if (region == NULL)
        return;
    if (region->backing != NULL)
        backing_put(region->backing);
    account_uncharge(space->account, sizeof *region);
    kfree(region);
}

struct region *region_after(struct space *space, uint64_t address)
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

struct region *region_next(struct space *space, struct region *r)
{
    return r->link.next != &space->regions ? list_entry(r->link.next, struct region, link) : NULL;
}

/* The lowest gap of `length` bytes from USER_MAP_BASE up, or 0. */
static uint64_t find_gap(struct space *space, uint64_t length)
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
    return a->end == b->start && a->protection == b->protection && a->limit == b->limit &&
           a->backing == b->backing &&
           (a->backing == NULL || a->offset + (a->end - a->start) == b->offset);
}

struct region *region_insert(struct space *space, struct region *new)
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
        next->offset = new->offset;
        return new;
    }
    list_insert_before(before, &new->link);
    return NULL;
}

status_t region_place(struct space *space, uint64_t *address, uint64_t length)
{
    if (*address == 0)
        *address = find_gap(space, length);
    if (*address == 0)
        return ERR_OUT_OF_MEMORY;
    const struct region *next = region_after(space, *address);
    return next != NULL && next->start < *address + length ? ERR_ALREADY_MAPPED : OK;
}

/* Makes `at` a border between regions; uses *spare if one must be split. */
void region_split_at(struct space *space, uint64_t at, struct region **spare)
{
    struct region *r = region_at(space, at);
    if (r == NULL || r->start == at)
        return;
    struct region *upper = *spare;
    *spare = NULL;
    upper->start = at;
    upper->end = r->end;
    upper->protection = r->protection;
    upper->limit = r->limit;
    if (r->backing != NULL) {
        upper->backing = backing_get(r->backing);
        upper->offset = r->offset + (at - r->start);
        atomic32_add(&space->shared, 1);
    }
    r->end = at;
    list_push_front(&r->link, &upper->link);
}

status_t region_new_pair(struct space *space, bool anyway, struct region *spares[2])
{
    spares[0] = region_new(space, anyway);
    spares[1] = spares[0] != NULL ? region_new(space, anyway) : NULL;
    if (spares[1] != NULL)
        return OK;
    region_free(space, spares[0]);
    return ERR_OUT_OF_MEMORY;
}
