/* SPDX-License-Identifier: MIT */
/* panic.c: stop the others, say everything once, end the run. */
#include "kernel/lib/panic.h"

#include "kernel/abi/system.h"
#include "kernel/lib/log.h"
#include "kernel/lib/symbols.h"

static int panicking; /* set by the first CPU to panic; the others stop without a word */

static noreturn void report(uint64_t frame_pointer, uint64_t address, const char *format,
                            va_list args)
{
    arch_quiet();
    if (__atomic_exchange_n(&panicking, 1, __ATOMIC_SEQ_CST) != 0)
        for (;;)
            arch_quiet();
    arch_stop_others();
    log_break_lock();
    log("\nPANIC: ");
    vlog(format, args);
    log("\n");
    spinlock_report();
    log("  called from\n");
    backtrace(frame_pointer, address);
    machine_shutdown(SHUTDOWN_PANIC);
}

void panic(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report((uint64_t)__builtin_frame_address(0), 0, format, args);
}

void panic_at(uint64_t frame_pointer, uint64_t address, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report(frame_pointer, address, format, args);
}

void assert_failed(const char *file, int line, const char *text, uint64_t a, uint64_t b)
{
    panic("%s:%d: assertion failed: %s (0x%lx, 0x%lx)", file, line, text, a, b);
}
