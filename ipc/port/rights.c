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
    bool is_port = handle->object->type->kind == OBJ_PORT;
    return is_port && port_rights_receive(handle->rights) ? port_of(handle->object) : NULL;
}
