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

/*
 * uint64_t user_copy(rdi to, rsi from, rdx n): between kernel and user memory, either
 * way. Returns how many bytes were not copied. Only the two rep instructions touch
 * user memory; the exception table sends a fault in them to user_copy_fault with rcx
 * telling what was left. The nops become stac and clac where the CPU has SMAP.
 */
        .global user_copy
        .type user_copy, @function
user_copy:
        movq    %rdx, %rcx
        shrq    $3, %rcx
        andl    $7, %edx
user_copy_open:
        nopl    (%rax)                  /* 3 bytes: stac */
user_copy_words:
        rep movsq
        movl    %edx, %ecx
user_copy_bytes:
        rep movsb
user_copy_close:
        nopl    (%rax)                  /* 3 bytes: clac */
        movl    %ecx, %eax              /* 0 */
        ret

/* A fault in the words: 8 * rcx + edx bytes are left. */
user_copy_words_fault:
        leaq    (%rdx, %rcx, 8), %rcx
/* A fault in the bytes: rcx bytes are left. */
user_copy_bytes_fault:
        movq    %rcx, %rax
user_copy_fault_close:
        nopl    (%rax)
        ret

        .section .extable, "a"
        .quad   user_copy_words, user_copy_words_fault
        .quad   user_copy_bytes, user_copy_bytes_fault

/* Where cpu.c writes the instruction: address, then 0 for stac, 1 for clac. */
        .section .smap_sites, "a"
        .quad   user_copy_open, 0
        .quad   user_copy_close, 1
        .quad   user_copy_fault_close, 1
        .section .note.GNU-stack, "", @progbits
