/* SPDX-License-Identifier: MIT */
/*
 * object.h: what every kernel object has in common.
 *
 * An object has references and handles, counted apart. A reference keeps its
 * memory: whoever holds a pointer holds one. A handle is a process's claim on it,
 * in a table or in flight in a message; each handle also holds a reference. So the
 * end comes in two steps: the last handle closes (nobody can ask for anything any
 * more: wake the waiters), and later the last reference drops (free the memory).
 */
#pragma once

#include "kernel/abi/handle.h"
#include "kernel/abi/object.h"
#include "kernel/abi/rights.h"
#include "kernel/mm/account.h"
#include "kernel/sync/atomic.h"
#include "kernel/sync/spinlock.h"

struct object;

struct object_type {
    enum object_kind kind;
    rights_t rights; /* what a first handle may have */
    rights_t unique; /* rights that only one handle has: they are moved, never duplicated */
    /* A handle with `rights` has closed; `last`: no other is left. May be NULL. May not sleep.
     * Called without locks; the caller still holds a reference. */
    void (*handle_closed)(struct object *object, rights_t rights, bool last);
    /* A handle with `rights` goes to another holder, who cannot use it yet: call off who waits by way of the
     * old one. May be NULL. May not sleep. RANK_TOPOLOGY or nothing is held. */
    void (*handle_moved)(struct object *object, rights_t rights);
    /* The queue that a handle with `rights` receives from, or NULL. May be NULL. Any lock may be held. */
    struct object *(*receives_from)(struct object *object, rights_t rights);
    /* The last reference is gone: free it. Called without locks; may run in any thread. */
    void (*destroy)(struct object *object);
};

struct object {
    const struct object_type *type; /* [I] */
    uint64_t id;                    /* [I] unique; for people's eyes */
    atomic32_t refs;
    atomic32_t handles;
    uint32_t moves;                 /* [its type's lock] tenures of its unique handle that are over */
    struct account *account;        /* [I] who pays, or NULL */
    uint64_t charge;                /* [I] bytes charged to it */
};

/*
 * Allocates `size` bytes, zeroed, charged with `extra` more bytes to `account` (may be NULL), whose first
 * member is a struct object with one reference and no handle. NULL when out of memory or quota.
 */
must_check struct object *object_new(const struct object_type *type, size_t size,
                                     uint64_t extra, struct account *account);

/* For an object that is never freed: one reference, which stays; nobody pays. */
void object_init(struct object *object, const struct object_type *type);

/* Ends what object_new began: uncharges and frees. Called by the type's destroy. */
void object_free(struct object *object);

static inline struct object *object_get(struct object *object)
{
    atomic32_add(&object->refs, 1);
    return object;
}

static inline void object_put(struct object *object)
{
    if (atomic32_add(&object->refs, -1) == 0)
        object->type->destroy(object);
}

/*
 * Drops a reference and then `lock`, so that whoever takes the lock next finds it gone. If the lock
 * lies in the object, destroy must take it once: then it is not freed under this unlock.
 */
static inline void object_put_unlock(struct object *object, struct spinlock *lock) HOLDS(lock)
{
    bool last = atomic32_add(&object->refs, -1) == 0;
    spin_unlock(lock);
    if (last)
        object->type->destroy(object);
}

/* A handle comes into being, in a table or on its way to one: counts it and takes its reference. */
void object_handle_opened(struct object *object);
/* A handle goes away: runs handle_closed and drops the handle's reference. */
void object_handle_closed(struct object *object, rights_t rights);

/*
 * The time for which a unique handle stays with one holder. A call that looked the handle up may act
 * for as long; afterwards the handle, and what comes by it, is another's. Filled in by
 * handle_get_unique; with an object of NULL it never ends: for handles that are not unique.
 */
struct tenure {
    const struct object *object;
    uint32_t number; /* object->moves during it */
};

#define TENURE_ENDLESS ((struct tenure){ NULL, 0 })

/* Asked under a lock that whoever ends a tenure takes afterwards: so the answer holds until that is released. */
static inline bool tenure_over(struct tenure tenure)
{
    return tenure.object != NULL &&
           __atomic_load_n(&tenure.object->moves, __ATOMIC_ACQUIRE) != tenure.number;
}

static inline void tenure_end(struct object *object)
{
    __atomic_store_n(&object->moves, object->moves + 1, __ATOMIC_RELEASE);
}

/* Before a handle that has left one table can be used from another. */
static inline void object_handle_moved(struct object *object, rights_t rights)
{
    if (object->type->handle_moved != NULL)
        object->type->handle_moved(object, rights);
}

/* Handles of all objects: for system_info. */
uint64_t object_handles_live(void);
