/* SPDX-License-Identifier: MIT */
/* system.c: see system.h. All it has is its handles' rights. */
#include "kernel/object/system.h"

static const struct object_type system_type = { .kind = OBJ_SYSTEM, .rights = SYSTEM_RIGHTS };
static struct object machine;

void system_init(void)
{
    object_init(&machine, &system_type);
}

struct object *system_object(void)
{
    return &machine;
}
