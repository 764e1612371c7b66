/* SPDX-License-Identifier: MIT */
/* sys_shm.h: the system calls about shared memory; their contracts stand in user/lib/ponte.h. */
#pragma once

#include "kernel/lib/defs.h"

status_t sys_shm_create(uint64_t size);
status_t sys_shm_size(uint64_t shm);
status_t sys_shm_map(uint64_t shm, uint64_t address, uint64_t offset, uint64_t length, uint64_t protection);
status_t sys_shm_unmap(uint64_t address, uint64_t length);
