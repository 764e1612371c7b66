/* SPDX-License-Identifier: MIT */
/*
 * port.c: sending, receiving, closing (guide 4.2). The structure, its invariants and the
 * interleavings to think of stand at struct port in port.h.
 */
#include "ipc/port/port.h"

#include "ipc/port/rights.h"
#include "ipc/port/topology.h"
#include "kernel/lib/panic.h"
#include "kernel/sched/waitq_direct.h"

/* With the receive side gone nobody is left who could receive. May run inside message_destroy. */
static void port_handle_closed(struct object *object, rights_t rights, bool last)
{
    (void)last;
    if (port_rights_receive(rights))
        port_close(port_of(object));
}

static void port_handle_moved(struct object *object, rights_t rights)
{
    if (port_rights_receive(rights))
        port_end_tenure(port_of(object), object);
}

static struct object *port_receives_from(struct object *object, rights_t rights)
{
    return port_rights_receive(rights) ? object : NULL;
}

static void port_destroy(struct object *object)
{
    struct port *port = port_of(object);
    assert(list_empty(&port->queue) && list_empty(&port->blocked) && port->parent == NULL);
    spare_fini(&port->spare);
    object_free(object);
}

static const struct object_type port_type = {
    .kind = OBJ_PORT,
    .rights = PORT_RIGHTS_FIRST,
    .unique = PORT_RIGHTS_UNIQUE,
    .handle_closed = port_handle_closed,
    .handle_moved = port_handle_moved,
    .receives_from = port_receives_from,
    .destroy = port_destroy,
};

/* The queue is a list: a great capacity costs nothing until it is used (P9). */
status_t port_create(struct account *account, uint64_t capacity, struct port **out)
{
    if (capacity == 0 || capacity > PORT_MAX_CAPACITY)
        return ERR_INVALID_ARGUMENT;
    struct object *object = object_new(&port_type, sizeof(struct port), 0, account);
    if (object == NULL)
        return ERR_OUT_OF_MEMORY;
    struct port *port = port_of(object);
    port->id = object->id;
    spinlock_init(&port->lock, RANK_IPC, "port");
    port->status = PORT_OPEN;
    port->capacity = (uint32_t)capacity;
    list_init(&port->queue);
    list_init(&port->blocked);
    waitq_init(&port->receivers, "a message in port", port->id);
    waitq_init(&port->senders, "room in port", port->id);
    if (spare_init(&port->spare, account) < 0) {
        object_put(object);
        return ERR_OUT_OF_MEMORY;
    }
    *out = port;
    return OK;
}

/* Why nothing can be queued any more. */
static status_t why_not(const struct port *port) HOLDS(port->lock)
{
    return port->status == PORT_CLOSED ? ERR_PORT_CLOSED : ERR_CANCELED;
}

/* OK if a message may be queued. The status is read under the lock that guards the queue (P3). */
static inline status_t check_room(const struct port *port, struct tenure tenure) HOLDS(port->lock)
{
    if (unlikely(port->status != PORT_OPEN))
        return why_not(port);
    if (unlikely(tenure_over(tenure)))
        return ERR_CANCELED;
    return likely(port->count < port->capacity) ? OK : ERR_QUEUE_FULL;
}

/*
 * Gives the message to the receiver that has waited longest, and returns that, to be woken by
 * the caller; NULL if none waits.
 */
static inline struct thread *give(struct port *port, struct message *msg) HOLDS(port->lock)
{
    struct thread *receiver = waitq_claim_one(&port->receivers);
    if (receiver != NULL)
        receiver->received = msg;
    return receiver;
}

static inline void enqueue(struct port *port, struct message *msg) HOLDS(port->lock)
{
    list_push_back(&port->queue, &msg->link);
    port->count++;
}

/* Sleeps until a receiver has queued the message for us (admit_sender): that alone is OK. */
static rarely status_t wait_for_room(struct port *port, struct message *msg, uint64_t deadline)
    HOLDS(port->lock)
{
    /*@ port.6 Leave the message on the list of blocked ones and sleep. OK: it has been queued,
     * and may be gone already. Anything else: it is still ours, and comes off the list. */
    msg->sender = current_thread();
    list_push_back(&port->blocked, &msg->link);
    status_t st = waitq_sleep(&port->senders, &port->lock, deadline);
    if (st == OK)
        return OK; /* the message may be received and freed by now */
    list_remove(&msg->link);
    return st == ERR_CANCELED ? why_not(port) : st;
    /*@ end => return lab_todo("port.6"); */
}

static struct message *blocked_by(const struct port *port, const struct thread *sender)
    HOLDS(port->lock)
{
    list_for_each(link, &port->blocked) {
        struct message *msg = list_entry(link, struct message, link);
        if (msg->sender == sender)
            return msg;
    }
    panic("thread %u waits for room without a message", sender->id);
}

