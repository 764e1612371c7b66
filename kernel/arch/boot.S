/* SPDX-License-Identifier: MIT */
/*
 * boot.S: from the PVH entry to C.
 *
 * The loader enters in 32-bit protected mode without paging, ebx pointing to
 * struct hvm_start_info (Xen's public/arch-x86/hvm/start_info.h; a note in the
 * image says where to enter). This code maps the first 4 GiB three times, with
 * 2 MiB pages: where it stands, at DIRECT_MAP, and (1 GiB of it) at KERNEL_BASE;
 * switches to long mode; and calls boot_main on the boot CPU's stack.
 *
 * The other CPUs begin at trampoline_start, copied to TRAMPOLINE, in real mode,
 * use the same page tables, and call smp_main.
 */
#include "kernel/arch/offsets.h"

#define BOOT_STACK_SIZE 16384
#define PTE_PRESENT_WRITE 3
#define PTE_2M            0x80

        .section .note.pvh, "a", @note
        .align  4
        .long   4, 4, 18                /* name size, data size, XEN_ELFNOTE_PHYS32_ENTRY */
        .asciz  "Xen"
        .long   pvh_entry

        .section .boot, "ax"
        .code32
        .global pvh_entry
pvh_entry:
        cld
        cli
        movl    %ebx, %ebp              /* start info, kept through what follows */

        /* The kernel's .bss is zero already (the loader's duty): boot_pd among it. */
        movl    $(boot_pd - KERNEL_BASE), %edi
        movl    $(PTE_PRESENT_WRITE | PTE_2M), %eax
        xorl    %edx, %edx
1:      movl    %eax, (%edi)
        movl    %edx, 4(%edi)
        addl    $8, %edi
        addl    $0x200000, %eax
        jnc     1b                      /* 2048 entries: until 4 GiB wraps to 0 */

        /* Four page directories in one table: for the identity and the direct map. */
        movl    $(boot_pdpt - KERNEL_BASE), %edi
        movl    $(boot_pd - KERNEL_BASE + PTE_PRESENT_WRITE), %eax
        movl    $4, %ecx
2:      movl    %eax, (%edi)
        addl    $8, %edi
        addl    $4096, %eax
        loop    2b

        /* Entry 510 of another: the last 2 GiB begin there. */
        movl    $(boot_pd - KERNEL_BASE + PTE_PRESENT_WRITE), boot_pdpt_high - KERNEL_BASE + 510 * 8

        movl    $(boot_pml4 - KERNEL_BASE), %edi
        movl    $(boot_pdpt - KERNEL_BASE + PTE_PRESENT_WRITE), (%edi)
        movl    $(boot_pdpt - KERNEL_BASE + PTE_PRESENT_WRITE), 256 * 8(%edi)
        movl    $(boot_pdpt_high - KERNEL_BASE + PTE_PRESENT_WRITE), 511 * 8(%edi)

        call    long_mode
        lgdt    boot_gdt_pointer
        ljmp    $KERNEL_CODE, $boot64

/* Turns on paging with the boot tables; the CPU is then in compatibility mode. */
long_mode:
        movl    %cr4, %eax
        orl     $0x20, %eax             /* PAE */
        movl    %eax, %cr4
        movl    $(boot_pml4 - KERNEL_BASE), %eax
        movl    %eax, %cr3
        movl    $0xc0000080, %ecx       /* EFER */
        rdmsr
        orl     $0x901, %eax            /* SCE, LME, NXE */
        wrmsr
        movl    %cr0, %eax
        orl     $0x80010001, %eax       /* PG, WP, PE */
        movl    %eax, %cr0
        ret

        .code64
boot64:
        xorl    %eax, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        movl    %eax, %fs
        movl    %eax, %gs
        movl    %ebp, %edi
        xorl    %ebp, %ebp              /* the end of every backtrace */
        movq    $boot_stack_top, %rsp
        movabsq $boot_main, %rax
        call    *%rax
        ud2

/* The other CPUs arrive here from the trampoline, in 32-bit protected mode. */
        .code32
smp_entry32:
        call    long_mode
        ljmp    $KERNEL_CODE, $smp_entry64
        .code64
smp_entry64:
        xorl    %eax, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        movl    %eax, %fs
        movl    %eax, %gs
        xorl    %ebp, %ebp
        movq    $smp_stack, %rax        /* set by the boot CPU for this one */
        movq    (%rax), %rsp
        movabsq $smp_main, %rax
        call    *%rax
        ud2

        .align  8
boot_gdt:
        .quad   0
        .quad   0x00af9a000000ffff      /* KERNEL_CODE: 64-bit */
        .quad   0x00cf92000000ffff      /* KERNEL_DATA */
        .quad   0x00cf9a000000ffff      /* 0x18: 32-bit code, for the trampoline */
        .global boot_gdt_pointer
boot_gdt_pointer:
        .word   31
        .long   boot_gdt

/*
 * Runs at TRAMPOLINE, so its addresses are relative to trampoline_start. The long_mode
 * call needs a stack: the page's end serves, for the CPUs come one at a time.
 */
        .section .rodata
        .global trampoline_start, trampoline_end
        .code16
trampoline_start:
        cli
        cld
        xorw    %ax, %ax
        movw    %ax, %ds
        lgdtl   TRAMPOLINE + (trampoline_gdt - trampoline_start)
        movl    %cr0, %eax
        orl     $1, %eax
        movl    %eax, %cr0
        ljmpl   $0x18, $(TRAMPOLINE + (trampoline32 - trampoline_start))
        .code32
trampoline32:
        movl    $KERNEL_DATA, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        movl    $(TRAMPOLINE + 4096), %esp
        movl    $smp_entry32, %eax
        jmp     *%eax
        .align  4
trampoline_gdt:
        .word   31
        .long   boot_gdt
trampoline_end:

        .section .bss
        .align  4096
        .global boot_pml4
boot_pml4:      .skip 4096
boot_pdpt:      .skip 4096
boot_pdpt_high: .skip 4096
boot_pd:        .skip 4 * 4096
        .global boot_stack, boot_stack_top
boot_stack:     .skip BOOT_STACK_SIZE
boot_stack_top:
        .section .note.GNU-stack, "", @progbits
