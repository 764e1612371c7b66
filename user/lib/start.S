/* SPDX-License-Identifier: MIT */
/*
 * start.S: where a program's first thread and its other threads begin.
 *
 * Both are entered by the kernel, not called: the stack pointer is 16-byte aligned and
 * there is no return address. rbp = 0 ends backtraces here.
 */
#include "kernel/abi/layout.h"

/* user.ld checks that it links programs where the kernel's headers say. */
    .globl user_image_base
    .set user_image_base, USER_IMAGE_BASE

/*
 *            | strings, argv, handles, struct start_info |  <- rdi
 *    rsp ->  | (aligned to 16)                           |
 */
    .section .text.start, "ax", @progbits
    .globl _start
    .type _start, @function
_start:
    xorl %ebp, %ebp
    call start_program /* (struct start_info *): does not return */
    .size _start, . - _start

/*
 *            | struct thread                             |  <- rdi, FS base
 *    rsp ->  | (aligned to 16)                           |
 */
    .section .text.thread_entry, "ax", @progbits
    .globl thread_entry
    .type thread_entry, @function
thread_entry:
    xorl %ebp, %ebp
    call thread_begin /* (struct thread *): does not return */
    .size thread_entry, . - thread_entry

    .section .note.GNU-stack, "", @progbits
