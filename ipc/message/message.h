/* SPDX-License-Identifier: MIT */
/*
 * message.h: the envelope (guide 4.1): bytes and handles that travel together.
 *
 * A message has one holder at a time: the system call that builds it, a port's queue, the
 * receiver that takes it apart, a thread's list of messages to destroy. So it needs no lock
 * of its own. A handle travels as what it stands for, an object and rights, not as a
 * number (M3): it has left the sender's table and is in nobody's until it is received.
 *
 * A queue keeps one small message of its own, its spare: who sends a few bytes and no handles takes that, if it is
 * at home, and neither allocates nor pays. It is a message like any other, but message_destroy sends it home.
 *
 * Life: message_new or message_with_data, message_attach_handle for each handle, from holder
 * to holder, message_destroy, which closes the handles it still has.
 */
#pragma once

#include "kernel/abi/message.h"
#include "kernel/lib/list.h"
#include "kernel/object/handle.h"

struct thread;

/*
 * [I] set at creation   [port] the port's, while a port has it: see port.h
 *
 * The counts are the kernel's own (M2): a program's header says how much to copy, once, and
 * is forgotten.
 *
 * Invariants: size <= MESSAGE_MAX_SIZE; handle_count <= handle_room <= MESSAGE_MAX_HANDLES; `charge`
 * bytes and handle_room handles in flight are charged to `account`, until the message is freed. A spare's `size`
 * is what it carries now, at most SPARE_SIZE.
 */
struct message {
    struct list link;        /* in its holder's list, if the holder has one */
    struct thread *sender;   /* [port] */
    struct account *account; /* [I] who pays: a reference */
    struct spare *home;      /* [I] whose spare it is, or NULL */
    uint8_t *payload;        /* [I] behind the handles, or a block of its own if it is big */
    uint32_t size;           /* [I] bytes of payload */
    uint32_t msg_type;       /* [I] the sender's */
    uint32_t handle_count;   /* handles it carries */
    uint32_t handle_room;    /* [I] handles it can carry */
    uint32_t charge;         /* [I] bytes */
    uint32_t order;          /* [port] */
    struct handle_ref handles[];
};

#define SPARE_SIZE 128u /* bytes: what a spare can carry */

/*
 * Where a queue's spare is while nobody uses it, else NULL. Taken and put back by one atomic
 * instruction: no lock. Whoever holds the spare holds a reference to the queue.
 */
struct spare {
    struct message *message;
};

/* What a receiver has room for; if that is too little, `header` tells what was waiting. */
struct message_room {
    uint32_t data_capacity;   /* bytes */
    uint32_t handle_capacity; /* handles */
    struct message_header header;
};

/*
 * Whether a program's header announces a legal message: ERR_TOO_BIG (size or handle_count),
 * ERR_INVALID_ARGUMENT (reserved not zero).
 */
must_check static inline status_t message_check_header(const struct message_header *header)
{
    /* Looked at at the width the program set them in: nothing has been cut off (M1). */
    if (header->size > MESSAGE_MAX_SIZE || header->handle_count > MESSAGE_MAX_HANDLES)
        return ERR_TOO_BIG;
    return likely(header->reserved == 0) ? OK : ERR_INVALID_ARGUMENT;
}

/*
 * An empty message with room for `handle_room` <= MESSAGE_MAX_HANDLES handles, charged to
 * `account`. ERR_OUT_OF_MEMORY, also if the account's limit is reached; ERR_NO_SLOTS (too many
 * handles in flight). Does not block; no spinlock may be held. Guide: Message::new.
 */
must_check status_t message_new(struct account *account, uint32_t msg_type, uint32_t handle_room,
                                struct message **out);

/*
 * The same with `size` <= MESSAGE_MAX_SIZE bytes of payload, which the caller fills in: so they
 * go from the sender's memory to msg->payload in one copy, and only sys_*.c sees a user
 * address. Guide: Message::with_data.
 */
must_check status_t message_with_data(struct account *account, uint32_t msg_type, uint32_t size,
                                      uint32_t handle_room, struct message **out);

/* A spare and its message, charged to `account`. ERR_OUT_OF_MEMORY. */
must_check status_t spare_init(struct spare *spare, struct account *account);

/* Frees the message, which is at home; nothing if spare_init was not called or failed (zeroed). */
void spare_fini(struct spare *spare);

/* The spare for `size` <= SPARE_SIZE bytes and no handles, as message_with_data gives one; NULL: it is under way. */
static inline struct message *spare_take(struct spare *spare, uint32_t msg_type, uint32_t size)
{
    struct message *msg = __atomic_exchange_n(&spare->message, NULL, __ATOMIC_ACQUIRE);
    if (likely(msg != NULL)) {
        msg->size = size;
        msg->msg_type = msg_type;
    }
    return msg;
}

/* The message takes the handle over. ERR_TOO_BIG if it has no room: the handle stays the caller's. */
must_check status_t message_attach_handle(struct message *msg, struct handle_ref handle);

/* The handles that the message carries are the caller's from now on. */
void message_detach_handles(struct message *msg);

/* Ends the tenure of every handle it carries, before they can arrive anywhere. RANK_TOPOLOGY or nothing is held. */
void message_handles_moved(const struct message *msg);

/* The header for a receiver: made from the counts, reserved zero (M5). */
static inline struct message_header message_header(const struct message *msg)
{
    return (struct message_header){
        .size = msg->size,
        .handle_count = msg->handle_count,
        .msg_type = msg->msg_type,
        .reserved = 0,
    };
}

/* Whether the message fits: ERR_BUFFER_TOO_SMALL, which tells the header. Locks may be held. */
must_check static inline status_t message_check_room(const struct message *msg,
                                                     struct message_room *room)
{
    if (likely(msg->size <= room->data_capacity && msg->handle_count <= room->handle_capacity))
        return OK;
    room->header = message_header(msg);
    return ERR_BUFFER_TOO_SMALL;
}

/*
 * Ends a message: closes the handles it carries, gives back memory and charge. Closing a handle may close a
 * port, which destroys the messages in its queue, and so on: however deep they are nested, the kernel
 * stack does not grow (M7). No spinlock may be held.
 */
void message_destroy_slowly(struct message *msg);
static inline void message_destroy(struct message *msg)
{
    if (likely(msg->home != NULL)) /* all it had was bytes */
        __atomic_store_n(&msg->home->message, msg, __ATOMIC_RELEASE);
    else
        message_destroy_slowly(msg);
}
