/* SPDX-License-Identifier: MIT */
/* channel.c: making a pair, and what becomes of it when a handle closes or moves; see channel.h. */
#include "ipc/channel/channel.h"

/* The only handle is gone: nobody receives here, and nobody sends there any more. May run inside message_destroy. */
static void handle_closed(struct object *object, rights_t rights, bool last)
{
    struct channel_end *end = channel_end_of(object);
    (void)rights;
    (void)last;
    port_hang_up(end->send);
    port_close(end->recv); /* last: its queue may hold ends whose closing comes back to here */
}

/* The receiving side first: it ends the tenure, which senders look at under the other port's lock. */
static void handle_moved(struct object *object, rights_t rights)
{
    /*@ channel.4 The old holder's time is over, for who receives by this end and for who sends:
     * in the order in which they look. */
    struct channel_end *end = channel_end_of(object);
    (void)rights;
    port_end_tenure(end->recv, object);
    port_end_senders_tenure(end->send);
    /*@ end => lab_todo("channel.4"); */
}

static struct object *receives_from(struct object *object, rights_t rights)
{
    (void)rights;
    return &channel_end_of(object)->recv->object;
}

/* Also for an end that is not whole. */
static void destroy(struct object *object)
{
    struct channel_end *end = channel_end_of(object);
    if (end->send != NULL)
        object_put(&end->send->object);
    if (end->recv != NULL)
        object_put(&end->recv->object);
    object_free(object);
}

static const struct object_type channel_type = {
    .kind = OBJ_CHANNEL,
    .rights = CHANNEL_RIGHTS,
    .unique = RIGHT_READ | RIGHT_WRITE,
    .handle_closed = handle_closed,
    .handle_moved = handle_moved,
    .receives_from = receives_from,
    .destroy = destroy,
};

static struct channel_end *end_new(struct account *account, struct port *send, struct port *recv)
{
    struct object *object = object_new(&channel_type, sizeof(struct channel_end), 0, account);
    if (object == NULL)
        return NULL;
    struct channel_end *end = channel_end_of(object);
    object_get(&send->object);
    object_get(&recv->object);
    end->send = send;
    end->recv = recv;
    return end;
}

/* The ends take references of their own to the ports; those of the making are dropped in any case. */
status_t channel_create(struct account *account, struct channel_end *ends[2])
{
    /*@ channel.1 Two ports, and two ends that hold references to both, crossed. If anything
     * cannot be had, nothing is left; the references of the making go in any case. */
    struct port *a, *b;
    status_t st = port_create(account, CHANNEL_CAPACITY, &a);
    if (st < 0)
        return st;
    st = port_create(account, CHANNEL_CAPACITY, &b);
    if (st < 0)
        goto put_a;
    st = ERR_OUT_OF_MEMORY;
    ends[0] = end_new(account, a, b);
    if (ends[0] == NULL)
        goto put_b;
    ends[1] = end_new(account, b, a); /* crossed (C2) */
    if (ends[1] != NULL)
        st = OK;
    else
        object_put(&ends[0]->object);
put_b:
    object_put(&b->object);
put_a:
    object_put(&a->object);
    return st;
    /*@ end => return lab_todo("channel.1"); */
}
