/* SPDX-License-Identifier: MIT */
/* sys_port.c: what a system call about a port makes of handles, rights and user addresses. */
#include "ipc/port/sys_port.h"

#include "ipc/message/sys_message.h"
#include "ipc/port/port.h"
#include "ipc/port/rights.h"
#include "kernel/mm/usercopy.h"
#include "kernel/object/process.h"

/* The port that a handle names, with a reference: it stays whatever becomes of the handle (P17). */
static inline status_t port_get(uint64_t handle, enum port_operation operation,
                                struct port **port)
{
    struct object *object;
    status_t st = handle_get(&current_process()->handles, handle, OBJ_PORT,
                             port_rights_needed(operation), &object);
    if (st < 0)
        return st;
    *port = port_of(object);
    return OK;
}

status_t sys_port_create(uint64_t capacity)
{
    struct process *self = current_process();
    struct port *port;
    status_t st = port_create(self->account, capacity, &port);
    if (st < 0)
        return st;
    st = handle_open(&self->handles, &port->object, PORT_RIGHTS_FIRST);
    object_put(&port->object);
    return st;
}

status_t sys_port_send(uint64_t handle, uaddr_t args_at, uint64_t deadline)
{
    struct message_args args;
    struct message_sending sending;
    struct port *port;
    status_t st = copy_from_user(&args, args_at, sizeof args);
    if (st < 0)
        return st;
    st = port_get(handle, PORT_TO_SEND, &port);
    if (st < 0)
        return st;
    st = message_from_user(&args, &sending);
    if (st < 0)
        goto put;
    st = port_send(port, sending.msg, deadline);
    if (st == OK)
        message_sent(&sending);
    else
        message_not_sent(&sending);
put:
    object_put(&port->object);
    return st;
}

/* Delivers a taken message; if that fails, it is back where it was. */
static inline status_t deliver(struct port *port, struct message *msg,
                               const struct message_args *args, uaddr_t args_at)
{
    handle_t slots[MESSAGE_MAX_HANDLES];
    status_t st = message_to_user(msg, args, args_at, slots);
    if (st < 0) {
        port_cancel_recv(port, msg);
        return st;
    }
    /* The point of no return. */
    port_finish_recv(msg);
    message_received(msg, slots);
    return OK;
}

static inline __attribute__((always_inline)) status_t receive(uint64_t handle, uaddr_t args_at,
                                                              bool may_wait, uint64_t deadline)
{
    struct message_args args;
    struct message *msg;
    struct port *port;
    status_t st = copy_from_user(&args, args_at, sizeof args);
    if (st < 0)
        return st;
    st = port_get(handle, PORT_TO_RECEIVE, &port);
    if (st < 0)
        return st;
    struct message_room room; /* its header is filled in if it is needed */
    room.data_capacity = args.data_capacity;
    room.handle_capacity = args.handle_capacity;
    st = may_wait ? port_recv(port, &room, deadline, &msg) : port_try_recv(port, &room, &msg);
    if (st == OK)
        st = deliver(port, msg, &args, args_at);
    else if (st == ERR_BUFFER_TOO_SMALL)
        st = message_tell_header(args_at, &room.header, st);
    object_put(&port->object);
    return st;
}

status_t sys_port_try_recv(uint64_t handle, uaddr_t args_at)
{
    return receive(handle, args_at, false, DEADLINE_POLL);
}

status_t sys_port_recv(uint64_t handle, uaddr_t args_at, uint64_t deadline)
{
    return receive(handle, args_at, true, deadline);
}

status_t sys_port_close(uint64_t handle)
{
    struct port *port;
    status_t st = port_get(handle, PORT_TO_CLOSE, &port);
    if (st < 0)
        return st;
    st = port_close(port);
    object_put(&port->object);
    return st;
}
