/* SPDX-License-Identifier: MIT */
/*
 * pagetable.c: the user half of four-level page tables (SDM volume 3, 4.5).
 *
 * Tables are added as they are needed and stay until the space goes, so an entry's
 * address is good as long as the space is. They are charged to the space's account.
 */
#include "kernel/lib/panic.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/space_internal.h"

status_t table_stock_add(struct space *space, struct table_stock *stock)
{
    assert_cmp(stock->count, <, array_size(stock->tables));
    status_t st = account_charge(space->account, PAGE_SIZE);
    if (st < 0)
        return st;
    pte_t *table = frame_alloc_zeroed();
    if (table == NULL) {
        account_uncharge(space->account, PAGE_SIZE);
        return ERR_OUT_OF_MEMORY;
    }
    stock->tables[stock->count++] = table;
    return OK;
}

void table_stock_drop(struct space *space, struct table_stock *stock)
{
    while (stock->count > 0) {
        frame_put(stock->tables[--stock->count]);
        account_uncharge(space->account, PAGE_SIZE);
    }
}

pte_t *pagetable_walk(struct space *space, uint64_t address, struct table_stock *stock)
{
    pte_t *table = space->top;
    for (int level = 3; level > 0; level--) {
        pte_t *entry = &table[pte_index(address, level)];
        if (!(*entry & PTE_PRESENT)) {
            if (stock->count == 0)
                return NULL;
            pte_t *new = stock->tables[--stock->count];
            *entry = virt_to_phys(new) | PTE_PRESENT | PTE_WRITE | PTE_USER;
        }
        table = pte_table(*entry);
    }
    return &table[pte_index(address, 0)];
}

/* Bytes that one entry of a table of `level` covers. */
static uint64_t span(int level)
{
    return 1ull << (PAGE_SHIFT + 9 * level);
}

/* As pagetable_find; if a table is missing, *skip is where its range ends. */
static pte_t *find(struct space *space, uint64_t address, uint64_t *skip)
{
    pte_t *table = space->top;
    for (int level = 3; level > 0; level--) {
        pte_t entry = table[pte_index(address, level)];
        if (!(entry & PTE_PRESENT)) {
            *skip = round_down(address, span(level)) + span(level);
            return NULL;
        }
        table = pte_table(entry);
    }
    return &table[pte_index(address, 0)];
}

pte_t *pagetable_find(struct space *space, uint64_t address)
{
    uint64_t skip;
    return find(space, address, &skip);
}

pte_t pagetable_entry(uint64_t physical, uint32_t protection)
{
    return physical | PTE_PRESENT | PTE_USER | (protection & PROT_WRITE ? PTE_WRITE : 0) |
           (protection & PROT_EXECUTE ? 0 : PTE_NX);
}

void pagetable_clear(struct space *space, uint64_t start, uint64_t end, struct list *frames)
{
    for (uint64_t at = start, next; at < end; at = next) {
        next = at + PAGE_SIZE;
        pte_t *entry = find(space, at, &next);
        if (entry == NULL || !(*entry & PTE_PRESENT))
            continue;
        list_push_back(frames, &frame_of(pte_table(*entry))->link);
        *entry = 0;
    }
}

void pagetable_forget(struct space *space, uint64_t start, uint64_t end)
{
    for (uint64_t at = start, next; at < end; at = next) {
        next = at + PAGE_SIZE;
        pte_t *entry = find(space, at, &next);
        if (entry != NULL)
            *entry = 0;
    }
}

void pagetable_release(struct list *frames)
{
    while (!list_empty(frames)) {
        struct frame *frame = list_entry(frames->next, struct frame, link);
        list_remove(&frame->link);
        frame_put(frame_address(frame));
    }
}

void pagetable_protect(struct space *space, uint64_t start, uint64_t end, uint32_t protection)
{
    for (uint64_t at = start, next; at < end; at = next) {
        next = at + PAGE_SIZE;
        pte_t *entry = find(space, at, &next);
        if (entry != NULL && (*entry & PTE_PRESENT))
            *entry = pagetable_entry(*entry & PTE_ADDRESS, protection);
    }
}

/* Frees a table of `level` and all below it. Four levels deep at most. */
static void free_table(struct space *space, pte_t *table, int level, unsigned entries)
{
    for (unsigned i = 0; i < entries; i++) {
        if (!(table[i] & PTE_PRESENT))
            continue;
        if (level == 0)
            frame_put(pte_table(table[i]));
        else
            free_table(space, pte_table(table[i]), level - 1, TABLE_ENTRIES);
    }
    frame_put(table);
    account_uncharge(space->account, PAGE_SIZE);
}

void pagetable_free(struct space *space)
{
    free_table(space, space->top, 3, KERNEL_HALF);
}
