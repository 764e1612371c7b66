/* SPDX-License-Identifier: MIT */
/*
 * console.h: the serial lines as objects: the console, to read and write, and the results
 * line of a graded run, to write only.
 */
#pragma once

#include "kernel/abi/time.h"
#include "kernel/drivers/uart.h"
#include "kernel/object/object.h"

#define CONSOLE_RIGHTS (RIGHT_READ | RIGHT_WRITE | RIGHT_DUPLICATE | RIGHT_TRANSFER)
#define RESULTS_RIGHTS (RIGHT_WRITE | RIGHT_DUPLICATE | RIGHT_TRANSFER)

#define CONSOLE_PIECE 1024 /* bytes that are written as one */

struct console;

/* Boot, once, after uart_init: makes both objects and begins to listen. */
void console_init(void);

/* The object of a line; it is never freed, so no reference is taken. */
struct object *console_object(enum uart line);

static inline struct console *console_of(struct object *object)
{
    return (struct console *)object;
}

/* From now on there is no input: whoever reads, or waits, gets 0 once what was typed is read. */
void console_set_input_none(void);

/*
 * Reading is done in two steps, so that no byte is lost when it cannot be delivered.
 * console_peek waits until something has been typed and copies up to `size` > 0 bytes of it to
 * `to`. Returns the count, and in *position where they stood; 0 at the end of input;
 * ERR_TIMED_OUT, ERR_KILLED. Then console_take removes them: false if another reader was
 * faster, then peek again.
 */
must_check status_t console_peek(struct console *console, void *to, size_t size,
                                 uint64_t deadline, uint64_t *position);
must_check bool console_take(struct console *console, uint64_t position, size_t n);

/*
 * Around all pieces of one program's write, so that no other program's get between them. A sleeping lock, for
 * a piece may have to be paged in. The kernel's own messages do not ask for it.
 */
void console_begin_write(struct console *console);
void console_end_write(struct console *console);

/* Sends up to CONSOLE_PIECE bytes of kernel memory; no other piece gets between them. */
void console_write(struct console *console, const char *text, size_t n);
