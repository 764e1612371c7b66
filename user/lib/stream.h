/* SPDX-License-Identifier: MIT */
/*
 * stream.h: bytes in and out, whatever is at the other end: a console or a pipe.
 *
 * A program does not know what its standard input and output are; it finds out by trying.
 */
#pragma once

#include "user/lib/defs.h"
#include "user/lib/ponte.h"

/* The exit code of a program that was to write more and had nobody left who reads. */
#define EXIT_CODE_UNREAD 141

/*
 * Writes all of it, waiting for room. OK, or an error of sys_console_write or sys_pipe_write. *is_pipe, unless NULL, tells
 * what it was.
 */
must_check status_t stream_write(handle_t stream, const void *bytes, size_t size, bool *is_pipe);

/* Reads what there is, waiting for at least one byte; 0 at the end. Errors of sys_console_read or sys_pipe_read. */
must_check status_t stream_read(handle_t stream, void *buffer, size_t size, uint64_t deadline);
