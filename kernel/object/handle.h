/* SPDX-License-Identifier: MIT */
/*
 * handle.h: a process's handle table.
 *
 * A slot is free, used, reserved (counted but without an object yet: it will be
 * installed without fail), or moving (its handle is in a message that has not gone yet:
 * look-ups fail, and it either leaves for good or comes back under the same number).
 *
 * Lock: table->lock, rank HANDLES.
 * Invariant: slot->handle is the handle's value exactly while the slot is used, so that a
 * look-up is one comparison; slot->value has the slot's own index in its low bits
 * and a generation that is never 0 above them.
 */
#pragma once

#include "kernel/object/object.h"
#include "kernel/sync/spinlock.h"

enum slot_state { SLOT_FREE, SLOT_USED, SLOT_RESERVED, SLOT_MOVING };

struct handle_slot {
    struct object *object; /* NULL unless used or moving */
    rights_t rights;
    uint32_t handle;       /* what a look-up compares with; SLOT_HIDDEN unless used */
    uint32_t value;        /* the number of its handle; of a free slot, of the next one */
    uint16_t state;        /* enum slot_state */
    uint16_t next_free;    /* of a free slot: index, or SLOT_NONE */
};

#define HANDLE_INDEX_MASK ((1u << HANDLE_INDEX_BITS) - 1)

#define SLOT_NONE   HANDLE_TABLE_MAX
#define SLOT_HIDDEN UINT32_MAX /* no handle has this value: its index is beyond any table */

/* A handle out of its table: one handle count and one reference on the object go with it. */
struct handle_ref {
    struct object *object;
    rights_t rights;
};

struct handle_table {
    struct spinlock lock;
    struct handle_slot *slots; /* [lock] NULL before init and after fini */
    uint32_t size;             /* [lock] slots allocated; grows up to HANDLE_TABLE_MAX */
    uint32_t touched;          /* [lock] slots that were ever in use; those above are undefined */
    uint32_t used;             /* [lock] not free */
    uint32_t free_head;        /* [lock] the free slots below `touched`; SLOT_NONE: there is none */
    struct account *account;   /* [I] */
};

must_check status_t handle_table_init(struct handle_table *table, struct account *account);
/*
 * Closes every handle and frees the table, if it was initialised. No other thread may be
 * using it; handle_table_used may still be called.
 */
void handle_table_fini(struct handle_table *table);

/* Handles in it: for ps. */
uint32_t handle_table_used(struct handle_table *table);

/*
 * A new handle to `object`; takes a reference of its own, and counts as a handle. Returns the handle
 * (positive), ERR_NO_SLOTS or ERR_OUT_OF_MEMORY.
 */
must_check status_t handle_open(struct handle_table *table, struct object *object,
                                rights_t rights);

/*
 * A handle comes as the full register a program passed: a value above 32 bits names nothing.
 * Looks a handle up and returns a counted reference in *object. `kind` OBJ_ANY takes every type; all of `rights`
 * must be there. ERR_INVALID_HANDLE, ERR_WRONG_TYPE, ERR_PERMISSION_DENIED.
 */
must_check status_t handle_get(struct handle_table *table, uint64_t handle,
                               enum object_kind kind, rights_t rights, struct object **object);

/* The used slot that this value names, or NULL. */
static inline struct handle_slot *handle_slot_find(struct handle_table *table, uint64_t handle)
    HOLDS(table->lock)
{
    uint32_t index = handle & HANDLE_INDEX_MASK;
    if (unlikely(index >= table->touched))
        return NULL;
    struct handle_slot *slot = &table->slots[index];
    return likely(slot->handle == handle) ? slot : NULL;
}

/* On the measured path of every message: one comparison decides. */
static inline status_t handle_look_up(struct handle_table *table, uint64_t handle, enum object_kind kind,
                               rights_t rights, struct object **object) HOLDS(table->lock)
{
    const struct handle_slot *slot = handle_slot_find(table, handle);
    if (unlikely(slot == NULL))
        return ERR_INVALID_HANDLE;
    if (unlikely(slot->object->type->kind != kind && kind != OBJ_ANY))
        return ERR_WRONG_TYPE;
    if (unlikely(rights & ~slot->rights))
        return ERR_PERMISSION_DENIED;
    *object = object_get(slot->object);
    return OK;
}

/*
 * handle_get for a call through an object's unique handle: tells the tenure too. The number is read while the handle
 * is here, under the lock under which it is taken away.
 */
must_check static inline status_t handle_get_unique(struct handle_table *table, uint64_t handle,
                                                    enum object_kind kind, rights_t rights,
                                                    struct object **object, struct tenure *tenure)
{
    spin_lock(&table->lock);
    status_t st = handle_look_up(table, handle, kind, rights, object);
    if (likely(st == OK))
        *tenure = (struct tenure){ *object, (*object)->moves };
    spin_unlock(&table->lock);
    return st;
}

/* handle_get that also tells all the rights that the handle has. */
must_check status_t handle_get_rights(struct handle_table *table, uint64_t handle,
                                      enum object_kind kind, rights_t needed,
                                      struct object **object, rights_t *rights);

must_check status_t handle_close(struct handle_table *table, uint64_t handle);

/* See sys_handle_duplicate. */
must_check status_t handle_duplicate(struct handle_table *table, uint64_t handle, rights_t rights);

/* As much of a handle as handle_info tells. */
must_check status_t handle_describe(struct handle_table *table, uint64_t handle,
                                    struct handle_info *info);

/*
 * Moving handles out, in two steps. handles_begin_move checks all of them (each valid, with TRANSFER, none twice;
 * with `allow_holes` HANDLE_INVALID is passed over and gives an object of NULL) and puts the slots in the moving state; on
 * an error nothing has changed. Then exactly one of handles_finish_move (the slots are free; the refs belong to the caller)
 * and handles_cancel_move (all as before). ERR_INVALID_HANDLE, ERR_PERMISSION_DENIED, ERR_INVALID_ARGUMENT (twice).
 */
must_check status_t handles_begin_move(struct handle_table *table, const handle_t *handles,
                                       uint32_t count, bool allow_holes, struct handle_ref *refs);
void handles_finish_move(struct handle_table *table, const handle_t *handles, uint32_t count);
void handles_cancel_move(struct handle_table *table, const handle_t *handles, uint32_t count);

/*
 * Moving handles in, in two steps. handles_reserve takes `count` slots and tells their numbers-to-be; ERR_NO_SLOTS or
 * ERR_OUT_OF_MEMORY, then none is taken. Then handles_install (cannot fail; takes over the refs) or handles_unreserve.
 */
must_check status_t handles_reserve(struct handle_table *table, handle_t *handles, uint32_t count);
void handles_install(struct handle_table *table, const handle_t *handles,
                     const struct handle_ref *refs, uint32_t count);
void handles_unreserve(struct handle_table *table, const handle_t *handles, uint32_t count);
