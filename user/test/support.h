/* SPDX-License-Identifier: MIT */
/*
 * support.h: the steps that the tests of messages, ports and the kernel share.
 *
 * None of these is a check of the plan: a step that must work and does not ends the
 * case at once, with a line that says which. The calls under test are made as
 * system calls, not through user/lib/ipc.h, so that a test says what it passes.
 */
#pragma once

#include "user/lib/process.h"
#include "user/lib/stdio.h"
#include "user/lib/status.h"
#include "user/lib/string.h"
#include "user/lib/test.h"
#include "user/lib/thread.h"
#include "user/lib/time.h"

#define PORT_RIGHTS                                                                  \
    (PORT_RIGHT_RECEIVE | PORT_RIGHT_SEND | PORT_RIGHT_MANAGE | RIGHT_DUPLICATE |    \
     RIGHT_TRANSFER | RIGHT_WAIT)

/* What the kernel must leave alone is filled with this first. */
#define POISON   0xa5
#define POISON32 0xa5a5a5a5u

/* A step of the preparation: its result, or the end of the case. */
#define NEED(call) need(__FILE__, __LINE__, (call), #call)

static inline status_t need(const char *file, int line, status_t st, const char *call)
{
    if (st < 0)
        test_require(test_check_status(file, line, st, OK, "preparation: %s", call));
    return st;
}

/* Lets all that can run do so until it blocks; a deadline only this once is under way. */
static inline void settle(void)
{
    sys_thread_sleep(clock_now() + 300 * NS_PER_US);
}

/* Messages ------------------------------------------------------------------------ */

static inline struct message_args outgoing(uint32_t type, const void *data, uint32_t size,
                                           const handle_t *handles, uint32_t count)
{
    return (struct message_args){
        .header = { .size = size, .handle_count = count, .msg_type = type },
        .data = (uint64_t)data,
        .handles = (uint64_t)handles,
    };
}

/* Room for a message; the header is poisoned, so that a field left alone shows. */
static inline struct message_args incoming(void *data, uint32_t capacity, handle_t *handles,
                                           uint32_t handle_capacity)
{
    return (struct message_args){
        .header = { POISON32, POISON32, POISON32, POISON32 },
        .data = (uint64_t)data,
        .handles = (uint64_t)handles,
        .data_capacity = capacity,
        .handle_capacity = handle_capacity,
    };
}

/* Whether the header has been left as incoming() made it. */
static inline bool header_untouched(const struct message_args *args)
{
    return args->header.size == POISON32 && args->header.handle_count == POISON32 &&
           args->header.msg_type == POISON32 && args->header.reserved == POISON32;
}

static inline void fill_random(uint8_t *bytes, size_t n, uint64_t *state)
{
    for (size_t i = 0; i < n; i += 8) {
        uint64_t value = test_random(state);
        memcpy(bytes + i, &value, n - i < 8 ? n - i : 8);
    }
}

/* A message of one 64-bit word, with a handle unless it is HANDLE_INVALID. */
static inline status_t send_word(handle_t port, uint64_t word, handle_t handle, uint64_t deadline)
{
    struct message_args out = outgoing(1, &word, sizeof(word), &handle, handle != HANDLE_INVALID);
    return sys_port_send(port, &out, deadline);
}

/* The word of the next message; its handle goes to *handle, which may be NULL if none is expected. */
static inline status_t recv_word(handle_t port, uint64_t *word, handle_t *handle, uint64_t deadline)
{
    struct message_args in = incoming(word, sizeof(*word), handle, handle != NULL);
    return sys_port_recv(port, &in, deadline);
}

static inline status_t try_recv_word(handle_t port, uint64_t *word, handle_t *handle)
{
    struct message_args in = incoming(word, sizeof(*word), handle, handle != NULL);
    return sys_port_try_recv(port, &in);
}

/* Handles --------------------------------------------------------------------------- */

static inline handle_t make_port(uint64_t capacity)
{
    return (handle_t)NEED(sys_port_create(capacity));
}

static inline handle_t duplicate(handle_t handle, rights_t rights)
{
    return (handle_t)NEED(sys_handle_duplicate(handle, rights));
}

/* A handle to `port` that can send and travel. */
static inline handle_t make_sender(handle_t port)
{
    return duplicate(port, PORT_RIGHT_SEND | RIGHT_TRANSFER | RIGHT_DUPLICATE);
}

static inline bool handle_alive(handle_t handle)
{
    struct handle_info info;
    return sys_handle_info(handle, &info) == OK;
}

static inline uint64_t object_id(handle_t handle)
{
    struct handle_info info;
    NEED(sys_handle_info(handle, &info));
    return info.id;
}

static inline void close_all(const handle_t *handles, size_t count)
{
    for (size_t i = 0; i < count; i++)
        NEED(sys_handle_close(handles[i]));
}

/* Duplicates `model` until the table is full; returns how many handles that took. */
static inline size_t fill_table(handle_t model, handle_t *handles)
{
    status_t st = OK;
    size_t count = 0;
    while (count < HANDLE_TABLE_MAX && (st = sys_handle_duplicate(model, RIGHTS_SAME)) > 0)
        handles[count++] = (handle_t)st;
    if (st != ERR_NO_SLOTS)
        test_require(CHECK_STATUS(st, ERR_NO_SLOTS, "preparation: the handle table is filled"));
    return count;
}

/* Threads and processes ---------------------------------------------------------------- */

static inline struct thread *start_thread(int64_t (*run)(void *), void *argument)
{
    struct thread *thread = NULL;
    NEED(thread_create(&thread, run, argument));
    return thread;
}

static inline int64_t join_thread(struct thread *thread)
{
    int64_t code = 0;
    NEED(thread_join(thread, DEADLINE_FOREVER, &code));
    return code;
}

static inline handle_t start_role(const char *role, const char *argument, const handle_t *handles,
                                  size_t count)
{
    return (handle_t)NEED(test_start(role, argument, handles, count));
}

/* Waits for a process, closes the handle, and says how it ended. */
static inline struct exit_info finish(handle_t process)
{
    struct exit_info info = { UINT32_MAX, -1 };
    NEED(process_finish(process, DEADLINE_FOREVER, &info));
    return info;
}

/* Memory -------------------------------------------------------------------------------- */

static inline uint8_t *map_pages(uint64_t pages, uint32_t protection)
{
    return (uint8_t *)NEED(sys_vm_map(0, pages * PAGE_SIZE, protection));
}

static inline void unmap_pages(void *address, uint64_t pages)
{
    NEED(sys_vm_unmap((uint64_t)address, pages * PAGE_SIZE));
}

#define KERNEL_ADDRESS        0xffffffff80000000ull
#define DIRECT_MAP_ADDRESS    0xffff800000000000ull
#define NON_CANONICAL_ADDRESS 0x0000800000001000ull
#define LAST_ADDRESS          0xffffffffffffffffull
