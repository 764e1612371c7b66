/* SPDX-License-Identifier: MIT */
/*
 * ipc.h: communication between processes at a glance (the guide's mod.rs).
 *
 *   message/  an envelope in kernel memory: bytes that were copied in, handles that were
 *             moved in.                                                            lab 1
 *   port/     a queue of messages: many may send, one may receive.                 lab 2
 *   channel/  two connected ends, a crossed pair of ports.                         lab 3
 *   pipe/     a stream of bytes, writers at one end and readers at the other.       lab 4
 *   shm/      memory in several address spaces.                                     lab 5
 *   futex/    waiting for a word of memory to change.                               lab 6
 *
 * The way of a message, and the function that takes each step:
 *
 *   sender's memory and handle table
 *      |  message_from_user    check, allocate, charge, copy; its handles go out of sight
 *      |  port_send            closed, full, a ring: decided and queued, or given to a
 *      |                       receiver that waits, in one step
 *      v  message_sent         the handles have left the sender for good
 *   the port's queue
 *      |  port_recv            the oldest, if it fits
 *      |  message_to_user      reserve slots, copy: all that can fail; then it goes back
 *      |                       to its place (port_cancel_recv)
 *      |  port_finish_recv     the point of no return
 *      v  message_received     the handles enter their slots, the envelope is freed
 *   receiver's memory and handle table
 *
 * Three rules hold everywhere. Nothing is reached but through a handle that is valid and has
 * the right. All of an operation happens, or none of it: a message is wholly with the
 * sender, in the queue, or with the receiver. A thread that must wait sleeps on a wait
 * queue, never holding a spinlock.
 *
 * Each mechanism has x.h (contracts), x.c (the logic: kernel memory only) and sys_x.c
 * (what a program's arguments are worth: user addresses, handles, rights).
 *
 * Locks, outermost first: topology_lock, then port->lock, pipe->lock or a futex bucket's, which guard their wait queues too. Nothing is
 * allocated, destroyed, or copied from or to user memory under any of them, and a handle
 * table's lock is never held together with one of them.
 */
#pragma once

#include "ipc/channel/channel.h"
#include "ipc/futex/futex.h"
#include "ipc/message/message.h"
#include "ipc/pipe/pipe.h"
#include "ipc/port/port.h"
#include "ipc/port/rights.h"
#include "ipc/shm/shm.h"
