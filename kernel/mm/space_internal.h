/* SPDX-License-Identifier: MIT */
/* space_internal.h: what space.c, pagetable.c and tlb.c share about an address space. */
#pragma once

#include "kernel/arch/paging.h"
#include "kernel/mm/space.h"
#include "kernel/mm/tlb.h"
#include "kernel/sync/atomic.h"

/* [I] set at creation   [s] space->lock */
struct space {
    atomic32_t refs;
    struct spinlock lock;
    struct list regions;    /* [s] struct region, by address */
    pte_t *top;             /* [I] top page table; entries [s] */
    struct tlb_users users; /* CPUs that have it loaded */
    struct account *account; /* [I] */
    atomic64_t pages;       /* charged */
};

struct region {
    struct list link;
    uint64_t start, end;
    uint32_t protection; /* PROT_ bits */
};

/* The region that holds `address`, or NULL. */
struct region *region_at(struct space *space, uint64_t address) HOLDS(space->lock);

/*
 * Page tables needed while the lock is held, allocated before. pagetable_walk takes from the stock; when it
 * runs out the caller drops the lock, adds one, and starts again.
 */
struct table_stock {
    pte_t *tables[3];
    unsigned count;
};

must_check status_t table_stock_add(struct space *space, struct table_stock *stock);
void table_stock_drop(struct space *space, struct table_stock *stock);

/* The entry of the last level for an address, or NULL: the stock is out. */
pte_t *pagetable_walk(struct space *space, uint64_t address, struct table_stock *stock)
    HOLDS(space->lock);

/* The same without adding tables: NULL if one is missing. */
pte_t *pagetable_find(struct space *space, uint64_t address) HOLDS(space->lock);

/* What a page table entry for this frame and protection looks like. */
pte_t pagetable_entry(uint64_t physical, uint32_t protection);

/* Clears entries and puts their frames on a list (struct frame's link), still referenced. */
void pagetable_clear(struct space *space, uint64_t start, uint64_t end, struct list *frames)
    HOLDS(space->lock);
/* Drops the references of such a list. */
void pagetable_release(struct list *frames);

/* Gives what is present another protection. */
void pagetable_protect(struct space *space, uint64_t start, uint64_t end, uint32_t protection)
    HOLDS(space->lock);

/* Frees every table and every frame in them: nobody uses the space any more. */
void pagetable_free(struct space *space);
