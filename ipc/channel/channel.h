/* SPDX-License-Identifier: MIT */
/*
 * channel.h: two connected ends (guide 4.3): a crossed pair of ports (C2).
 *
 *     end 0  --- send ---> port A --- recv --->  end 1
 *     end 0  <--- recv --- port B <--- send ---  end 1
 *
 * An end has one handle, which is its receive side and its only way to send: it can be moved but not
 * duplicated. So each port has one receiver and one sender, and either end sees when the other is gone.
 *
 * Life: channel_create makes both ends. When an end's handle closes, the port it receives from closes, with all
 * that is queued there, and the port it sends to drains: the peer can take what was sent before (C3). The ends
 * are objects of their own, and each holds a reference to both ports: so nothing is freed twice or too
 * early, whichever end goes first (C1, C4).
 *
 * Both ends close at once, on two CPUs: one closes B and drains A, the other closes A and drains B. Each
 * port's lock puts its two in an order, and either order leaves it closed: draining does nothing to a
 * closed port. No lock is held over both.
 *
 * Rings of ends in each other's queues are refused by ipc/port/topology.h, for which an end is the receive
 * side of its port (C5).
 */
#pragma once

#include "ipc/port/port.h"

#define CHANNEL_RIGHTS (RIGHT_READ | RIGHT_WRITE | RIGHT_TRANSFER | RIGHT_WAIT)

/* [I] set at creation; all that changes is in the ports */
struct channel_end {
    struct object object;
    struct port *send; /* [I] a reference, without a handle: the peer receives from it */
    struct port *recv; /* [I] a reference, without a handle: the peer sends to it */
};

static inline struct channel_end *channel_end_of(struct object *object)
{
    return (struct channel_end *)object;
}

/*
 * A pair, each end with one reference and no handle yet, charged to `account`. ERR_OUT_OF_MEMORY. Does not block.
 * Guide: Channel::create_pair.
 */
must_check status_t channel_create(struct account *account, struct channel_end *ends[2]);
