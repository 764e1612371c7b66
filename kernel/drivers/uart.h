/* SPDX-License-Identifier: MIT */
/* uart.h: the two serial lines: COM1 is the console, COM2 carries a graded run's results. */
#pragma once

#include "kernel/lib/defs.h"

enum uart { UART_CONSOLE, UART_RESULTS };

void uart_init(void);

/* Sends all of it. Polls; the caller sees to it that pieces do not mix. */
void uart_write(enum uart uart, const char *text, size_t length);

/* The next byte received on the console, or -1. */
int uart_read(void);

/* From now on calls received() in interrupt context when a byte has come in on the console. */
void uart_listen(void (*received)(void));
