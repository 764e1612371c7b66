/* SPDX-License-Identifier: MIT */
/*
 * table.c: what entry.S calls for each system call number.
 *
 * The handlers' real prototypes differ and stand in their headers; here only their addresses matter.
 */
#include "kernel/abi/syscalls.h"

#define SYSCALL_DECLARE(number, name, count) extern void sys_##name(void);
SYSCALL_LIST(SYSCALL_DECLARE)

#define SYSCALL_ENTRY(number, name, count) [number] = (const void *)sys_##name,
extern const void *const syscall_table[SYSCALL_COUNT];
const void *const syscall_table[SYSCALL_COUNT] = { SYSCALL_LIST(SYSCALL_ENTRY) };

/* Each number of 0 .. SYSCALL_COUNT - 1 once: their bits make up the whole. */
#define SYSCALL_BIT(number, name, count) + (1ull << (number))
_Static_assert(SYSCALL_COUNT < 64 && 0 SYSCALL_LIST(SYSCALL_BIT) == (1ull << SYSCALL_COUNT) - 1,
               "system call numbers have no gaps");
