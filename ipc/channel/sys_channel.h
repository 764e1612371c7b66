/* SPDX-License-Identifier: MIT */
/* sys_channel.h: the system calls about channels; their contracts stand in user/lib/ponte.h. */
#pragma once

#include "kernel/lib/defs.h"

status_t sys_channel_create(uaddr_t ends);
status_t sys_channel_send(uint64_t end, uaddr_t args, uint64_t deadline);
status_t sys_channel_try_recv(uint64_t end, uaddr_t args);
status_t sys_channel_recv(uint64_t end, uaddr_t args, uint64_t deadline);
status_t sys_channel_call(uint64_t end, uaddr_t out, uaddr_t in, uint64_t deadline);
