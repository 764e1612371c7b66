/* SPDX-License-Identifier: MIT */
/*
 * handle.h: how a process names a kernel object.
 *
 * A handle is an index into the process's handle table and the generation of
 * that slot. Closing a handle raises the slot's generation, so that an old value
 * is refused (ERR_INVALID_HANDLE) instead of naming whatever comes next.
 */
#pragma once

#include <stdint.h>

typedef uint32_t handle_t;

#define HANDLE_INVALID    0u   /* never a valid handle; in a list: "nothing here" */
#define HANDLE_INDEX_BITS 12
#define HANDLE_TABLE_MAX  1024 /* slots in one process's table */

/* What a process may have sent and not seen received: see message.h. */
#define HANDLES_IN_FLIGHT_MAX 256

struct handle_info {
    uint32_t type;   /* enum object_kind */
    uint32_t rights; /* RIGHT_ bits */
    uint64_t id;     /* unique among all objects; for people's eyes, never authority */
};
