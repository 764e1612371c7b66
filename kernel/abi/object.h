/* SPDX-License-Identifier: MIT */
/* object.h: the kinds of kernel object that a handle can name. */
#pragma once

/* OBJECT(name, number, what it is): the only list of object types. */
#define OBJECT_LIST(OBJECT)                                         \
    OBJECT(PROCESS, 1, "a running program: WAIT, MANAGE")           \
    OBJECT(THREAD, 2, "a thread: WAIT")                             \
    OBJECT(CONSOLE, 3, "a serial line: READ, WRITE")                \
    OBJECT(SYSTEM, 4, "the machine: READ (list), MANAGE (kill, shut down)") \
    OBJECT(PORT, 5, "a queue of messages: RECEIVE, SEND, MANAGE")               \
    OBJECT(CHANNEL, 6, "one end of a channel: READ (receive), WRITE (send)")    \
    OBJECT(PIPE, 7, "one end of a pipe: READ or WRITE")                         \
    OBJECT(SHM, 8, "shared memory: MAP, and READ, WRITE, EXECUTE for what it may be mapped as")

#define OBJECT_ENUM(name, number, text) OBJ_##name = (number),
enum object_kind { OBJ_ANY = 0, OBJECT_LIST(OBJECT_ENUM) };
#undef OBJECT_ENUM
