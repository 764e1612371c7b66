/* SPDX-License-Identifier: MIT */
/*
 * entry.S: the ways into the kernel and out of it: system calls, exceptions and
 * interrupts, and where a new kernel stack begins.
 */
#include "kernel/abi/syscalls.h"
#include "kernel/arch/offsets.h"

        .cfi_sections .debug_frame
        .text

/*
 * A system call. rax: number, rdi rsi rdx r10 r8 r9: arguments; the processor put the
 * return address into rcx and the flags into r11, and turned interrupts off. The kernel
 * stack, empty until now:
 *
 *     kernel_stack -  8   user rsp
 *                  - 16   user rflags (r11)
 *                  - 24   user rip (rcx)
 *                  - 32   user rbp
 *
 * The C handler preserves rbx, rbp and r12 to r15 by itself. rbp is zeroed so that
 * backtraces end here.
 */
        .global syscall_entry
        .type syscall_entry, @function
syscall_entry:
        .cfi_startproc simple           /* for gdb: from a handler, `bt` goes on into the program */
        .cfi_signal_frame
        .cfi_def_cfa rsp, 32
        .cfi_offset rsp, -8
        .cfi_offset rip, -24
        .cfi_offset rbp, -32
        swapgs
        movq    %rsp, %gs:CPU_USER_STACK
        movq    %gs:CPU_KERNEL_STACK, %rsp
        pushq   %gs:CPU_USER_STACK
        pushq   %r11
        pushq   %rcx
        pushq   %rbp
        xorl    %ebp, %ebp
        sti
        cmpq    $SYSCALL_COUNT, %rax
        jae     3f
        movq    %r10, %rcx              /* the fourth argument of a C function */
        call    *syscall_table(, %rax, 8)
1:      cli
        cmpl    $0, %gs:CPU_ATTENTION
        jne     4f
2:      popq    %rbp
        popq    %rcx
        popq    %r11
        popq    %rsp
        xorl    %edi, %edi              /* nothing of the kernel's stays in registers */
        xorl    %esi, %esi
        xorl    %edx, %edx
        xorl    %r8d, %r8d
        xorl    %r9d, %r9d
        xorl    %r10d, %r10d
        swapgs
        sysretq

3:      movq    $-22, %rax              /* ERR_NOT_SUPPORTED: no such call */
        jmp     1b

4:      pushq   %rax
        pushq   %rax                    /* twice, to keep the stack aligned */
        movl    $1, %edi                /* to user space */
        call    attend                  /* returns with interrupts off */
        popq    %rax
        popq    %rax
        jmp     1b
        .cfi_endproc

/*
 * Exceptions and interrupts. The processor pushes ss, rsp, rflags, cs, rip and, for some,
 * an error code; the stubs below make it one for all and add the vector; then
 * struct trap_frame is completed here.
 */
trap_common:
        testb   $3, 24(%rsp)            /* cs, above vector, error and rip */
        jz      1f
        swapgs
1:      pushq   %rax
        pushq   %rbx
        pushq   %rcx
        pushq   %rdx
        pushq   %rsi
        pushq   %rdi
        pushq   %rbp
        pushq   %r8
        pushq   %r9
        pushq   %r10
        pushq   %r11
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        cld
trap_close:
        nopl    (%rax)                  /* clac, where there is SMAP: see memory.S */
        movq    %rsp, %rdi
        movq    %rsp, %rbx              /* preserved by C */
        testb   $3, 144(%rsp)           /* cs in the frame */
        jz      2f
        xorl    %ebp, %ebp              /* from user space: the backtrace ends */
2:      andq    $-16, %rsp
        call    trap_dispatch
        movq    %rbx, %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %r11
        popq    %r10
        popq    %r9
        popq    %r8
        popq    %rbp
        popq    %rdi
        popq    %rsi
        popq    %rdx
        popq    %rcx
        popq    %rbx
        popq    %rax
        testb   $3, 24(%rsp)
        jz      3f
        swapgs
3:      addq    $16, %rsp               /* vector, error */
        iretq

/* Vectors 8, 10 to 14, 17, 21, 29 and 30 come with an error code (SDM volume 3, 6.13). */
        .macro  stub vector
        .align  16
        .if     \vector == 8 || (\vector >= 10 && \vector <= 14) || \vector == 17 || \vector == 21 || \vector == 29 || \vector == 30
        .else
        pushq   $0
        .endif
        pushq   $\vector
        jmp     trap_common
        .endm

        .align  16
        .global trap_stubs
trap_stubs:                             /* 16 bytes each */
        .altmacro
        .set    vector, 0
        .rept   VECTOR_COUNT
        stub    %vector
        .set    vector, vector + 1
        .endr

/* A non-maskable interrupt means: another CPU has panicked. Nothing here needs GS. */
        .global nmi_entry
nmi_entry:
        cli
1:      hlt
        jmp     1b

/* Where a new stack goes on, as context_prepare laid it out: rbp, argument, entry. */
        .global context_begin
context_begin:
        popq    %rbp
        popq    %rdi
        popq    %rax
        call    *%rax
        ud2

/* noreturn void arch_enter_user(rdi entry, rsi stack, rdx argument) */
        .global arch_enter_user
        .type arch_enter_user, @function
arch_enter_user:
        cli
        cmpl    $0, %gs:CPU_ATTENTION   /* killed before it began? */
        je      1f
        pushq   %rdi
        pushq   %rsi
        pushq   %rdx
        movl    $1, %edi
        call    attend
        popq    %rdx
        popq    %rsi
        popq    %rdi
        jmp     arch_enter_user
1:      movq    %rdi, %rcx              /* sysret takes rip from rcx, rflags from r11 */
        movl    $0x202, %r11d
        movq    %rsi, %rsp
        movq    %rdx, %rdi
        xorl    %eax, %eax
        xorl    %ebx, %ebx
        xorl    %edx, %edx
        xorl    %esi, %esi
        xorl    %ebp, %ebp
        xorl    %r8d, %r8d
        xorl    %r9d, %r9d
        xorl    %r10d, %r10d
        xorl    %r12d, %r12d
        xorl    %r13d, %r13d
        xorl    %r14d, %r14d
        xorl    %r15d, %r15d
        swapgs
        sysretq

        .section .smap_sites, "a"
        .quad   trap_close, 1

        .section .note.GNU-stack, "", @progbits
