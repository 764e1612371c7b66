/* SPDX-License-Identifier: MIT */
/*
 * stdio.h: formatted output and plain input.
 *
 * Standard output is the START_STDOUT handle, a console or a pipe. It is buffered, on a console by lines: it goes out when a call has
 * printed a newline, when the buffer is full, before input is read and at exit. Calls of
 * several threads do not mix. Formats: %d %i %u %x %X %o %c %s %p %% with flags, width,
 * precision and lengths; no floating point.
 */
#pragma once

#include <stdarg.h>

#include "user/lib/defs.h"
#include "user/lib/ponte.h"

#define EOF (-1)

/* These return the characters printed, or a negative status. */
int printf(const char *format, ...) printf_like(1, 2);
int vprintf(const char *format, va_list args) printf_like(1, 0);
int puts(const char *line);
int putchar(int c);
int print_bytes(const void *bytes, size_t n);

/* Sends out what is buffered. */
int flush(void);

/* As printf, unbuffered, to any console or pipe. */
int dprintf(handle_t console, const char *format, ...) printf_like(2, 3);

/* As C's: always terminates when size > 0; returns the length that all of it needs. */
int vsnprintf(char *buffer, size_t size, const char *format, va_list args) printf_like(3, 0);
int snprintf(char *buffer, size_t size, const char *format, ...) printf_like(3, 4);

/* Called with each piece of output in turn. */
typedef void format_sink(void *context, const char *text, size_t length);
void format_to(format_sink *sink, void *context, const char *format, va_list args);

/*
 * Reads what has been typed, or what comes through a pipe, from START_STDIN, after flushing the output. No
 * echo, no editing (user/lib/line.h has both). ERR_INVALID_HANDLE: this program was given no
 * input.
 */
status_t read_input(void *buffer, size_t size, uint64_t deadline);

/* "ls: text\n" to START_ERROR, or standard output if there is none: the program's name comes first. */
void warn(const char *format, ...) printf_like(1, 2);

/* The same, and exits with code 1. */
_Noreturn void die(const char *format, ...) printf_like(1, 2);
