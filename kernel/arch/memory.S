/* SPDX-License-Identifier: MIT */
/*
 * memory.S: copying and filling, by words: an emulator spends as long on a byte as
 * on a word, and so does a count of instructions.
 */

        .text

/* void *memcpy(rdi to, rsi from, rdx n) */
        .global memcpy
        .type memcpy, @function
memcpy:
        movq    %rdi, %rax
        movq    %rdx, %rcx
        shrq    $3, %rcx
        rep movsq
        movl    %edx, %ecx
        andl    $7, %ecx
        rep movsb
        ret

/* void *memset(rdi to, esi byte, rdx n) */
        .global memset
        .type memset, @function
memset:
        movq    %rdi, %r8
        movzbl  %sil, %eax
        movabsq $0x0101010101010101, %rcx
        imulq   %rcx, %rax
        movq    %rdx, %rcx
        shrq    $3, %rcx
        rep stosq
        movl    %edx, %ecx
        andl    $7, %ecx
        rep stosb
        movq    %r8, %rax
        ret

        .section .note.GNU-stack, "", @progbits
