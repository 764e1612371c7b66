/* SPDX-License-Identifier: MIT */
/*
 * rights.h: what a handle to a port allows (guide 4.2, rights.rs; P18).
 *
 * The port's rights are common ones under its own names (kernel/abi/rights.h). RECEIVE is
 * special: exactly one handle has it, the port's receive side. It can be moved but not
 * duplicated, so one process at a time can receive; and when that handle closes, nobody
 * ever can again: the port closes.
 */
#pragma once

#include "kernel/object/handle.h"

struct port;

/* OPERATION(name, the right it needs, what it does): the only list of what can be done with a port. */
#define PORT_OPERATION_LIST(OPERATION)                                \
    OPERATION(SEND, PORT_RIGHT_SEND, "queue a message")               \
    OPERATION(RECEIVE, PORT_RIGHT_RECEIVE, "take the oldest message") \
    OPERATION(CLOSE, PORT_RIGHT_MANAGE, "close the port for everyone")

#define PORT_OPERATION_ENUM(name, right, text) PORT_TO_##name,
enum port_operation { PORT_OPERATION_LIST(PORT_OPERATION_ENUM) PORT_OPERATIONS };
#undef PORT_OPERATION_ENUM

/* What port_create's handle has. */
#define PORT_RIGHTS_FIRST                                                         \
    (PORT_RIGHT_RECEIVE | PORT_RIGHT_SEND | PORT_RIGHT_MANAGE | RIGHT_DUPLICATE | \
     RIGHT_TRANSFER | RIGHT_WAIT)

/* What no second handle may have. */
#define PORT_RIGHTS_UNIQUE PORT_RIGHT_RECEIVE

/* The right that a handle must have for an operation. */
static inline rights_t port_rights_needed(enum port_operation operation)
{
#define PORT_OPERATION_RIGHT(name, right, text) [PORT_TO_##name] = (right),
    static const rights_t needed[] = { PORT_OPERATION_LIST(PORT_OPERATION_RIGHT) };
#undef PORT_OPERATION_RIGHT
    return needed[operation];
}

/* Whether a handle with these rights is a port's receive side. */
bool port_rights_receive(rights_t rights);

/* The port whose receive side this handle is, a port's own or a channel's end; NULL if it is none. */
struct port *port_received_by(const struct handle_ref *handle);
