/* SPDX-License-Identifier: MIT */
/*
 * ipc.h: messages, ports and channels without filling a struct message_args by hand.
 *
 * Thin wrappers: one system call each, but for port_call. Sizes are size_t here and are checked
 * before they are narrowed to the header's 32 bits. All of an operation happens or none of it.
 */
#pragma once

#include "user/lib/defs.h"
#include "user/lib/ponte.h"

/*
 * Sends `size` bytes and `handle_count` handles, which move into the message. Waits for room in
 * the queue until `deadline`; DEADLINE_POLL does not wait.
 *
 *   ERR_QUEUE_FULL         no room, and DEADLINE_POLL
 *   ERR_TIMED_OUT          no room until the deadline
 *   ERR_PORT_CLOSED        nobody will ever receive it
 *   ERR_TOO_BIG            above MESSAGE_MAX_SIZE or MESSAGE_MAX_HANDLES
 *   ERR_INVALID_HANDLE     the port, or a handle that should travel, names nothing
 *   ERR_WRONG_TYPE         `port` is no port
 *   ERR_PERMISSION_DENIED  no SEND right on the port, or no TRANSFER right on a handle
 *   ERR_INVALID_ARGUMENT   a handle is listed twice
 *   ERR_INVALID_ADDRESS    data or handles cannot be read
 *   ERR_NO_SLOTS           HANDLES_IN_FLIGHT_MAX handles are under way already
 *   ERR_CYCLE              the queue would hold its own receive side
 *   ERR_OUT_OF_MEMORY, ERR_KILLED
 *
 * On any error nothing has left the sender.
 */
status_t port_send(handle_t port, uint32_t msg_type, const void *data, size_t size,
                   const handle_t *handles, size_t handle_count, uint64_t deadline);

/*
 * Receives the oldest message: up to `capacity` bytes to `data`, up to `handle_capacity` handles
 * to `handles`, what came to `header` (may be NULL). Waits until `deadline`.
 *
 *   ERR_EMPTY              nothing there (port_try_recv)
 *   ERR_TIMED_OUT          nothing came until the deadline (port_recv, DEADLINE_POLL included)
 *   ERR_PORT_CLOSED        nothing will ever come
 *   ERR_CANCELED           the receive side was moved away under the call
 *   ERR_BUFFER_TOO_SMALL   it does not fit: it stays queued, `header` says how big it is
 *   ERR_NO_SLOTS           its handles do not fit the handle table: likewise
 *   ERR_INVALID_ADDRESS    data or handles cannot be written: it stays queued
 *   ERR_INVALID_HANDLE, ERR_WRONG_TYPE, ERR_PERMISSION_DENIED (no RECEIVE right)
 *   ERR_OUT_OF_MEMORY, ERR_KILLED
 */
status_t port_recv(handle_t port, struct message_header *header, void *data, size_t capacity,
                   handle_t *handles, size_t handle_capacity, uint64_t deadline);
status_t port_try_recv(handle_t port, struct message_header *header, void *data,
                       size_t capacity, handle_t *handles, size_t handle_capacity);

/*
 * Sends a message to oneself (lab 1): `in` and `handles_in` receive what went out. The errors
 * of port_send and port_recv but for those that speak of the port; on any error the handles
 * are still here under their old numbers.
 */
status_t message_loopback(struct message_header *header, uint32_t msg_type, const void *data,
                          size_t size, const handle_t *handles, size_t handle_count, void *in,
                          size_t capacity, handle_t *handles_in, size_t handle_capacity);

/*
 * Asks and waits for the answer: makes a port for the answer, sends the request with a SEND
 * handle to it as the first handle, before `handles`, and receives one message from it as
 * port_recv. `handles` are gone in every case: sent, or closed. The errors of port_send and
 * port_recv.
 */
struct port_request {
    uint32_t msg_type;
    const void *data;
    size_t size;
    const handle_t *handles;
    size_t handle_count; /* at most MESSAGE_MAX_HANDLES - 1 */
};

struct port_answer {
    struct message_header header; /* filled in */
    void *data;
    size_t capacity;
    handle_t *handles;
    size_t handle_capacity;
};

must_check status_t port_call(handle_t port, const struct port_request *request,
                              struct port_answer *answer, uint64_t deadline);

/*
 * The same with a channel's end (lab 3). Errors as of port_send and port_recv, but for a peer that has closed
 * ERR_PEER_CLOSED, and ERR_CANCELED if this end is moved away or closed under the call.
 */
status_t channel_send(handle_t end, uint32_t msg_type, const void *data, size_t size,
                      const handle_t *handles, size_t handle_count, uint64_t deadline);
status_t channel_recv(handle_t end, struct message_header *header, void *data, size_t capacity,
                      handle_t *handles, size_t handle_capacity, uint64_t deadline);

/*
 * Sends a question and waits for the next message, which is the answer if the peer answers one
 * by one. `question`'s handles have left if the question has: sys_channel_call says with which errors. `answer` is
 * filled in as by port_call.
 */
must_check status_t channel_call(handle_t end, const struct port_request *question,
                                 struct port_answer *answer, uint64_t deadline);

/* A handle that may only send, be duplicated and be passed on. Errors of sys_handle_duplicate. */
must_check status_t port_sender(handle_t port);

/* Closes `count` handles; HANDLE_INVALID is passed over. */
void handles_close(const handle_t *handles, size_t count);
