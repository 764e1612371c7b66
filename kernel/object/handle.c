/* SPDX-License-Identifier: MIT */
/*
 * handle.c: see handle.h.
 *
 * The table grows by doubling. The new one is allocated without the lock, and whoever finds
 * that another thread was faster throws his away. Objects are closed without the lock
 * too: what an object does then is its own affair.
 */
#include "kernel/object/handle.h"

#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"
#include "kernel/mm/kmalloc.h"

#define TABLE_FIRST     64
#define GENERATION_STEP (1u << HANDLE_INDEX_BITS)

_Static_assert(HANDLE_TABLE_MAX < HANDLE_INDEX_MASK, "SLOT_HIDDEN must not be a slot's value");

static struct handle_slot *slots_new(struct account *account, uint32_t size)
{
    uint64_t bytes = size * sizeof(struct handle_slot);
    if (account_charge(account, bytes) < 0)
        return NULL;
    struct handle_slot *slots = kmalloc(bytes);
    if (slots == NULL)
        account_uncharge(account, bytes);
    return slots;
}

static void slots_free(struct account *account, struct handle_slot *slots, uint32_t size)
{
    kfree(slots);
    account_uncharge(account, size * sizeof(struct handle_slot));
}

status_t handle_table_init(struct handle_table *table, struct account *account)
{
    spinlock_init(&table->lock, RANK_HANDLES, "handle table");
    table->slots = slots_new(account, TABLE_FIRST);
    if (table->slots == NULL)
        return ERR_OUT_OF_MEMORY;
    table->size = TABLE_FIRST;
    table->touched = 0;
    table->used = 0;
    table->free_head = SLOT_NONE;
    table->account = account;
    return OK;
}

void handle_table_fini(struct handle_table *table)
{
    if (table->slots == NULL)
        return;
    spin_lock(&table->lock); /* for ps alone */
    struct handle_slot *slots = table->slots;
    uint32_t touched = table->touched, size = table->size;
    table->slots = NULL;
    table->size = table->touched = table->used = 0;
    spin_unlock(&table->lock);

    for (uint32_t i = 0; i < touched; i++) {
        assert_cmp(slots[i].state, !=, SLOT_MOVING);
        if (slots[i].state == SLOT_USED)
            object_handle_closed(slots[i].object, slots[i].rights);
    }
    slots_free(table->account, slots, size);
}

uint32_t handle_table_used(struct handle_table *table)
{
    spin_lock(&table->lock);
    uint32_t used = table->used;
    spin_unlock(&table->lock);
    return used;
}

/* Doubles the table until `count` slots are free. */
static rarely status_t grow(struct handle_table *table, uint32_t count) HOLDS(table->lock)
{
    while (table->size - table->used < count) {
        uint32_t size = table->size;
        if (size == HANDLE_TABLE_MAX)
            return ERR_NO_SLOTS;
        spin_unlock(&table->lock);
        struct handle_slot *unused = slots_new(table->account, size * 2);
        spin_lock(&table->lock);
        if (unused == NULL)
            return ERR_OUT_OF_MEMORY;
        uint32_t unused_size = size * 2;
        if (table->size == size) {
            struct handle_slot *old = table->slots;
            memcpy(unused, old, table->touched * sizeof *old);
            table->slots = unused;
            table->size = size * 2;
            unused = old;
            unused_size = size;
        }
        spin_unlock(&table->lock);
        slots_free(table->account, unused, unused_size);
        spin_lock(&table->lock);
    }
    return OK;
}

/* Sees to it that `count` slots are free. May let go of the lock meanwhile. */
static inline status_t make_room(struct handle_table *table, uint32_t count) HOLDS(table->lock)
{
    return likely(table->size - table->used >= count) ? OK : grow(table, count);
}

/* A free slot, now reserved; make_room has seen to it that there is one. */
static inline struct handle_slot *take_slot(struct handle_table *table) HOLDS(table->lock)
{
    struct handle_slot *slot;
    if (table->free_head != SLOT_NONE) {
        slot = &table->slots[table->free_head];
        table->free_head = slot->next_free;
    } else {
        uint32_t index = table->touched++;
        assert_cmp(index, <, table->size);
        slot = &table->slots[index];
        slot->object = NULL;
        slot->handle = SLOT_HIDDEN;
        slot->value = GENERATION_STEP | index;
    }
    table->used++;
    slot->state = SLOT_RESERVED;
    return slot;
}

