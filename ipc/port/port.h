/* SPDX-License-Identifier: MIT */
/*
 * port.h: a queue of messages with many senders and one receiver (guide 4.2).
 *
 * Messages come out in the order in which they went in, and who waits, for a message or for
 * room, is served in the order of coming.
 *
 * Life: port_create; port_close, or the closing of the receive side (rights.h), closes it
 * for good; the last reference frees it.
 */
#pragma once

#include "ipc/message/message.h"
#include "ipc/port/topology.h"
#include "kernel/object/object.h"
#include "kernel/sched/waitq.h"
#include "kernel/sync/spinlock.h"

enum port_status { PORT_OPEN, PORT_CLOSED };

/*
 * [I] set at creation   [p] port->lock   [t] topology_lock   [-] locks itself
 *
 * A message in the queue is free (waiter == NULL: the next who asks may have it) or promised to
 * `waiter`, a receiver that was woken for it and is not back yet. A sender that finds no room
 * leaves its message on `blocked`, with itself as `waiter`, and sleeps; the receiver that
 * makes room moves the message to the queue, and the sender wakes with nothing left to do.
 *
 * Waking a thread and giving it what it waits for are one step under the lock. So
 *   (1) while a receiver sleeps whom nobody has claimed, no message is free;
 *   (2) while a sender sleeps whom nobody has claimed, the queue is full.
 * Each looks before it sleeps; and whoever would change it, because a message comes, is put
 * back or is taken, serves the longest waiter before it lets go of the lock. Hence a newcomer
 * cannot overtake (P8), and the n-th waiter gets the n-th message, whichever CPU is faster.
 *
 * What can come between:
 *   A send or close between looking and sleeping: cannot. Both need the lock, and waitq_sleep lets
 *     go of it only when the thread is on the wait queue (P1, P2).
 *   A time-out or kill just as a message comes: a waiter is claimed once (waitq.h). Claimed by its
 *     timer, it is passed over, and the message goes to the next or is free (P7). Claimed by the
 *     sender, it has its message, whatever the clock says. The same with room: a sender
 *     claimed by its timer finds its message still on `blocked` and takes it back.
 *   A receiver that cannot take what it was promised (too small a buffer, killed): the message has
 *     not left its place; it goes to the next sleeper or is free.
 *   A receiver that cannot deliver what it has taken (bad address, no slots): puts it back where it was,
 *     by its `order`. Its room may be taken by then: the queue is over-full by that one (P19).
 *   Close: what is queued is destroyed, and the promised receiver, which looks at the status
 *     first, finds the port closed. What has been taken belongs to its receiver. Blocked
 *     senders are woken by waitq_cancel, so that OK means "queued" to them even if the port
 *     was closed before they ran again.
 */
struct port {
    struct object object;
    uint64_t id;             /* [I] the guide's PortId: for people's eyes, no authority (P16) */
    struct spinlock lock;    /* rank IPC */
    enum port_status status; /* [p] (P4) */
    uint32_t capacity;       /* [I] messages */
    uint32_t count;          /* [p] messages in `queue` */
    uint32_t next_order;     /* [p] of the next message; wraps */
    struct list queue;       /* [p] struct message, oldest first */
    struct list blocked;     /* [p] struct message, whose senders wait; oldest first */
    struct waitq receivers;  /* [p] woken by: a message is theirs, close */
    struct waitq senders;    /* [p] woken by: their message is queued, close (P6) */
    struct port *parent;     /* [t] which port holds the receive side: topology.h */
};

static inline struct port *port_of(struct object *object)
{
    return (struct port *)object;
}

/*
 * An open port for 1..PORT_MAX_CAPACITY messages, with one reference and no handle, charged to `account`.
 * ERR_INVALID_ARGUMENT (capacity), ERR_OUT_OF_MEMORY. Does not block. Guide: Port::new.
 */
must_check status_t port_create(struct account *account, uint64_t capacity, struct port **port);

/*
 * In all that follows the caller holds a reference to the port, and no spinlock.
 *
 * Queues a message, which is the port's from then on; on any error it is still the caller's, as it was
 * (P20). While the queue is full: ERR_QUEUE_FULL with DEADLINE_POLL, else sleeps: ERR_TIMED_OUT, ERR_KILLED.
 * ERR_PORT_CLOSED, also if it closes meanwhile. ERR_CYCLE: see topology.h. Guide: send.
 */
must_check status_t port_send(struct port *port, struct message *msg, uint64_t deadline);

/*
 * Takes the oldest message that nobody else has, if it fits `room`: it is this thread's to deliver, and
 * exactly one of port_finish_recv and port_cancel_recv must follow. ERR_EMPTY; ERR_PORT_CLOSED; ERR_KILLED;
 * ERR_BUFFER_TOO_SMALL, with room->header filled in. Guide: try_recv.
 */
must_check status_t port_try_recv(struct port *port, struct message_room *room,
                                  struct message **msg);

/* The same, but sleeps while there is none: ERR_TIMED_OUT, at once for DEADLINE_POLL. Guide: recv. */
must_check status_t port_recv(struct port *port, struct message_room *room, uint64_t deadline,
                              struct message **msg);

/* A taken message is about to arrive in a handle table: what it carries is in no port any more. */
static inline void port_finish_recv(struct message *msg)
{
    if (unlikely(msg->handle_count > 0))
        topology_orphan(msg);
}

/* It could not be delivered: as if it had not been taken; destroyed if the port was closed meanwhile. */
void port_cancel_recv(struct port *port, struct message *msg);

/*
 * Closes the port for everyone: destroys its queue and what that carries (P5), wakes all who wait.
 * ERR_PORT_CLOSED if it is closed already. Does not block. Guide: close.
 */
status_t port_close(struct port *port);
