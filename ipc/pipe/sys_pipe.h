/* SPDX-License-Identifier: MIT */
/* sys_pipe.h: the system calls about pipes; their contracts stand in user/lib/ponte.h. */
#pragma once

#include "kernel/lib/defs.h"

status_t sys_pipe_create(uaddr_t ends);
status_t sys_pipe_read(uint64_t pipe, uaddr_t buffer, uint64_t size, uint64_t deadline);
status_t sys_pipe_write(uint64_t pipe, uaddr_t buffer, uint64_t size, uint64_t deadline);
