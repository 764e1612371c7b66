/* SPDX-License-Identifier: MIT */
/*
 * topology.h: which port holds which port's receive side (ERR_CYCLE; C5).
 *
 * A message may carry the receive side of a port. If it lies in that port's own queue, nobody
 * can ever take it out: queue, message and port would keep each other alive for ever. The
 * same goes for a ring of ports, each in the next one's queue.
 *
 * A port has one receive side (rights.h), so while that is in flight exactly one port
 * holds it: its parent. So the ports form trees, and sending receive sides closes a ring if
 * and only if one of them belongs to the destination or to an ancestor of it.
 *
 * Lock: one for all ports, rank TOPOLOGY, taken before port->lock. It guards every
 * port->parent; only messages that carry a receive side ever need it.
 *
 * Invariant: port->parent is the port in whose queue, or among whose blocked senders, the
 * message with port's receive side is, or by whose receiver it is just being taken apart; NULL while that is in a handle table.
 *
 * A parent pointer holds no reference and cannot dangle. Whoever takes a message away from a
 * port (receiver, close, a sender that gives up) calls topology_orphan while it still
 * holds a reference to that port. And a port is freed only after it was closed, for it
 * closes when its receive side does, and a closed port holds nothing for good.
 *
 * The way up is not long: each step is a handle in flight, of which a process may have
 * HANDLES_IN_FLIGHT_MAX.
 */
#pragma once

#include "ipc/message/message.h"
#include "kernel/sync/spinlock.h"

struct port;

extern struct spinlock topology_lock;

/* Whether the message carries a receive side at all. */
bool topology_concerns(const struct message *msg);

/* Makes `parent` the parent of what the message carries. ERR_CYCLE: then nothing has changed. */
must_check status_t topology_adopt(struct port *parent, const struct message *msg)
    HOLDS(topology_lock);

/* What the message carries has no parent any more. */
void topology_disown(const struct message *msg) HOLDS(topology_lock);

/* The same. Takes topology_lock, if there is anything to do. */
void topology_orphan(const struct message *msg);