static inline void free_slot(struct handle_table *table, struct handle_slot *slot) HOLDS(table->lock)
{
    slot->object = NULL;
    slot->handle = SLOT_HIDDEN;
    slot->value += GENERATION_STEP;
    if (slot->value < GENERATION_STEP) /* went round: 0 is no generation, for no handle is 0 */
        slot->value += GENERATION_STEP;
    slot->state = SLOT_FREE;
    slot->next_free = (uint16_t)table->free_head;
    table->free_head = slot->value & HANDLE_INDEX_MASK;
    table->used--;
}

static inline void fill_slot(struct handle_slot *slot, struct object *object, rights_t rights)
{
    slot->object = object;
    slot->rights = rights;
    slot->handle = slot->value;
    slot->state = SLOT_USED;
}

/* A slot that its holder knows to be in this state. */
static inline struct handle_slot *slot_in_state(struct handle_table *table, handle_t handle,
                                                enum slot_state state) HOLDS(table->lock)
{
    uint32_t index = handle & HANDLE_INDEX_MASK;
    assert_cmp(index, <, table->touched);
    struct handle_slot *slot = &table->slots[index];
    assert_cmp(slot->value, ==, handle);
    assert_cmp(slot->state, ==, state);
    return slot;
}

status_t handle_open(struct handle_table *table, struct object *object, rights_t rights)
{
    spin_lock(&table->lock);
    status_t st = make_room(table, 1);
    if (st == OK) {
        struct handle_slot *slot = take_slot(table);
        object_handle_opened(object);
        fill_slot(slot, object, rights);
        st = slot->value;
    }
    spin_unlock(&table->lock);
    return st;
}

status_t handle_get(struct handle_table *table, uint64_t handle, enum object_kind kind,
                    rights_t rights, struct object **object)
{
    spin_lock(&table->lock);
    status_t st = handle_look_up(table, handle, kind, rights, object);
    spin_unlock(&table->lock);
    return st;
}

status_t handle_get_rights(struct handle_table *table, uint64_t handle, enum object_kind kind,
                           rights_t needed, struct object **object, rights_t *rights)
{
    spin_lock(&table->lock);
    status_t st = handle_look_up(table, handle, kind, needed, object);
    if (st == OK)
        *rights = handle_slot_find(table, handle)->rights;
    spin_unlock(&table->lock);
    return st;
}

status_t handle_close(struct handle_table *table, uint64_t handle)
{
    spin_lock(&table->lock);
    struct handle_slot *slot = handle_slot_find(table, handle);
    if (slot == NULL) {
        spin_unlock(&table->lock);
        return ERR_INVALID_HANDLE;
    }
    struct object *object = slot->object;
    rights_t rights = slot->rights;
    free_slot(table, slot);
    spin_unlock(&table->lock);
    object_handle_closed(object, rights);
    return OK;
}

/* Turns RIGHTS_SAME into what it stands for. */
static status_t check_duplicate(struct handle_table *table, uint64_t handle, rights_t *rights,
                                struct object **object) HOLDS(table->lock)
{
    const struct handle_slot *slot = handle_slot_find(table, handle);
    if (slot == NULL)
        return ERR_INVALID_HANDLE;
    if (*rights == RIGHTS_SAME)
        *rights = slot->rights;
    if (!(slot->rights & RIGHT_DUPLICATE) || (*rights & ~slot->rights) ||
        (*rights & slot->object->type->unique))
        return ERR_PERMISSION_DENIED;
    *object = slot->object;
    return OK;
}

status_t handle_duplicate(struct handle_table *table, uint64_t handle, rights_t rights)
{
    struct object *object;
    if (rights != RIGHTS_SAME && (rights & ~RIGHTS_ALL))
        return ERR_INVALID_ARGUMENT;
    spin_lock(&table->lock);
    status_t st = check_duplicate(table, handle, &rights, &object);
    if (st == OK)
        st = make_room(table, 1);
    if (st == OK) /* again: make_room may have let go of the lock */
        st = check_duplicate(table, handle, &rights, &object);
    if (st == OK) {
        struct handle_slot *slot = take_slot(table);
        object_handle_opened(object);
        fill_slot(slot, object, rights);
        st = slot->value;
    }
    spin_unlock(&table->lock);
    return st;
}

