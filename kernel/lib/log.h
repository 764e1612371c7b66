/* SPDX-License-Identifier: MIT */
/* log.h: the kernel's own words on the console. May be called anywhere, locks held or not. */
#pragma once

#include <stdarg.h>

#include "kernel/lib/defs.h"
#include "kernel/lib/hooks.h"

/* Prints one piece of text, up to 256 bytes of it whole; pieces of different CPUs do not mix. */
void log(const char *format, ...) printf_like(1, 2);
void vlog(const char *format, va_list args) printf_like(1, 0);
