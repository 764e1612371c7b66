/* SPDX-License-Identifier: MIT */
/* rights.c: the rights of ports, in one table; see rights.h. */
#include "ipc/port/rights.h"

#include "ipc/port/port.h"
#include "kernel/object/process.h"

_Static_assert((PORT_RIGHT_RECEIVE & (PORT_RIGHT_SEND | PORT_RIGHT_MANAGE)) == 0 &&
                   (PORT_RIGHT_SEND & PORT_RIGHT_MANAGE) == 0,
               "each right of a port can be given without the others");

rights_t port_rights_needed(enum port_operation operation)
{
#define PORT_OPERATION_RIGHTS(name, right, text) [PORT_TO_##name] = (right),
    static const rights_t needed[] = { PORT_OPERATION_LIST(PORT_OPERATION_RIGHTS) };
#undef PORT_OPERATION_RIGHTS
    return needed[operation];
}

/* The reference keeps the port, whatever becomes of the handle meanwhile (P17). */
status_t port_get(uint64_t handle, enum port_operation operation, struct port **port)
{
    struct object *object;
    status_t st = handle_get(&current_process()->handles, handle, OBJ_PORT,
                             port_rights_needed(operation), &object);
    if (st == OK)
        *port = port_of(object);
    return st;
}

struct port *port_received_by(const struct handle_ref *handle)
{
    bool receive_side = handle->object->type->kind == OBJ_PORT &&
                        (handle->rights & PORT_RIGHT_RECEIVE) != 0;
    return receive_side ? port_of(handle->object) : NULL;
}
