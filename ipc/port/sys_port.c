/* SPDX-License-Identifier: MIT */
/* sys_port.c: what a system call about a port makes of handles, rights and user addresses. */
#include "ipc/port/sys_port.h"

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
    struct thread *receiver;
    struct port *port;
    status_t st = copy_from_user(&args, args_at, sizeof args);
    if (st < 0)
        return st;
    st = port_get(handle, PORT_TO_SEND, &port);
    if (st < 0)
        return st;
    st = port_send_from_user(port, TENURE_ENDLESS, &args, deadline, &receiver);
    if (receiver != NULL)
        thread_ready(receiver);
    object_put(&port->object);
    return st;
}

static inline __attribute__((always_inline)) status_t receive(uint64_t handle, uaddr_t args_at,
                                                              struct port_wait wait)
{
    struct message_args args;
    struct tenure tenure;
    struct object *object;
    status_t st = copy_from_user(&args, args_at, sizeof args);
    if (st < 0)
        return st;
    st = handle_get_unique(&current_process()->handles, handle, OBJ_PORT,
                           port_rights_needed(PORT_TO_RECEIVE), &object, &tenure);
    if (st < 0)
        return st;
    st = port_recv_to_user(port_of(object), tenure, &args, args_at, wait);
    object_put(object);
    return st;
}

status_t sys_port_try_recv(uint64_t handle, uaddr_t args_at)
{
    return receive(handle, args_at, (struct port_wait){ .may_wait = false });
}

status_t sys_port_recv(uint64_t handle, uaddr_t args_at, uint64_t deadline)
{
    return receive(handle, args_at, (struct port_wait){ .may_wait = true, .deadline = deadline });
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
