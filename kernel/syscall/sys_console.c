/* SPDX-License-Identifier: MIT */
/* sys_console.c: system calls on the serial lines. */
#include "kernel/mm/usercopy.h"
#include "kernel/object/console.h"
#include "kernel/object/process.h"
#include "kernel/syscall/syscall.h"

#define READ_PIECE 256

/* The bytes leave the console only when they have arrived. */
static status_t read_piece(struct console *c, uaddr_t buffer, size_t size, uint64_t deadline)
{
    char piece[READ_PIECE];
    uint64_t position;
    status_t n;
    do {
        n = console_peek(c, piece, size, deadline, &position);
        if (n <= 0)
            return n;
        status_t st = copy_to_user(buffer, piece, (size_t)n);
        if (st < 0)
            return st;
    } while (!console_take(c, position, (size_t)n));
    return n;
}

status_t sys_console_read(uint64_t console, uaddr_t buffer, uint64_t size, uint64_t deadline)
{
    struct object *object;
    status_t st =
        handle_get(&current_process()->handles, console, OBJ_CONSOLE, RIGHT_READ, &object);
    if (st < 0)
        return st;
    if (size > READ_PIECE)
        size = READ_PIECE;
    if (size > 0)
        st = user_range_ok(buffer, size) ? read_piece(console_of(object), buffer, size, deadline)
                                         : ERR_INVALID_ADDRESS;
    object_put(object);
    return st;
}

/* Each piece is fetched before the line is locked: under a spinlock nothing may fault. */
static status_t write_all(struct console *c, uaddr_t buffer, uint64_t size)
{
    char piece[CONSOLE_PIECE];
    uint64_t done = 0;
    while (done < size) {
        size_t n = size - done < sizeof piece ? size - done : sizeof piece;
        status_t st = copy_from_user(piece, uaddr_add(buffer, done), n);
        if (st == OK && atomic32_load(&current_thread()->killed))
            st = ERR_KILLED; /* a long write must not outlive its program */
        if (st < 0)
            return done > 0 ? (status_t)done : st;
        console_write(c, piece, n);
        done += n;
    }
    return (status_t)done;
}

status_t sys_console_write(uint64_t console, uaddr_t buffer, uint64_t size)
{
    struct object *object;
    status_t st =
        handle_get(&current_process()->handles, console, OBJ_CONSOLE, RIGHT_WRITE, &object);
    if (st < 0)
        return st;
    if (size > 0 && !user_range_ok(buffer, size)) {
        st = ERR_INVALID_ADDRESS;
    } else if (size > 0) {
        console_begin_write(console_of(object));
        st = write_all(console_of(object), buffer, size);
        console_end_write(console_of(object));
    }
    object_put(object);
    return st;
}
