/* SPDX-License-Identifier: MIT */
/* sys_futex.h: the system calls about futexes; their contracts stand in user/lib/ponte.h. */
#pragma once

#include "kernel/lib/defs.h"

status_t sys_futex_wait(uaddr_t address, uint64_t expected, uint64_t deadline);
status_t sys_futex_wake(uaddr_t address, uint64_t count);
status_t sys_futex_requeue(uaddr_t address, uint64_t expected, uint64_t wake, uaddr_t to, uint64_t move);
