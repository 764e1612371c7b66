/* SPDX-License-Identifier: MIT */
/* rights.c: what makes a handle a port's receive side; see rights.h. */
#include "ipc/port/rights.h"

#include "ipc/port/port.h"

_Static_assert((PORT_RIGHT_RECEIVE & (PORT_RIGHT_SEND | PORT_RIGHT_MANAGE)) == 0 &&
                   (PORT_RIGHT_SEND & PORT_RIGHT_MANAGE) == 0,
               "each right of a port can be given without the others");

bool port_rights_receive(rights_t rights)
{
    return (rights & PORT_RIGHT_RECEIVE) != 0;
}

struct port *port_received_by(const struct handle_ref *handle)
{
    const struct object_type *type = handle->object->type;
    if (type->receives_from == NULL)
        return NULL;
    struct object *object = type->receives_from(handle->object, handle->rights);
    return object != NULL ? port_of(object) : NULL;
}
