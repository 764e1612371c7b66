/* SPDX-License-Identifier: MIT */
/*
 * debug_exit.c: QEMU's isa-debug-exit ends the emulator with status 2 * value + 1; the
 * power-management controller's sleep register powers the machine off with status 0.
 */
#include "kernel/drivers/debug_exit.h"

#include "kernel/abi/system.h"
#include "kernel/arch/cpu.h"
#include "kernel/arch/io.h"

#define DEBUG_EXIT_PORT 0xf4
#define SLEEP_PORT      0x604 /* where qboot and SeaBIOS put PM1a_CNT of the q35's ICH9 */
#define SLEEP_ENABLE    (1 << 13)

noreturn void machine_shutdown(uint32_t code)
{
    interrupts_disable();
    if (code != SHUTDOWN_POWEROFF)
        outb(DEBUG_EXIT_PORT, (uint8_t)code);
    outw(SLEEP_PORT, SLEEP_ENABLE); /* also for a machine without the debug device */
    for (;;)
        cpu_pause();
}
