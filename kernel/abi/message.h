/* SPDX-License-Identifier: MIT */
/* message.h: the envelope (guide 4.1) and how a user program points to its parts. */
#pragma once

#include <stdint.h>

#define MESSAGE_MAX_SIZE    65536u /* bytes of payload */
#define MESSAGE_MAX_HANDLES 64u
#define PORT_MAX_CAPACITY   1024u  /* messages; the least is 1 */
#define CHANNEL_CAPACITY    16u    /* messages, in each direction */

/* The guide's MessageHeader. */
struct message_header {
    uint32_t size;         /* bytes of payload */
    uint32_t handle_count; /* handles that travel with it */
    uint32_t msg_type;     /* the sender's, not looked at by the kernel */
    uint32_t reserved;     /* zero going in, zero coming out */
};

/*
 * The argument of port_send, port_recv and message_loopback, fetched once.
 *
 * Sending: header says what goes; data and handles point to it; the capacities
 * are not looked at.
 * Receiving: the capacities say what fits at data and handles. The kernel fills
 * header in: on success with what came, on ERR_BUFFER_TOO_SMALL and ERR_NO_SLOTS
 * with what is waiting. Otherwise it is left alone.
 */
struct message_args {
    struct message_header header;
    uint64_t data;            /* user address of the payload */
    uint64_t handles;         /* user address of an array of handle_t */
    uint32_t data_capacity;   /* bytes at data */
    uint32_t handle_capacity; /* entries at handles */
};
