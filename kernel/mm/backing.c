/* SPDX-License-Identifier: MIT */
/* backing.c: see backing.h. The frames' addresses lie in a tree of two levels: leaves of one page each. */
#include "kernel/mm/backing.h"

#include "kernel/abi/layout.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/kmalloc.h"
#include "kernel/sync/spinlock.h"

#define LEAF_SIZE  (PAGE_SIZE / sizeof(void *))
#define LEAVES_MAX (KMALLOC_MAX / sizeof(void **))

static atomic64_t last_number;

static uint64_t leaf_count(uint64_t pages)
{
    return (pages + LEAF_SIZE - 1) / LEAF_SIZE;
}

/* What it costs, the tree included; pages <= LEAVES_MAX * LEAF_SIZE, so it does not wrap. */
static uint64_t cost(uint64_t pages)
{
    uint64_t leaves = leaf_count(pages);
    return (pages + leaves) * PAGE_SIZE + leaves * sizeof(void **) + sizeof(struct backing);
}

/* Frames and leaves: those that are there. */
static void free_tree(struct backing *backing)
{
    for (uint64_t i = 0; i < leaf_count(backing->pages) && backing->leaves[i] != NULL; i++) {
        for (uint64_t j = 0; j < LEAF_SIZE && backing->leaves[i][j] != NULL; j++)
            frame_put(backing->leaves[i][j]);
        frame_put(backing->leaves[i]);
    }
    kfree(backing->leaves);
}

static bool fill_tree(struct backing *backing)
{
    for (uint64_t n = 0; n < backing->pages; n++) {
        void ***leaf = &backing->leaves[n / LEAF_SIZE];
        if (n % LEAF_SIZE == 0 && (*leaf = frame_alloc_zeroed()) == NULL)
            return false;
        void *frame = frame_alloc_zeroed();
        if (frame == NULL)
            return false;
        (*leaf)[n % LEAF_SIZE] = frame;
    }
    return true;
}

static struct backing *build(uint64_t pages)
{
    struct backing *backing = kzalloc(sizeof *backing);
    if (backing == NULL)
        return NULL;
    backing->pages = pages;
    backing->leaves = kzalloc(leaf_count(pages) * sizeof(void **));
    if (backing->leaves != NULL && fill_tree(backing))
        return backing;
    if (backing->leaves != NULL)
        free_tree(backing);
    kfree(backing);
    return NULL;
}

status_t backing_new(struct account *account, uint64_t pages, struct backing **out)
{
    if (pages > LEAVES_MAX * LEAF_SIZE)
        return ERR_OUT_OF_MEMORY;
    status_t st = account_charge(account, cost(pages));
    if (st < 0)
        return st;
    st = frame_promise(pages);
    if (st < 0)
        goto uncharge;
    struct backing *backing = build(pages);
    if (backing == NULL) {
        st = ERR_OUT_OF_MEMORY;
        goto unpromise;
    }
    backing->refs.value = 1;
    backing->number = atomic64_add(&last_number, 1);
    backing->account = account_get(account);
    *out = backing;
    return OK;

unpromise:
    frame_unpromise(pages);
uncharge:
    account_uncharge(account, cost(pages));
    return st;
}

void backing_put(struct backing *backing)
{
    assert_no_spinlock("giving up shared memory");
    if (atomic32_add(&backing->refs, -1) != 0)
        return;
    struct account *account = backing->account;
    uint64_t pages = backing->pages;
    free_tree(backing);
    kfree(backing);
    frame_unpromise(pages);
    account_uncharge(account, cost(pages));
    account_put(account);
}

void *backing_frame(const struct backing *backing, uint64_t n)
{
    return backing->leaves[n / LEAF_SIZE][n % LEAF_SIZE];
}