/* There is room for one: it goes to the sender that has waited longest. */
static rarely void admit_sender(struct port *port) HOLDS(port->lock)
{
    if (port->count >= port->capacity)
        return;
    struct thread *sender = waitq_claim_one(&port->senders);
    if (sender == NULL)
        return; /* whoever is on the list is just giving up */
    struct message *msg = blocked_by(port, sender);
    list_remove(&msg->link);
    msg->order = port->next_order++;
    enqueue(port, msg);
    thread_ready(sender);
}

static inline status_t send_or_wait(struct port *port, struct tenure tenure, struct message *msg,
                                    uint64_t deadline, struct thread **receiver)
{
    /*@ port.2 Look and act under one lock: with room, number the message and give it to the
     * receiver that waits, or queue it if none does; without, wait if the deadline allows. */
    spin_lock(&port->lock);
    status_t st = check_room(port, tenure);
    if (likely(st == OK)) {
        msg->order = port->next_order++;
        *receiver = give(port, msg);
        if (*receiver == NULL)
            enqueue(port, msg);
    } else if (st == ERR_QUEUE_FULL && deadline != DEADLINE_POLL) {
        st = wait_for_room(port, msg, deadline);
    }
    spin_unlock(&port->lock);
    return st;
    /*@ end => return lab_todo("port.2"); */
}

/* The handle by which the call came may be among those it sends (a channel's end through itself): it waits on in the message. */
static struct tenure carried_on(struct tenure tenure, const struct message *msg)
{
    for (uint32_t i = 0; i < msg->handle_count; i++)
        if (msg->handles[i].object == tenure.object)
            tenure.number = tenure.object->moves; /* nobody else can move it meanwhile */
    return tenure;
}

/*
 * For a message that carries receive sides: whether they close a ring is decided in one step
 * with queueing it. If it must wait for room they are the port's children already: two
 * messages that wait for room in each other's cargo would never move again.
 *
 * Their old holder's tenure ends before topology_lock is released: whoever receives the message needs that lock
 * (topology_orphan), so by the time he can wait on one of them, no old waiter is left there (C8).
 */
static rarely status_t send_receive_sides(struct port *port, struct tenure tenure,
                                          struct message *msg, uint64_t deadline,
                                          struct thread **receiver)
{
    spin_lock(&topology_lock);
    status_t st = topology_adopt(port, msg);
    if (st == OK) {
        st = send_or_wait(port, tenure, msg, DEADLINE_POLL, receiver);
        if (st == OK || (st == ERR_QUEUE_FULL && deadline != DEADLINE_POLL))
            message_handles_moved(msg);
        else
            topology_disown(msg);
    }
    spin_unlock(&topology_lock);
    if (st != ERR_QUEUE_FULL || deadline == DEADLINE_POLL)
        return st;

    st = send_or_wait(port, carried_on(tenure, msg), msg, deadline, receiver);
    if (st < 0)
        topology_orphan(msg);
    return st;
}

status_t port_send_claiming(struct port *port, struct tenure tenure, struct message *msg,
                            uint64_t deadline, struct thread **receiver)
{
    *receiver = NULL;
    if (unlikely(msg->handle_count > 0) && topology_concerns(msg))
        return send_receive_sides(port, tenure, msg, deadline, receiver);
    return send_or_wait(port, tenure, msg, deadline, receiver);
}

/* Looks at the oldest message. */
static inline status_t find(const struct port *port, struct tenure tenure, struct message **msg)
    HOLDS(port->lock)
{
    if (unlikely(port->status == PORT_CLOSED))
        return ERR_PORT_CLOSED;
    if (unlikely(tenure_over(tenure)))
        return ERR_CANCELED;
    if (list_empty(&port->queue))
        return unlikely(port->status == PORT_DRAINING) ? ERR_PEER_CLOSED : ERR_EMPTY;
    *msg = list_entry(port->queue.next, struct message, link);
    return OK;
}

/* Takes it, if it fits. */
static inline status_t take(struct port *port, struct message *msg, struct message_room *room)
    HOLDS(port->lock)
{
    /*@ port.3 A message that does not fit stays where it is. One that does leaves the queue, and
     * its room goes to a sender that waits. */
    status_t st = message_check_room(msg, room);
    if (unlikely(st < 0))
        return st;
    list_remove(&msg->link);
    port->count--;
    if (unlikely(!list_empty(&port->blocked)))
        admit_sender(port);
    return OK;
    /*@ end => return lab_todo("port.3"); */
}

static inline status_t find_and_take(struct port *port, struct tenure tenure,
                                     struct message_room *room, struct message **msg)
    HOLDS(port->lock)
{
    status_t st = find(port, tenure, msg);
    return st == OK ? take(port, *msg, room) : st;
}

