/* SPDX-License-Identifier: MIT */
/*
 * sys_message.h: between a message and the program that makes the system call. For sys_*.c only.
 *
 * Sending and receiving are each cut in two: first all that can fail, which changes nothing
 * that the program could notice, then, when the message has gone or must come, the
 * part that cannot.
 */
#pragma once

#include "ipc/message/message.h"

/* A message on its way out of the calling process; its handles are in the moving state (handle.h). */
struct message_sending {
    struct message *msg;
    uint32_t handle_count; /* kept here: once it has gone, the message is another's */
    handle_t handles[MESSAGE_MAX_HANDLES]; /* their numbers in the sender's table */
};

/* For message_sent and message_received below. */
void message_handles_sent(const struct message_sending *sending);
void message_handles_received(struct message *msg, const handle_t slots[MESSAGE_MAX_HANDLES]);

/*
 * Builds a message from arguments that were fetched once and for all (M8), of the queue's spare (NULL: it has none) if that will do. Then exactly one of message_sent
 * and message_not_sent, which destroys it and leaves the handles with the sender. ERR_TOO_BIG,
 * ERR_INVALID_ARGUMENT, ERR_INVALID_ADDRESS, ERR_INVALID_HANDLE, ERR_PERMISSION_DENIED, ERR_NO_SLOTS,
 * ERR_OUT_OF_MEMORY: then nothing has changed.
 */
must_check status_t message_from_user(const struct message_args *args, struct spare *spare,
                                      struct message_sending *sending);
static inline void message_sent(const struct message_sending *sending)
{
    if (unlikely(sending->handle_count > 0))
        message_handles_sent(sending);
}
void message_not_sent(const struct message_sending *sending);

/*
 * Copies a message, which is known to fit, to the program: the payload, the numbers that its handles will have
 * (`slots`, reserved), and last the header to `to`, where `args` came from. ERR_NO_SLOTS (tells the
 * header), ERR_OUT_OF_MEMORY, ERR_INVALID_ADDRESS: then no slot is reserved and the message is as it was.
 */
must_check status_t message_to_user(const struct message *msg, const struct message_args *args,
                                    uaddr_t to, handle_t slots[MESSAGE_MAX_HANDLES]);

/* After message_to_user: the handles enter their slots, the message is freed. Cannot fail. */
static inline void message_received(struct message *msg,
                                    const handle_t slots[MESSAGE_MAX_HANDLES])
{
    if (unlikely(msg->handle_count > 0))
        message_handles_received(msg, slots);
    message_destroy(msg);
}

/* Tells the header alone, because of the error `why`; returns that, or ERR_INVALID_ADDRESS. */
must_check status_t message_tell_header(uaddr_t to, const struct message_header *header,
                                        status_t why);

/* The contract stands in user/lib/ponte.h. */
status_t sys_message_loopback(uaddr_t out, uaddr_t in);
