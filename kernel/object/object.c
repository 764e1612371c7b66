/* SPDX-License-Identifier: MIT */
/* object.c: making and freeing objects, and the count of their handles; see object.h. */
#include "kernel/object/object.h"

#include "kernel/lib/panic.h"
#include "kernel/mm/kmalloc.h"

static atomic64_t last_id;
static atomic64_t handles_live;

void object_init(struct object *object, const struct object_type *type)
{
    object->type = type;
    object->id = atomic64_add(&last_id, 1);
    object->refs.value = 1;
}

struct object *object_new(const struct object_type *type, size_t size, uint64_t extra,
                          struct account *account)
{
    uint64_t charge = size + extra;
    if (account != NULL && account_charge(account, charge) < 0)
        return NULL;
    struct object *object = kzalloc(size);
    if (object == NULL) {
        if (account != NULL)
            account_uncharge(account, charge);
        return NULL;
    }
    object_init(object, type);
    if (account != NULL) {
        object->account = account_get(account);
        object->charge = charge;
    }
    return object;
}

void object_free(struct object *object)
{
    assert_cmp(object->handles.value, ==, 0);
    struct account *account = object->account;
    uint64_t charge = object->charge;
    kfree(object);
    if (account != NULL) {
        account_uncharge(account, charge);
        account_put(account);
    }
}

void object_handle_opened(struct object *object)
{
    object_get(object);
    atomic32_add(&object->handles, 1);
    atomic64_add(&handles_live, 1);
}

void object_handle_closed(struct object *object, rights_t rights)
{
    bool last = atomic32_add(&object->handles, -1) == 0;
    atomic64_add(&handles_live, -1);
    if (object->type->handle_closed != NULL)
        object->type->handle_closed(object, rights, last);
    object_put(object);
}

uint64_t object_handles_live(void)
{
    return atomic64_load(&handles_live);
}
