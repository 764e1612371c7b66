/* SPDX-License-Identifier: MIT */
/* stream.c: see stream.h. */
#include "user/lib/stream.h"

status_t stream_write(handle_t stream, const void *bytes, size_t size, bool *is_pipe)
{
    status_t st = sys_console_write(stream, bytes, size);
    bool pipe = st == ERR_WRONG_TYPE;
    if (pipe)
        st = sys_pipe_write(stream, bytes, size, DEADLINE_FOREVER);
    if (is_pipe != NULL)
        *is_pipe = pipe;
    if (st >= 0 && (size_t)st < size)
        st = pipe ? ERR_PEER_CLOSED : ERR_INVALID_ADDRESS; /* what stopped it midway */
    return st < 0 ? st : OK;
}

status_t stream_read(handle_t stream, void *buffer, size_t size, uint64_t deadline)
{
    status_t st = sys_console_read(stream, buffer, size, deadline);
    return st == ERR_WRONG_TYPE ? sys_pipe_read(stream, buffer, size, deadline) : st;
}
