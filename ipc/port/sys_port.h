/* SPDX-License-Identifier: MIT */
/*
 * sys_port.h: the system calls about ports; their contracts stand in user/lib/ponte.h. And for channels, which
 * are pairs of ports: between a port and the memory of the program that calls.
 */
#pragma once

#include "ipc/message/sys_message.h"
#include "ipc/port/port.h"

status_t sys_port_create(uint64_t capacity);
status_t sys_port_send(uint64_t port, uaddr_t args, uint64_t deadline);
status_t sys_port_try_recv(uint64_t port, uaddr_t args);
status_t sys_port_recv(uint64_t port, uaddr_t args, uint64_t deadline);
status_t sys_port_close(uint64_t port);

/* port_send_claiming of a message that is built from the program's arguments. */
must_check static inline status_t port_send_from_user(struct port *port, struct tenure tenure,
                                                      const struct message_args *args,
                                                      uint64_t deadline, struct thread **receiver)
{
    struct message_sending sending;
    *receiver = NULL;
    status_t st = message_from_user(args, &port->spare, &sending);
    if (unlikely(st < 0))
        return st;
    st = port_send_claiming(port, tenure, sending.msg, deadline, receiver);
    if (likely(st == OK))
        message_sent(&sending);
    else
        message_not_sent(&sending);
    return st;
}

/* Delivers a taken message; if that fails, it is back where it was. */
must_check static inline status_t port_deliver(struct port *port, struct message *msg,
                                               const struct message_args *args, uaddr_t args_at)
{
    handle_t slots[MESSAGE_MAX_HANDLES];
    status_t st = message_to_user(msg, args, args_at, slots);
    if (unlikely(st < 0)) {
        port_cancel_recv(port, msg);
        return st;
    }
    /* The point of no return. */
    port_finish_recv(msg);
    message_received(msg, slots);
    return OK;
}

/* Whether to wait, until when, and whom to wake and run meanwhile: NULL, nobody. */
struct port_wait {
    bool may_wait;
    uint64_t deadline;
    struct thread *next;
};

/* port_recv_running, or port_try_recv, and delivery to the program. */
must_check static inline __attribute__((always_inline)) status_t
port_recv_to_user(struct port *port, struct tenure tenure, const struct message_args *args,
                  uaddr_t args_at, struct port_wait wait)
{
    struct message *msg;
    struct message_room room; /* its header is filled in if it is needed */
    room.data_capacity = args->data_capacity;
    room.handle_capacity = args->handle_capacity;
    status_t st = wait.may_wait
                      ? port_recv_running(port, tenure, &room, wait.deadline, wait.next, &msg)
                      : port_try_recv(port, tenure, &room, &msg);
    if (likely(st == OK))
        return port_deliver(port, msg, args, args_at);
    return st == ERR_BUFFER_TOO_SMALL ? message_tell_header(args_at, &room.header, st) : st;
}
