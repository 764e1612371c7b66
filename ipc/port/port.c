/* SPDX-License-Identifier: MIT */
/*
 * port.c: sending, receiving, closing (guide 4.2). The structure, its invariants and the
 * interleavings to think of stand at struct port in port.h.
 */
#include "ipc/port/port.h"

#include "ipc/port/rights.h"
#include "ipc/port/topology.h"
#include "kernel/lib/panic.h"
#include "kernel/sched/thread.h"

/* With the receive side gone nobody is left who could receive. May run inside message_destroy. */
static void port_handle_closed(struct object *object, rights_t rights, bool last)
{
    (void)last;
    if (port_rights_receive(rights))
        port_close(port_of(object));
}

static void port_destroy(struct object *object)
{
    struct port *port = port_of(object);
    assert(list_empty(&port->queue) && list_empty(&port->blocked) && port->parent == NULL);
    object_free(object);
}

static const struct object_type port_type = {
    .kind = OBJ_PORT,
    .rights = PORT_RIGHTS_FIRST,
    .unique = PORT_RIGHTS_UNIQUE,
    .handle_closed = port_handle_closed,
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
    *out = port;
    return OK;
}

/* The first message on a list that belongs to `waiter`; for NULL the first free one. */
static inline struct message *first_of(const struct list *list, const struct thread *waiter)
{
    list_for_each(link, list) {
        struct message *msg = list_entry(link, struct message, link);
        if (msg->waiter == waiter)
            return msg;
    }
    return NULL;
}

/* A message in the queue is free: promises it to the longest waiter, if one waits. */
static inline void offer(struct port *port, struct message *msg) HOLDS(port->lock)
{
    msg->waiter = waitq_wake_one(&port->receivers);
}

static inline void enqueue(struct port *port, struct message *msg) HOLDS(port->lock)
{
    msg->order = port->next_order++;
    list_push_back(&port->queue, &msg->link);
    port->count++;
    offer(port, msg);
}

/* OK if a message may be queued. The status is read under the lock that guards the queue (P3). */
static inline status_t check_room(const struct port *port) HOLDS(port->lock)
{
    if (port->status == PORT_CLOSED)
        return ERR_PORT_CLOSED;
    return port->count < port->capacity ? OK : ERR_QUEUE_FULL;
}

/* Sleeps until a receiver has queued the message for us (admit_sender): that alone is OK. */
static rarely status_t wait_for_room(struct port *port, struct message *msg, uint64_t deadline)
    HOLDS(port->lock)
{
    msg->waiter = current_thread();
    list_push_back(&port->blocked, &msg->link);
    status_t st = waitq_sleep(&port->senders, &port->lock, deadline);
    if (st == OK)
        return OK; /* the message may be received and freed by now */
    list_remove(&msg->link);
    return st == ERR_CANCELED ? ERR_PORT_CLOSED : st;
}

/* If there is room it goes to the sender that has waited longest. */
static rarely void admit_sender(struct port *port) HOLDS(port->lock)
{
    if (port->count >= port->capacity)
        return;
    const struct thread *sender = waitq_wake_one(&port->senders);
    if (sender == NULL)
        return; /* whoever is on the list is just giving up */
    struct message *msg = first_of(&port->blocked, sender);
    list_remove(&msg->link);
    enqueue(port, msg);
}

static inline status_t send_or_wait(struct port *port, struct message *msg, uint64_t deadline)
{
    spin_lock(&port->lock);
    status_t st = check_room(port);
    if (likely(st == OK))
        enqueue(port, msg);
    else if (st == ERR_QUEUE_FULL && deadline != DEADLINE_POLL)
        st = wait_for_room(port, msg, deadline);
    spin_unlock(&port->lock);
    return st;
}

/*
 * For a message that carries receive sides: whether they close a ring is decided in one step
 * with queueing it. If it must wait for room they are the port's children already: two
 * messages that wait for room in each other's cargo would never move again.
 */
static rarely status_t send_receive_sides(struct port *port, struct message *msg, uint64_t deadline)
{
    spin_lock(&topology_lock);
    spin_lock(&port->lock);
    status_t st = check_room(port);
    bool wait = st == ERR_QUEUE_FULL && deadline != DEADLINE_POLL;
    if (st == OK || wait)
        st = topology_adopt(port, msg);
    if (st == OK && !wait)
        enqueue(port, msg);
    spin_unlock(&port->lock);
    spin_unlock(&topology_lock);
    if (st < 0 || !wait)
        return st;

    st = send_or_wait(port, msg, deadline);
    if (st < 0)
        topology_orphan(msg);
    return st;
}

status_t port_send(struct port *port, struct message *msg, uint64_t deadline)
{
    if (unlikely(msg->handle_count > 0) && topology_concerns(msg))
        return send_receive_sides(port, msg, deadline);
    return send_or_wait(port, msg, deadline);
}

/* Finds the message that was promised to `receiver`, for NULL the first free one. */
static inline status_t find(const struct port *port, const struct thread *receiver,
                            struct message **msg) HOLDS(port->lock)
{
    if (unlikely(port->status == PORT_CLOSED))
        return ERR_PORT_CLOSED;
    *msg = first_of(&port->queue, receiver);
    return *msg != NULL ? OK : ERR_EMPTY;
}

/* Takes a message that was found, if it fits. */
static inline status_t take(struct port *port, struct message *msg, struct message_room *room)
    HOLDS(port->lock)
{
    bool killed = atomic32_load(&current_thread()->killed);
    status_t st = unlikely(killed) ? ERR_KILLED : message_check_room(msg, room);
    if (unlikely(st < 0)) {
        offer(port, msg);
        return st;
    }
    list_remove(&msg->link);
    port->count--;
    if (!list_empty(&port->blocked))
        admit_sender(port);
    return OK;
}

status_t port_try_recv(struct port *port, struct message_room *room, struct message **msg)
{
    spin_lock(&port->lock);
    status_t st = find(port, NULL, msg);
    if (st == OK)
        st = take(port, *msg, room);
    spin_unlock(&port->lock);
    return st;
}

/* Looking and going to sleep are one step (P1). Who is woken has a message, or the port is closed. */
status_t port_recv(struct port *port, struct message_room *room, uint64_t deadline,
                   struct message **out)
{
    struct message *msg = NULL;
    spin_lock(&port->lock);
    status_t st = find(port, NULL, &msg);
    while (st == ERR_EMPTY) {
        st = waitq_sleep(&port->receivers, &port->lock, deadline);
        if (likely(st == OK))
            st = find(port, current_thread(), &msg);
    }
    if (likely(st == OK)) {
        st = take(port, msg, room);
        *out = msg;
    }
    spin_unlock(&port->lock);
    return st;
}

/* Back to its place: before the first message that came later. Orders wrap, so only their distance counts. */
static void put_back(struct port *port, struct message *msg) HOLDS(port->lock)
{
    struct list *at = port->queue.next;
    while (at != &port->queue &&
           (int32_t)(list_entry(at, struct message, link)->order - msg->order) < 0)
        at = at->next;
    list_insert_before(at, &msg->link);
    port->count++;
    offer(port, msg);
}

void port_cancel_recv(struct port *port, struct message *msg)
{
    spin_lock(&port->lock);
    bool open = port->status == PORT_OPEN;
    if (open)
        put_back(port, msg);
    spin_unlock(&port->lock);
    if (open)
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
}
