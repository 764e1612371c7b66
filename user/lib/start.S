/* SPDX-License-Identifier: MIT */
/*
 * start.S: where a program's first thread and its other threads begin.
 *
 * Both are entered by the kernel, not called: the stack pointer is 16-byte aligned and
 * there is no return address. rbp = 0 ends backtraces here.
 */
#include "kernel/abi/layout.h"
#include "kernel/abi/syscalls.h"

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

/*
 * The last steps of a thread: (rdi: the word that says it has ended, rsi: its exit code). From the store
 * on, who joins it may unmap its stack: so nothing here touches that, and what is needed
 * afterwards is in a register that system calls preserve. The word may be gone too; then the wake-up
 * is refused, and nobody minds.
 */
#define CALL_NUMBER(number, name, count) .set CALL_##name, number;
SYSCALL_LIST(CALL_NUMBER)

    .section .text.thread_leave, "ax", @progbits
    .globl thread_leave
    .type thread_leave, @function
thread_leave:
    movq %rsi, %rbx
    movl $1, (%rdi)
    movl $-1, %esi                  /* as many as wait */
    movl $CALL_futex_wake, %eax
    syscall
    movq %rbx, %rdi
    movl $CALL_thread_exit, %eax
    syscall
    ud2
    .size thread_leave, . - thread_leave

    .section .note.GNU-stack, "", @progbits
