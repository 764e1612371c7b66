/* SPDX-License-Identifier: MIT */
/*
 * format.h: printf's formatting without a stream.
 *
 * Takes %d %i %u %x %X %o %c %s %p %% with flags "-0+ #", width, precision (also
 * '*'), and lengths hh h l ll z t j. No floating point.
 */
#pragma once

#include <stdarg.h>

#include "kernel/lib/defs.h"

/* Called with each piece of output in turn. */
typedef void format_sink(void *context, const char *text, size_t length);

void format_to(format_sink *sink, void *context, const char *format, va_list args);

/* As C's: always terminates when size > 0; returns the length that all of it needs. */
int vsnprintf(char *buffer, size_t size, const char *format, va_list args) printf_like(3, 0);
int snprintf(char *buffer, size_t size, const char *format, ...) printf_like(3, 4);
