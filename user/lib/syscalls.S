/* SPDX-License-Identifier: MIT */
/*
 * syscalls.S: sys_NAME for every line of kernel/abi/syscalls.h.
 *
 * C passes the fourth argument in rcx, which the syscall instruction overwrites with
 * the return address; the kernel looks for it in r10. Arguments one to three, five
 * and six are where the kernel wants them.
 */
#include "kernel/abi/syscalls.h"

#define MOVE_0
#define MOVE_1
#define MOVE_2
#define MOVE_3
#define MOVE_4 movq %rcx, %r10;
#define MOVE_5 MOVE_4
#define MOVE_6 MOVE_4

#define STUB(number, name, count)                          \
    .section .text.sys_##name, "ax", @progbits;            \
    .globl sys_##name;                                     \
    .type sys_##name, @function;                           \
    .balign 16;                                            \
sys_##name:                                                \
    MOVE_##count                                           \
    movl $number, %eax;                                    \
    syscall;                                               \
    ret;                                                   \
    .size sys_##name, . - sys_##name;

SYSCALL_LIST(STUB)

    .section .note.GNU-stack, "", @progbits
