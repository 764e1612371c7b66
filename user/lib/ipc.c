/* SPDX-License-Identifier: MIT */
/* ipc.c: struct message_args, filled in with sizes checked before they are narrowed. */
#include "user/lib/ipc.h"

/* What goes out; ERR_TOO_BIG rather than a size that lost its upper half. */
static status_t outgoing(struct message_args *args, uint32_t msg_type, const void *data,
                         size_t size, const handle_t *handles, size_t handle_count)
{
    if (size > MESSAGE_MAX_SIZE || handle_count > MESSAGE_MAX_HANDLES)
        return ERR_TOO_BIG;
    *args = (struct message_args){
        .header = { .size = (uint32_t)size,
                    .handle_count = (uint32_t)handle_count,
                    .msg_type = msg_type },
        .data = (uint64_t)data,
        .handles = (uint64_t)handles,
    };
    return OK;
}

static uint32_t at_most(size_t n, uint32_t limit)
{
    return n < limit ? (uint32_t)n : limit;
}

/* More room than a message can fill makes no difference. */
static struct message_args incoming(void *data, size_t capacity, handle_t *handles,
                                    size_t handle_capacity)
{
    return (struct message_args){
        .data = (uint64_t)data,
        .handles = (uint64_t)handles,
        .data_capacity = at_most(capacity, MESSAGE_MAX_SIZE),
        .handle_capacity = at_most(handle_capacity, MESSAGE_MAX_HANDLES),
    };
}

status_t port_send(handle_t port, uint32_t msg_type, const void *data, size_t size,
                   const handle_t *handles, size_t handle_count, uint64_t deadline)
{
    struct message_args args;
    status_t st = outgoing(&args, msg_type, data, size, handles, handle_count);
    if (st < 0)
        return st;
    return sys_port_send(port, &args, deadline);
}

status_t port_recv(handle_t port, struct message_header *header, void *data, size_t capacity,
                   handle_t *handles, size_t handle_capacity, uint64_t deadline)
{
    struct message_args args = incoming(data, capacity, handles, handle_capacity);
    status_t st = sys_port_recv(port, &args, deadline);
    if (header != NULL)
        *header = args.header;
    return st;
}

status_t port_try_recv(handle_t port, struct message_header *header, void *data,
                       size_t capacity, handle_t *handles, size_t handle_capacity)
{
    struct message_args args = incoming(data, capacity, handles, handle_capacity);
    status_t st = sys_port_try_recv(port, &args);
    if (header != NULL)
        *header = args.header;
    return st;
}

status_t message_loopback(struct message_header *header, uint32_t msg_type, const void *data,
                          size_t size, const handle_t *handles, size_t handle_count, void *in,
                          size_t capacity, handle_t *handles_in, size_t handle_capacity)
{
    struct message_args out;
    status_t st = outgoing(&out, msg_type, data, size, handles, handle_count);
    if (st < 0)
        return st;
    struct message_args args = incoming(in, capacity, handles_in, handle_capacity);
    st = sys_message_loopback(&out, &args);
    if (header != NULL)
        *header = args.header;
    return st;
}

/* Sends the request; its handles are gone afterwards, one way or the other. */
static status_t send_request(handle_t port, const struct port_request *request,
                             handle_t answer_port, uint64_t deadline)
{
    handle_t handles[MESSAGE_MAX_HANDLES];
    size_t count = request->handle_count;
    status_t st = ERR_TOO_BIG;
    if (count > MESSAGE_MAX_HANDLES - 1)
        goto close;
    st = sys_handle_duplicate(answer_port, PORT_RIGHT_SEND | RIGHT_TRANSFER);
    if (st < 0)
        goto close;
    handles[0] = (handle_t)st;
    for (size_t i = 0; i < count; i++)
        handles[i + 1] = request->handles[i];
    st = port_send(port, request->msg_type, request->data, request->size, handles, count + 1,
                   deadline);
    if (st >= 0)
        return st;
    sys_handle_close(handles[0]);
close:
    handles_close(request->handles, count);
    return st;
}

status_t port_call(handle_t port, const struct port_request *request,
                   struct port_answer *answer, uint64_t deadline)
{
    status_t answer_port = sys_port_create(1);
    if (answer_port < 0) {
        handles_close(request->handles, request->handle_count);
        return answer_port;
    }
    status_t st = send_request(port, request, (handle_t)answer_port, deadline);
    if (st >= 0)
        st = port_recv((handle_t)answer_port, &answer->header, answer->data, answer->capacity,
                       answer->handles, answer->handle_capacity, deadline);
    sys_handle_close((handle_t)answer_port);
    return st;
}

status_t channel_send(handle_t end, uint32_t msg_type, const void *data, size_t size,
                      const handle_t *handles, size_t handle_count, uint64_t deadline)
{
    struct message_args args;
    status_t st = outgoing(&args, msg_type, data, size, handles, handle_count);
    if (st < 0)
        return st;
    return sys_channel_send(end, &args, deadline);
}

status_t channel_recv(handle_t end, struct message_header *header, void *data, size_t capacity,
                      handle_t *handles, size_t handle_capacity, uint64_t deadline)
{
    struct message_args args = incoming(data, capacity, handles, handle_capacity);
    status_t st = sys_channel_recv(end, &args, deadline);
    if (header != NULL)
        *header = args.header;
    return st;
}

status_t channel_call(handle_t end, const struct port_request *question,
                      struct port_answer *answer, uint64_t deadline)
{
    struct message_args out;
    status_t st = outgoing(&out, question->msg_type, question->data, question->size,
                           question->handles, question->handle_count);
    if (st < 0)
        return st;
    struct message_args in = incoming(answer->data, answer->capacity, answer->handles,
                                      answer->handle_capacity);
    st = sys_channel_call(end, &out, &in, deadline);
    answer->header = in.header;
    return st;
}

status_t port_sender(handle_t port)
{
    return sys_handle_duplicate(port, PORT_RIGHT_SEND | RIGHT_DUPLICATE | RIGHT_TRANSFER);
}

void handles_close(const handle_t *handles, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (handles[i] != HANDLE_INVALID)
            sys_handle_close(handles[i]);
}
