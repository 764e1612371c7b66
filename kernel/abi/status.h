/* SPDX-License-Identifier: MIT */
/*
 * status.h: what every operation answers.
 *
 * A status is negative (one of the ERR_ values below), or zero, or a count that
 * the call documents. The names PORT_CLOSED, QUEUE_FULL, EMPTY, INVALID_HANDLE,
 * PERMISSION_DENIED, OUT_OF_MEMORY, INVALID_ADDRESS, NOT_MAPPED and WOULD_BLOCK
 * are the guide's (IpcError, ShmError, FutexError); the others complete the list.
 */
#pragma once

#include <stdint.h>

/* ERROR(name, value, what it means): the only list of errors. */
#define STATUS_LIST(ERROR)                                                     \
    ERROR(ERR_INVALID_ARGUMENT, -1, "an argument is outside what the call takes")      \
    ERROR(ERR_INVALID_HANDLE, -2, "the handle names nothing: stale, forged or closed") \
    ERROR(ERR_WRONG_TYPE, -3, "the handle names an object of another type")            \
    ERROR(ERR_PERMISSION_DENIED, -4, "the handle lacks a right that the call needs")   \
    ERROR(ERR_INVALID_ADDRESS, -5, "a pointer does not lead to accessible memory")     \
    ERROR(ERR_OUT_OF_MEMORY, -6, "no memory left, or the process's quota is used up")  \
    ERROR(ERR_NO_SLOTS, -7, "the handle table, or the limit on handles in flight, is full") \
    ERROR(ERR_BUFFER_TOO_SMALL, -8, "what would be received does not fit")             \
    ERROR(ERR_TOO_BIG, -9, "a size or count is above the documented maximum")          \
    ERROR(ERR_PORT_CLOSED, -10, "the port is closed")                                  \
    ERROR(ERR_QUEUE_FULL, -11, "the queue is full and the call may not wait")          \
    ERROR(ERR_EMPTY, -12, "the queue is empty and the call may not wait")              \
    ERROR(ERR_TIMED_OUT, -13, "the deadline passed first")                             \
    ERROR(ERR_CANCELED, -14, "the wait was called off: the handle was moved away")     \
    ERROR(ERR_KILLED, -15, "the process is being killed")                              \
    ERROR(ERR_PEER_CLOSED, -16, "the other side is gone")                              \
    ERROR(ERR_CYCLE, -17, "a queue would end up holding its own receive side")         \
    ERROR(ERR_ALREADY_MAPPED, -18, "the address range overlaps a mapped region")       \
    ERROR(ERR_NOT_MAPPED, -19, "the address range is not mapped")                      \
    ERROR(ERR_WOULD_BLOCK, -20, "the value at the address is not the expected one")    \
    ERROR(ERR_NOT_FOUND, -21, "no such file, process or name")                         \
    ERROR(ERR_NOT_SUPPORTED, -22, "no such call, or not on this object")               \
    ERROR(ERR_BAD_EXECUTABLE, -23, "the file is not a program that Ponte can load")

typedef int64_t status_t;

#define STATUS_ENUM(name, value, text) name = (value),
enum status_code { OK = 0, STATUS_LIST(STATUS_ENUM) };
#undef STATUS_ENUM
