/* SPDX-License-Identifier: MIT */
/* space_internal.h: what space.c, pagetable.c and tlb.c share about an address space. */
#pragma once

#include "kernel/arch/paging.h"
#include "kernel/mm/backing.h"
#include "kernel/mm/space.h"
#include "kernel/mm/tlb.h"
#include "kernel/sync/atomic.h"

/* [I] set at creation   [s] space->lock */
struct space {
    atomic32_t refs;
    struct spinlock lock;
    struct list regions;    /* [s] struct region, by address */
    pte_t *top;             /* [I] top page table; entries [s] */
    uint64_t number;        /* [I] WORD_PRIVATE, and a number never used again: for space_name_word */
    struct tlb_users users; /* CPUs that have it loaded */
    struct account *account; /* [I] */
    atomic64_t pages;       /* charged */
    atomic32_t shared;      /* regions that map a backing */
};

/* What may be at an address, and what is behind it (S13). All [s]. */
struct region {
    struct list link;
    uint64_t start, end;
    uint32_t protection;     /* PROT_ bits */
    uint32_t limit;          /* PROT_ bits that it may ever get */
    struct backing *backing; /* a reference; NULL: private pages */
    uint64_t offset;         /* bytes in the backing at which it begins */
};

/* One that is on no list yet. `anyway`: for an unmapping, in whose way no limit may stand. NULL when out of memory or quota. */
struct region *region_new(struct space *space, bool anyway);
/* Gives up its backing too. NULL is allowed. No spinlock may be held. */
void region_free(struct space *space, struct region *region);

/* The first region that ends after `address`, or NULL; and the one behind a region. */
struct region *region_after(struct space *space, uint64_t address) HOLDS(space->lock);
struct region *region_next(struct space *space, struct region *r) HOLDS(space->lock);

/* Where a new region would be: *address, or for 0 the lowest gap. ERR_ALREADY_MAPPED, ERR_OUT_OF_MEMORY (no gap). */
must_check status_t region_place(struct space *space, uint64_t *address, uint64_t length)
    HOLDS(space->lock);
/* Enters a region that was placed; returns it if it has become superfluous by merging, else NULL. */
struct region *region_insert(struct space *space, struct region *new) HOLDS(space->lock);

/* Two that may be needed for splitting; `anyway` as above. ERR_OUT_OF_MEMORY: then there are none. */
must_check status_t region_new_pair(struct space *space, bool anyway, struct region *spares[2]);
/* Makes `at` a border between regions; uses *spare if one must be split, and sets it to NULL. */
void region_split_at(struct space *space, uint64_t at, struct region **spare) HOLDS(space->lock);

/*
 * An unmapping, in three steps: begin, which alone can fail (ERR_INVALID_ARGUMENT, ERR_INVALID_ADDRESS, ERR_OUT_OF_MEMORY; then it is
 * over); take, under the lock, which takes regions off their list and out of the page tables; and end, without it,
 * which gives up their memory. Between take and end every CPU must be made to forget what was mapped, if anything was.
 */
struct unmapping {
    struct region *spares[2];
    struct list regions; /* taken out; with their backings */
    struct list frames;  /* of private ones */
    uint64_t pages;      /* to be uncharged */
};

must_check status_t unmapping_begin(struct space *space, uint64_t address, uint64_t length, struct unmapping *u);
void unmapping_take(struct space *space, uint64_t address, uint64_t end, struct unmapping *u) HOLDS(space->lock);
void unmapping_end(struct space *space, struct unmapping *u);

/* ERR_INVALID_ARGUMENT, ERR_INVALID_ADDRESS: see space_map. */
must_check status_t space_check_range(uint64_t address, uint64_t length);
must_check status_t space_check_protection(uint32_t protection);

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

/* Clears entries whose frames are not the space's own. */
void pagetable_forget(struct space *space, uint64_t start, uint64_t end) HOLDS(space->lock);

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
