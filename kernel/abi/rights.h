/* SPDX-License-Identifier: MIT */
/*
 * rights.h: what the holder of a handle may do with the object.
 *
 * Rights belong to the handle, not to the object: two handles to one object may
 * carry different rights. Duplicating a handle can only lower them.
 */
#pragma once

#include <stdint.h>

typedef uint32_t rights_t;

/* RIGHT(name, bit, what it allows): the only list of rights. */
#define RIGHT_LIST(RIGHT)                                        \
    RIGHT(READ, 0, "read, receive")                              \
    RIGHT(WRITE, 1, "write, send")                               \
    RIGHT(EXECUTE, 2, "map executable")                          \
    RIGHT(DUPLICATE, 3, "make another handle to the object")     \
    RIGHT(TRANSFER, 4, "move the handle to another process")     \
    RIGHT(MAP, 5, "map into an address space")                   \
    RIGHT(WAIT, 6, "wait for the object")                        \
    RIGHT(MANAGE, 7, "close, kill, shut down")

#define RIGHT_ENUM(name, bit, text) RIGHT_##name = 1u << (bit),
enum right { RIGHT_LIST(RIGHT_ENUM) };
#undef RIGHT_ENUM

#define RIGHTS_ALL  0xffu
#define RIGHTS_SAME 0x80000000u /* handle_duplicate: the rights the handle has */

/* The guide's port rights (rights.rs) are the common ones under the port's own names. */
#define PORT_RIGHT_RECEIVE RIGHT_READ
#define PORT_RIGHT_SEND    RIGHT_WRITE
#define PORT_RIGHT_MANAGE  RIGHT_MANAGE
