/* SPDX-License-Identifier: MIT */
/*
 * sys_message.c: user memory and handle tables at both ends of a message's way; see sys_message.h.
 *
 * What a program wrote into its arguments may change while the kernel looks at them, so they
 * are copied to the kernel's stack once, and the list of handle numbers too (M8).
 */
#include "ipc/message/sys_message.h"

#include "kernel/mm/usercopy.h"
#include "kernel/object/process.h"

_Static_assert(offsetof(struct message_args, header) == 0, "the header's address is the arguments'");

/*
 * Moves the listed handles into the message (M3). All are checked under the table's lock, TRANSFER
 * and repeats included, before the first of them moves (M4).
 */
static status_t take_handles(struct message_sending *sending, uaddr_t from, uint32_t count)
{
    /*@ message.4 Fetch the list of numbers once into sending->handles, move all of them or none,
     * and put what they stand for into the message. From the moment they are out of sight,
     * sending->handle_count says how many must come back if something fails later. */
    struct handle_ref refs[MESSAGE_MAX_HANDLES];
    status_t st = copy_from_user(sending->handles, from, count * sizeof(handle_t));
    if (st < 0)
        return st;
    st = handles_begin_move(&current_process()->handles, sending->handles, count, false, refs);
    if (st < 0)
        return st;
    sending->handle_count = count;
    for (uint32_t i = 0; i < count && st == OK; i++)
        st = message_attach_handle(sending->msg, refs[i]);
    return st;
    /*@ end => return lab_todo("message.4"); */
}

/* The envelope, still empty. */
static inline status_t new_message(const struct message_header *header, struct spare *spare,
                                   struct message **msg)
{
    if (likely(header->handle_count == 0 && header->size <= SPARE_SIZE && spare != NULL)) {
        *msg = spare_take(spare, header->msg_type, header->size);
        if (likely(*msg != NULL))
            return OK;
    }
    return message_with_data(current_process()->account, header->msg_type, header->size,
                             header->handle_count, msg);
}

status_t message_from_user(const struct message_args *args, struct spare *spare,
                           struct message_sending *sending)
{
    const struct message_header *header = &args->header;
    status_t st = message_check_header(header);
    if (st < 0)
        return st;
    st = new_message(header, spare, &sending->msg);
    if (st < 0)
        return st;
    sending->handle_count = 0;
    st = copy_from_user(sending->msg->payload, uaddr(args->data), header->size);
    if (st == OK && header->handle_count > 0)
        st = take_handles(sending, uaddr(args->handles), header->handle_count);
    if (st < 0)
        message_not_sent(sending);
    return st;
}

void message_handles_sent(const struct message_sending *sending)
{
    handles_finish_move(&current_process()->handles, sending->handles, sending->handle_count);
}

void message_not_sent(const struct message_sending *sending)
{
    /*@ message.3 The message is gone, and its handles are the sender's again, under their old
     * numbers: destroying the message must not close them. */
    message_detach_handles(sending->msg); /* they are still the sender's: not to be closed (P20) */
    message_destroy(sending->msg);
    if (sending->handle_count > 0)
        handles_cancel_move(&current_process()->handles, sending->handles,
                            sending->handle_count);
    /*@ end => lab_todo("message.3"); */
}

status_t message_tell_header(uaddr_t to, const struct message_header *header, status_t why)
{
    status_t st = copy_to_user(to, header, sizeof *header);
    return st < 0 ? st : why;
}

/* The header comes last: it is written only if all else has arrived. */
static inline status_t copy_message(const struct message *msg, const struct message_args *args,
                                    uaddr_t to, const handle_t *slots, uint32_t count)
{
    struct message_header header = message_header(msg);
    status_t st = copy_to_user(uaddr(args->data), msg->payload, header.size);
    if (st == OK && count > 0)
        st = copy_to_user(uaddr(args->handles), slots, count * sizeof(handle_t));
    if (st == OK)
        st = copy_to_user(to, &header, sizeof header);
    return st;
}

/* Apart: a message without handles pays for none of it. */
static rarely status_t handles_to_user(const struct message *msg, const struct message_args *args,
                                       uaddr_t to, handle_t *slots)
{
    /*@ message.5 First all that can fail: reserve a slot for each handle, then copy. No slots:
     * the receiver is told the header. Whatever fails, no slot stays reserved. */
    struct handle_table *table = &current_process()->handles;
    uint32_t count = msg->handle_count;
    status_t st = handles_reserve(table, slots, count);
    if (st == ERR_NO_SLOTS) {
        struct message_header header = message_header(msg);
        return message_tell_header(to, &header, st);
    }
    if (st < 0)
        return st;
    st = copy_message(msg, args, to, slots, count);
    if (st < 0)
        handles_unreserve(table, slots, count);
    return st;
    /*@ end => return lab_todo("message.5"); */
}

status_t message_to_user(const struct message *msg, const struct message_args *args, uaddr_t to,
                         handle_t slots[MESSAGE_MAX_HANDLES])
{
    if (unlikely(msg->handle_count > 0))
        return handles_to_user(msg, args, to, slots);
    return copy_message(msg, args, to, NULL, 0);
}

void message_handles_received(struct message *msg, const handle_t slots[MESSAGE_MAX_HANDLES])
{
    handles_install(&current_process()->handles, slots, msg->handles, msg->handle_count);
    message_detach_handles(msg);
}

/* What was built comes back, if it fits. */
static status_t loop_back(const struct message *msg, const struct message_args *in, uaddr_t in_at,
                          handle_t slots[MESSAGE_MAX_HANDLES])
{
    struct message_room room = { .data_capacity = in->data_capacity,
                                 .handle_capacity = in->handle_capacity };
    status_t st = message_check_room(msg, &room);
    if (st == ERR_BUFFER_TOO_SMALL)
        return message_tell_header(in_at, &room.header, st);
    if (st < 0)
        return st;
    return message_to_user(msg, in, in_at, slots);
}

/*
 * Both halves with no queue between. The old slots are given up only when the message has
 * arrived, so the handles need as many free ones besides.
 */
status_t sys_message_loopback(uaddr_t out_at, uaddr_t in_at)
{
    struct message_args out, in;
    struct message_sending sending;
    handle_t slots[MESSAGE_MAX_HANDLES];
    status_t st = copy_from_user(&out, out_at, sizeof out);
    if (st == OK)
        st = copy_from_user(&in, in_at, sizeof in);
    if (st == OK)
        st = message_from_user(&out, NULL, &sending);
    if (st < 0)
        return st;
    st = loop_back(sending.msg, &in, in_at, slots);
    if (st < 0) {
        message_not_sent(&sending);
        return st;
    }
    /* The point of no return. */
    message_handles_moved(sending.msg);
    message_sent(&sending);
    message_received(sending.msg, slots);
    return OK;
}
