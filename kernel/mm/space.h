/* SPDX-License-Identifier: MIT */
/*
 * space.h: address spaces, as sorted lists of regions over page tables.
 *
 * A region says what may be at an address; a page table entry says what is there
 * now. Private pages are charged when mapped and filled with zeros when touched.
 */
#pragma once

#include "kernel/lib/list.h"
#include "kernel/mm/account.h"
#include "kernel/sync/spinlock.h"

struct backing;
struct cpu;
struct space; /* reference counted */

/* An empty user address space charged to `account` (a reference is taken); NULL when out of memory. */
must_check struct space *space_new(struct account *account);
/* The last reference frees all of it. No CPU may be running a thread in it. */
void space_put(struct space *space);

/*
 * Maps zero-filled private memory. `address` 0 lets the kernel choose. Both must be
 * page aligned, length > 0. Returns the address. ERR_INVALID_ARGUMENT (misaligned, length 0,
 * protection empty, unknown bits, or write with execute), ERR_INVALID_ADDRESS (outside user space),
 * ERR_ALREADY_MAPPED, ERR_OUT_OF_MEMORY. Does not block.
 */
must_check status_t space_map(struct space *space, uint64_t address, uint64_t length,
                              uint32_t protection);

/* Any aligned part; holes are fine. Seen by all CPUs before a frame is reused. */
must_check status_t space_unmap(struct space *space, uint64_t address, uint64_t length);

/*
 * Maps [offset, offset + length) of a backing, of which a reference is taken. Its pages are there at once: entering them
 * costs less than one fault. `limit` is the most that vm_protect may ever allow there, and protection is within it. Offset and length
 * are page aligned and lie in the backing; the rest as of space_map.
 */
must_check status_t space_map_shared(struct space *space, uint64_t address, uint64_t length,
                                     uint32_t protection, uint32_t limit,
                                     struct backing *backing, uint64_t offset);

/* space_unmap for what is shared: ERR_NOT_MAPPED, and nothing changes, if private memory lies there. */
must_check status_t space_unmap_shared(struct space *space, uint64_t address, uint64_t length);

/* All of [address, address + length) must be mapped, or ERR_NOT_MAPPED and nothing changes; likewise
 * ERR_PERMISSION_DENIED where shared memory was mapped with a handle that does not allow it. */
must_check status_t space_protect(struct space *space, uint64_t address, uint64_t length,
                                  uint32_t protection);

/*
 * Copies into `space` as its owner-to-be, whatever the protection: for the ELF
 * loader and the first stack. The range must be mapped. ERR_OUT_OF_MEMORY, ERR_NOT_MAPPED.
 */
must_check status_t space_write(struct space *space, uint64_t address, const void *from,
                                size_t n);

/* `cpu`, this one, runs on `space`'s page tables from now on; NULL: any will do. Interrupts off. For the scheduler. */
void space_switch(struct cpu *cpu, struct space *space);

/*
 * This CPU stops using its space's page tables: before the space is put by the thread that
 * ran in it, whose thread->space is NULL already.
 */
void space_leave(void);

/* The same if the running thread needs no address space: for tlb.c. Interrupts off. */
void space_drop_idle(void);

/*
 * Reads what is present at `address`, not across a page's end; false if it is not there. Takes no lock: only for
 * reports, when all CPUs but this one stand still.
 */
bool space_peek(struct space *space, uint64_t address, void *to, size_t n);

/* Pages that are charged: for ps. */
uint64_t space_pages(struct space *space);

#define WORD_PRIVATE (1ull << 63) /* in the number of a space, and never in an object's */

/*
 * What a word at `address` is called by all who share it, for futexes: in shared memory the number of the object and the offset in it, in
 * private memory the space's own number and the word's address. No number is ever used again: a name may outlive what it
 * names. ERR_INVALID_ADDRESS if nothing is mapped there.
 */
must_check status_t space_name_word(struct space *space, uint64_t address, uint64_t *object,
                                    uint64_t *offset);
