/* SPDX-License-Identifier: MIT */
/* log_output.c: where the kernel's words go: each piece whole, one CPU at a time. */
#include "kernel/drivers/uart.h"
#include "kernel/lib/hooks.h"
#include "kernel/sync/spinlock.h"

static struct spinlock console_lock = SPINLOCK_INIT(RANK_LOG, "console output");
static struct spinlock results_lock = SPINLOCK_INIT(RANK_LOG, "results output");
static bool lock_broken; /* the holder was stopped for good */

void log_break_lock(void)
{
    lock_broken = true;
}

/* A terminal wants a carriage return with each new line. */
static void write_lines(const char *text, size_t length)
{
    size_t start = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '\n')
            continue;
        uart_write(UART_CONSOLE, text + start, i - start);
        uart_write(UART_CONSOLE, "\r\n", 2);
        start = i + 1;
    }
    uart_write(UART_CONSOLE, text + start, length - start);
}

void log_write(const char *text, size_t length)
{
    if (lock_broken) {
        write_lines(text, length);
        return;
    }
    spin_lock(&console_lock);
    write_lines(text, length);
    spin_unlock(&console_lock);
}

void results_write(const char *text, size_t length)
{
    spin_lock(&results_lock);
    uart_write(UART_RESULTS, text, length);
    spin_unlock(&results_lock);
}
