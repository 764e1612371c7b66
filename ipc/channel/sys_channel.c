/* SPDX-License-Identifier: MIT */
/*
 * sys_channel.c: what a system call about channels makes of handles, rights and user addresses.
 *
 * A message goes to a receiver that waits by the shortest path: in the port's spare, copied once from the sender's
 * memory and once to the receiver's, and the sender's CPU is handed over with it. channel_send lends it until the receiver waits again;
 * channel_call needs it only when the answer comes.
 */
#include "ipc/channel/sys_channel.h"

#include "ipc/channel/channel.h"
#include "ipc/port/sys_port.h"
#include "kernel/mm/usercopy.h"
#include "kernel/object/process.h"

static inline __attribute__((always_inline)) status_t
end_get(uint64_t handle, rights_t rights, struct channel_end **end, struct tenure *tenure)
{
    struct object *object;
    status_t st = handle_get_unique(&current_process()->handles, handle, OBJ_CHANNEL, rights,
                                    &object, tenure);
    if (unlikely(st < 0))
        return st;
    *end = channel_end_of(object);
    return OK;
}

/* A port speaks of itself, a program of the end that it holds. */
static inline status_t sent(status_t st)
{
    return likely(st != ERR_PORT_CLOSED) ? st : ERR_PEER_CLOSED;
}

static inline status_t received(status_t st)
{
    return likely(st != ERR_PORT_CLOSED) ? st : ERR_CANCELED; /* this end was closed under the call */
}

/* Both handles get their slots before anything is made, and their numbers are told before they are good. */
status_t sys_channel_create(uaddr_t ends_at)
{
    struct process *self = current_process();
    struct channel_end *ends[2];
    handle_t numbers[2];
    status_t st = handles_reserve(&self->handles, numbers, 2);
    if (st < 0)
        return st;
    st = copy_to_user(ends_at, numbers, sizeof numbers);
    if (st == OK)
        st = channel_create(self->account, ends);
    if (st < 0) {
        handles_unreserve(&self->handles, numbers, 2);
        return st;
    }
    for (int i = 0; i < 2; i++) {
        struct handle_ref ref = { &ends[i]->object, CHANNEL_RIGHTS };
        object_handle_opened(ref.object);
        handles_install(&self->handles, &numbers[i], &ref, 1);
        object_put(ref.object);
    }
    return OK;
}

status_t sys_channel_send(uint64_t handle, uaddr_t args_at, uint64_t deadline)
{
    /*@ channel.2 Fetch the argument once, look the end up with WRITE, send by its port, hand the
     * CPU over to a receiver that was claimed, and tell what came of it in the channel's words. */
    struct message_args args;
    struct channel_end *end;
    struct tenure tenure;
    struct thread *receiver;
    status_t st = copy_from_user(&args, args_at, sizeof args);
    if (st < 0)
        return st;
    st = end_get(handle, RIGHT_WRITE, &end, &tenure);
    if (st < 0)
        return st;
    st = port_send_from_user(end->send, tenure, &args, deadline, &receiver);
    if (receiver != NULL)
        thread_hand_over(receiver);
    object_put(&end->object);
    return sent(st);
    /*@ end => return lab_todo("channel.2"); */
}

static inline __attribute__((always_inline)) status_t receive(uint64_t handle, uaddr_t args_at,
                                                              struct port_wait wait)
{
    struct message_args args;
    struct channel_end *end;
    struct tenure tenure;
    status_t st = copy_from_user(&args, args_at, sizeof args);
    if (st < 0)
        return st;
    st = end_get(handle, RIGHT_READ, &end, &tenure);
    if (st < 0)
        return st;
    st = port_recv_to_user(end->recv, tenure, &args, args_at, wait);
    object_put(&end->object);
    return received(st);
}

status_t sys_channel_try_recv(uint64_t handle, uaddr_t args_at)
{
    return receive(handle, args_at, (struct port_wait){ .may_wait = false });
}

status_t sys_channel_recv(uint64_t handle, uaddr_t args_at, uint64_t deadline)
{
    return receive(handle, args_at, (struct port_wait){ .may_wait = true, .deadline = deadline });
}

/* Both arguments are fetched first: what can be known to be wrong is known before anything has gone. */
status_t sys_channel_call(uint64_t handle, uaddr_t out_at, uaddr_t in_at, uint64_t deadline)
{
    /*@ channel.5 Fetch both arguments before anything is sent. Send without waiting for room;
     * then receive, and let the receiver that was claimed run meanwhile. What a port says is told
     * in the channel's words. */
    struct message_args out, in;
    struct channel_end *end;
    struct tenure tenure;
    struct thread *receiver;
    status_t st = copy_from_user(&out, out_at, sizeof out);
    if (st == OK)
        st = copy_from_user(&in, in_at, sizeof in);
    if (st < 0)
        return st;
    st = end_get(handle, RIGHT_READ | RIGHT_WRITE, &end, &tenure);
    if (st < 0)
        return st;
    st = sent(port_send_from_user(end->send, tenure, &out, DEADLINE_POLL, &receiver));
    if (likely(st == OK)) {
        struct port_wait wait = { .may_wait = true, .deadline = deadline, .next = receiver };
        st = received(port_recv_to_user(end->recv, tenure, &in, in_at, wait));
    }
    object_put(&end->object);
    return st;
    /*@ end => return lab_todo("channel.5"); */
}
