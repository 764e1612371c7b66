/* SPDX-License-Identifier: MIT */
/* sys_port.h: the system calls about ports; their contracts stand in user/lib/ponte.h. */
#pragma once

#include "kernel/lib/defs.h"

status_t sys_port_create(uint64_t capacity);
status_t sys_port_send(uint64_t port, uaddr_t args, uint64_t deadline);
status_t sys_port_try_recv(uint64_t port, uaddr_t args);
status_t sys_port_recv(uint64_t port, uaddr_t args, uint64_t deadline);
status_t sys_port_close(uint64_t port);