status_t handle_describe(struct handle_table *table, uint64_t handle, struct handle_info *info)
{
    spin_lock(&table->lock);
    const struct handle_slot *slot = handle_slot_find(table, handle);
    if (slot != NULL)
        *info = (struct handle_info){
            .type = slot->object->type->kind,
            .rights = slot->rights,
            .id = slot->object->id,
        };
    spin_unlock(&table->lock);
    return slot != NULL ? OK : ERR_INVALID_HANDLE;
}

static void come_back(struct handle_table *table, const handle_t *handles, uint32_t count)
    HOLDS(table->lock)
{
    for (uint32_t i = 0; i < count; i++) {
        if (handles[i] == HANDLE_INVALID)
            continue;
        struct handle_slot *slot = slot_in_state(table, handles[i], SLOT_MOVING);
        slot->handle = slot->value;
        slot->state = SLOT_USED;
    }
}

/* Takes one handle out of sight; `i` of them are already. */
static inline status_t hide(struct handle_table *table, const handle_t *handles, uint32_t i,
                            struct handle_ref *ref) HOLDS(table->lock)
{
    struct handle_slot *slot = handle_slot_find(table, handles[i]);
    if (slot == NULL) {
        for (uint32_t j = 0; j < i; j++)
            if (handles[j] == handles[i])
                return ERR_INVALID_ARGUMENT;
        return ERR_INVALID_HANDLE;
    }
    if (!(slot->rights & RIGHT_TRANSFER))
        return ERR_PERMISSION_DENIED;
    slot->handle = SLOT_HIDDEN;
    slot->state = SLOT_MOVING;
    *ref = (struct handle_ref){ slot->object, slot->rights };
    return OK;
}

status_t handles_begin_move(struct handle_table *table, const handle_t *handles, uint32_t count,
                            bool allow_holes, struct handle_ref *refs)
{
    status_t st = OK;
    spin_lock(&table->lock);
    for (uint32_t i = 0; i < count && st == OK; i++) {
        if (handles[i] == HANDLE_INVALID && allow_holes)
            refs[i] = (struct handle_ref){ NULL, 0 };
        else
            st = hide(table, handles, i, &refs[i]);
        if (st < 0)
            come_back(table, handles, i);
    }
    spin_unlock(&table->lock);
    return st;
}

void handles_finish_move(struct handle_table *table, const handle_t *handles, uint32_t count)
{
    spin_lock(&table->lock);
    for (uint32_t i = 0; i < count; i++)
        if (handles[i] != HANDLE_INVALID)
            free_slot(table, slot_in_state(table, handles[i], SLOT_MOVING));
    spin_unlock(&table->lock);
}

void handles_cancel_move(struct handle_table *table, const handle_t *handles, uint32_t count)
{
    spin_lock(&table->lock);
    come_back(table, handles, count);
    spin_unlock(&table->lock);
}

status_t handles_reserve(struct handle_table *table, handle_t *handles, uint32_t count)
{
    spin_lock(&table->lock);
    status_t st = make_room(table, count);
    for (uint32_t i = 0; i < count && st == OK; i++)
        handles[i] = take_slot(table)->value;
    spin_unlock(&table->lock);
    return st;
}

void handles_install(struct handle_table *table, const handle_t *handles,
                     const struct handle_ref *refs, uint32_t count)
{
    spin_lock(&table->lock);
    for (uint32_t i = 0; i < count; i++)
        fill_slot(slot_in_state(table, handles[i], SLOT_RESERVED), refs[i].object,
                  refs[i].rights);
    spin_unlock(&table->lock);
}

/* A number that was told may have been seen already: freeing the slot makes it stale. */
void handles_unreserve(struct handle_table *table, const handle_t *handles, uint32_t count)
{
    spin_lock(&table->lock);
    for (uint32_t i = 0; i < count; i++)
        free_slot(table, slot_in_state(table, handles[i], SLOT_RESERVED));
    spin_unlock(&table->lock);
}
