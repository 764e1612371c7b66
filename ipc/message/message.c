/* SPDX-License-Identifier: MIT */
/*
 * message.c: making, filling and destroying envelopes (guide 4.1); see message.h.
 *
 * What can fail (limits, memory) fails in message_with_data, before anything has been moved
 * into the message.
 *
 * A small message is one block: struct, handles, payload. A big payload gets a block of its
 * own, so that 65,536 bytes take sixteen page frames and not the next power of two.
 */
#include "ipc/message/message.h"

#include "kernel/mm/kmalloc.h"
#include "kernel/sched/thread.h"

#define MESSAGE_BLOCK_MAX 2000u /* bytes: up to here payload and envelope share a block */
#define HANDLE_BYTES      ((uint32_t)sizeof(struct handle_ref))

/* Charged before anything is allocated: nobody holds what he has not paid for (M6, P21). */
static status_t charge(struct account *account, uint32_t bytes, uint32_t handles)
{
    status_t st = account_charge(account, bytes);
    if (st < 0 || handles == 0)
        return st;
    st = account_charge_handles(account, handles);
    if (st < 0)
        account_uncharge(account, bytes);
    return st;
}

static void uncharge(struct account *account, uint32_t bytes, uint32_t handles)
{
    account_uncharge(account, bytes);
    if (handles > 0)
        account_uncharge_handles(account, handles);
}

status_t message_new(struct account *account, uint32_t msg_type, uint32_t handle_room,
                     struct message **out)
{
    return message_with_data(account, msg_type, 0, handle_room, out);
}

/* Envelope and payload, each a block of its own; NULL if there is no memory for both. */
static rarely struct message *allocate_big(uint32_t envelope, uint32_t size)
{
    /*@ message.2 Two blocks, or none: if the second cannot be had, the first goes back. */
    struct message *msg = kmalloc(envelope);
    if (msg == NULL)
        return NULL;
    msg->payload = kmalloc(size);
    if (msg->payload == NULL) {
        kfree(msg);
        return NULL;
    }
    return msg;
    /*@ end => lab_todo("message.2"); return NULL; */
}

status_t message_with_data(struct account *account, uint32_t msg_type, uint32_t size,
                           uint32_t handle_room, struct message **out)
{
    /*@ message.1 Charge the account for the envelope, the payload and handle_room handles, then
     * get the memory, then fill in every field. Up to MESSAGE_BLOCK_MAX bytes are one block, more
     * are allocate_big's. What cannot be had leaves nothing behind. */
    uint32_t envelope = (uint32_t)sizeof(struct message) + handle_room * HANDLE_BYTES;
    uint32_t all = envelope + size;
    bool together = all <= MESSAGE_BLOCK_MAX;
    status_t st = charge(account, all, handle_room);
    if (st < 0)
        return st;
    struct message *msg = likely(together) ? kmalloc(all) : allocate_big(envelope, size);
    if (unlikely(msg == NULL)) {
        uncharge(account, all, handle_room);
        return ERR_OUT_OF_MEMORY;
    }
    if (likely(together))
        msg->payload = (uint8_t *)&msg->handles[handle_room];
    list_init(&msg->link);
    msg->account = account_get(account);
    msg->home = NULL;
    msg->size = size;
    msg->msg_type = msg_type;
    msg->handle_count = 0;
    msg->handle_room = handle_room;
    msg->charge = all;
    *out = msg;
    return OK;
    /*@ end => return lab_todo("message.1"); */
}

status_t message_attach_handle(struct message *msg, struct handle_ref handle)
{
    if (msg->handle_count == msg->handle_room)
        return ERR_TOO_BIG;
    msg->handles[msg->handle_count++] = handle;
    return OK;
}

void message_detach_handles(struct message *msg)
{
    msg->handle_count = 0;
}

void message_handles_moved(const struct message *msg)
{
    for (uint32_t i = 0; i < msg->handle_count; i++)
        object_handle_moved(msg->handles[i].object, msg->handles[i].rights);
}

/* An envelope that carries no handles any more. */
static inline void message_free(struct message *msg)
{
    struct account *account = msg->account;
    uncharge(account, msg->charge, msg->handle_room);
    account_put(account);
    if (unlikely(msg->payload != (uint8_t *)&msg->handles[msg->handle_room]))
        kfree(msg->payload);
    kfree(msg);
}

static void close_handles(struct message *msg)
{
    for (uint32_t i = 0; i < msg->handle_count; i++)
        object_handle_closed(msg->handles[i].object, msg->handles[i].rights);
    msg->handle_count = 0;
}

/*
 * Closing a handle may lead back to here. The inner call only adds to the thread's list; the
 * outermost one, further up the same stack, works it off.
 */
static rarely void destroy_with_handles(struct message *msg)
{
    /*@ port.7 Close the handles and free the message; but closing may come back here for the
     * messages in a closed port's queue. The inner calls leave their message on self->destroying,
     * and the outermost works off that list. */
    struct thread *self = current_thread();
    list_push_back(&self->destroying, &msg->link);
    if (self->destroy_running)
        return;
    self->destroy_running = true;
    while (!list_empty(&self->destroying)) {
        struct message *next = list_entry(self->destroying.next, struct message, link);
        list_remove(&next->link);
        close_handles(next);
        message_free(next);
    }
    self->destroy_running = false;
    /*@ end => lab_todo("port.7"); */
}

void message_destroy_slowly(struct message *msg)
{
    if (unlikely(msg->handle_count > 0))
        destroy_with_handles(msg);
    else
        message_free(msg);
}

status_t spare_init(struct spare *spare, struct account *account)
{
    status_t st = message_with_data(account, 0, SPARE_SIZE, 0, &spare->message);
    if (st == OK)
        spare->message->home = spare;
    return st;
}

void spare_fini(struct spare *spare)
{
    if (spare->message != NULL)
        message_free(spare->message);
}