status_t port_try_recv(struct port *port, struct tenure tenure, struct message_room *room,
                       struct message **msg)
{
    spin_lock(&port->lock);
    status_t st = find_and_take(port, tenure, room, msg);
    spin_unlock(&port->lock);
    return st;
}

/* What a sender has given to this thread is taken already; if it does not fit, it goes back. */
static inline status_t accept(struct port *port, struct message *msg, struct message_room *room)
{
    status_t st = message_check_room(msg, room);
    if (unlikely(st < 0))
        port_cancel_recv(port, msg);
    return st;
}

/* Looking and going to sleep are one step (P1). Who is woken was given a message, or the port has changed. */
status_t port_recv_running(struct port *port, struct tenure tenure, struct message_room *room,
                           uint64_t deadline, struct thread *next, struct message **msg)
{
    /*@ port.4 Look, and while there is nothing sleep, so that no message or close can come
     * between. Who is woken was given a message, or must look again. next is made to run exactly
     * once: by the first sleep, or at the end if nobody slept. */
    spin_lock(&port->lock);
    status_t st = find_and_take(port, tenure, room, msg);
    while (st == ERR_EMPTY) {
        current_thread()->received = NULL;
        st = waitq_sleep_unlocking(&port->receivers, &port->lock, deadline, next);
        if (unlikely(st < 0))
            return st;
        *msg = current_thread()->received;
        if (likely(*msg != NULL))
            return accept(port, *msg, room);
        next = NULL;
        spin_lock(&port->lock);
        st = find_and_take(port, tenure, room, msg);
    }
    spin_unlock(&port->lock);
    if (unlikely(next != NULL))
        thread_ready(next);
    return st;
    /*@ end => if (next != NULL) thread_ready(next); return lab_todo("port.4"); */
}

/* Back to its place: before the first message that came later. Orders wrap, so only their distance counts. */
static void put_back(struct port *port, struct message *msg) HOLDS(port->lock)
{
    /*@ port.5 As if it had never been taken: to a receiver that waits by now, else to its old
     * place in the queue. */
    struct thread *receiver = give(port, msg);
    if (receiver != NULL) {
        thread_ready(receiver);
        return;
    }
    struct list *at = port->queue.next;
    while (at != &port->queue &&
           (int32_t)(list_entry(at, struct message, link)->order - msg->order) < 0)
        at = at->next;
    list_insert_before(at, &msg->link);
    port->count++;
    /*@ end => lab_todo("port.5"); */
}

void port_cancel_recv(struct port *port, struct message *msg)
{
    spin_lock(&port->lock);
    bool closed = port->status == PORT_CLOSED;
    if (!closed)
        put_back(port, msg);
    spin_unlock(&port->lock);
    if (!closed)
        return;
    topology_orphan(msg);
    message_destroy(msg);
}

static void destroy_all(struct list *messages)
{
    /* First the parents: message_destroy may put its work off until this port is freed. */
    list_for_each(link, messages)
        topology_orphan(list_entry(link, struct message, link));
    while (!list_empty(messages)) {
        struct message *msg = list_entry(messages->next, struct message, link);
        list_remove(&msg->link);
        message_destroy(msg);
    }
}

status_t port_close(struct port *port)
{
    /*@ port.1 In one step under the lock: no longer open, the queue emptied into a list of your
     * own, all receivers woken and all waiting senders called off. What was queued is destroyed
     * afterwards, without the lock. */
    struct list doomed = LIST_INIT(doomed);
    spin_lock(&port->lock);
    if (port->status == PORT_CLOSED) {
        spin_unlock(&port->lock);
        return ERR_PORT_CLOSED;
    }
    port->status = PORT_CLOSED;
    list_append(&doomed, &port->queue);
    waitq_wake_all(&port->receivers);
    waitq_cancel(&port->senders);
    spin_unlock(&port->lock);
    destroy_all(&doomed);
    return OK;
    /*@ end => return lab_todo("port.1"); */
}

void port_hang_up(struct port *port)
{
    /*@ channel.3 If the port is open it drains from now on: who waits for a message looks again,
     * who waits for room is called off. What is queued stays. */
    spin_lock(&port->lock);
    if (port->status == PORT_OPEN) {
        port->status = PORT_DRAINING;
        waitq_wake_all(&port->receivers);
        waitq_cancel(&port->senders);
    }
    spin_unlock(&port->lock);
    /*@ end => if (port->count > 0 || !list_empty(&port->receivers.waiters) || !list_empty(&port->blocked)) lab_todo("channel.3"); port_close(port); */
}

void port_end_tenure(struct port *port, struct object *holder)
{
    spin_lock(&port->lock);
    tenure_end(holder);
    waitq_cancel(&port->receivers);
    spin_unlock(&port->lock);
}

void port_end_senders_tenure(struct port *port)
{
    spin_lock(&port->lock);
    waitq_cancel(&port->senders);
    spin_unlock(&port->lock);
}
