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
#include "kernel/sched/thread.h"
#include "kernel/sched/waitq.h"
#include "kernel/sync/spinlock.h"

enum port_status {
    PORT_OPEN,
    PORT_DRAINING, /* no sender is left: what is queued can still be received (a channel's peer has closed) */
    PORT_CLOSED,   /* no receiver is left */
};

/*
 * [I] set at creation   [p] port->lock   [t] topology_lock   [-] locks itself
 *
 * Who sends while a receiver sleeps gives it the message, and the queue never sees it. Who finds no room
 * leaves the message on `blocked`, with itself as its `sender`, and sleeps; the receiver that makes room moves
 * it to the queue, and the sender wakes with nothing left to do.
 *
 * Choosing a waiter and giving it what it waits for are one step under the lock. So
 *   (1) while a receiver sleeps whom nobody has claimed, the queue is empty;
 *   (2) while a sender sleeps whom nobody has claimed, the queue is full.
 * Each looks before it sleeps; and whoever would change it, because a message comes, is put
 * back or is taken, serves the longest waiter before it lets go of the lock. Hence a newcomer
 * cannot overtake (P8), and the n-th waiter gets the n-th message, whichever CPU is faster.
 *
 * What can come between:
 *   A send or close between looking and sleeping: cannot. Both need the lock, and waitq_sleep lets
 *     go of it only when the thread is on the wait queue (P1, P2).
 *   Anything between the choice of a receiver and its waking: it sleeps on, claimed, with its message. Nobody else can
 *     end that sleep, so the sender wakes it on every path, and waits for nothing before it does.
 *   A time-out or kill just as a message comes: a waiter is claimed once (waitq.h). Claimed by its
 *     timer, it is passed over, and the message goes to the next or is queued (P7). Claimed by the
 *     sender, it has its message, whatever the clock says. The same with room: a sender
 *     claimed by its timer finds its message still on `blocked` and takes it back.
 *   A receiver that cannot deliver what it has taken or was given (too small a buffer, bad address, no slots):
 *     puts it back where it was, by its `order`. Its room may be taken by then: the queue is over-full
 *     by that one (P19).
 *   The receive side moves to another holder while threads of the old one wait or have only looked the handle up:
 *     their tenure is over (object.h). Each sees that under the lock: ERR_CANCELED (C8).
 *   Close: what is queued is destroyed. What has been taken or given belongs to its receiver. Blocked
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
    struct spare spare;      /* [-] its own small message, when not under way */
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
 * In all that follows the caller holds a reference to the port, and no spinlock. `tenure` is that of the
 * unique handle by which the call came; when it is over: ERR_CANCELED.
 *
 * Queues a message, which is the port's from then on; on any error it is still the caller's, as it was
 * (P20). *receiver becomes the waiter to which it is promised, claimed but not awake (waitq_claim_one), or NULL. While the
 * queue is full: ERR_QUEUE_FULL with DEADLINE_POLL, else sleeps: ERR_TIMED_OUT, ERR_KILLED. ERR_PORT_CLOSED, also if it
 * closes meanwhile; ERR_CANCELED if it drains. ERR_CYCLE: see topology.h.
 */
must_check status_t port_send_claiming(struct port *port, struct tenure tenure, struct message *msg,
                                       uint64_t deadline, struct thread **receiver);

/* The same, and wakes the receiver. Guide: send. */
must_check static inline status_t port_send(struct port *port, struct message *msg,
                                            uint64_t deadline)
{
    struct thread *receiver;
    status_t st = port_send_claiming(port, TENURE_ENDLESS, msg, deadline, &receiver);
    if (receiver != NULL)
        thread_ready(receiver);
    return st;
}

/*
 * Takes the oldest message that nobody else has, if it fits `room`: it is this thread's to deliver, and
 * exactly one of port_finish_recv and port_cancel_recv must follow. ERR_EMPTY; ERR_PORT_CLOSED; ERR_PEER_CLOSED (it has
 * drained); ERR_BUFFER_TOO_SMALL, with room->header filled in. Guide: try_recv.
 */
must_check status_t port_try_recv(struct port *port, struct tenure tenure,
                                  struct message_room *room, struct message **msg);

/*
 * The same, but sleeps while there is none: ERR_TIMED_OUT, at once for DEADLINE_POLL; ERR_KILLED. `next`, a claimed thread or
 * NULL, is woken, and runs at once if this one sleeps.
 */
must_check status_t port_recv_running(struct port *port, struct tenure tenure,
                                      struct message_room *room, uint64_t deadline,
                                      struct thread *next, struct message **msg);

/* The same without another to run. Guide: recv. */
must_check static inline status_t port_recv(struct port *port, struct tenure tenure,
                                            struct message_room *room, uint64_t deadline,
                                            struct message **msg)
{
    return port_recv_running(port, tenure, room, deadline, NULL, msg);
}

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

/*
 * Nobody will send any more: what is queued can still be received, then there is ERR_PEER_CLOSED. Wakes who waits for a
 * message; who waits for room gets ERR_CANCELED. Nothing if it is closed or draining already. Does not block.
 */
void port_hang_up(struct port *port);

/*
 * The receive side, which is `holder`'s unique handle, goes to another holder: ends the tenure, and calls off who waits. The next two are
 * called when handles move (object.h, handle_moved); RANK_TOPOLOGY or nothing is held.
 */
void port_end_tenure(struct port *port, struct object *holder);

/* Calls off who waits for room, after the tenure of their handle has ended: where the send side is unique too. Locks as above. */
void port_end_senders_tenure(struct port *port);
