/* SPDX-License-Identifier: MIT */
/* offsets.h: what assembly must know of C; each is static-asserted in cpu.c. */
#pragma once

#define CPU_SELF         0
#define CPU_CURRENT      8
#define CPU_KERNEL_STACK 16
#define CPU_USER_STACK   24
#define CPU_ATTENTION    32
#define CPU_ID           36
#define CPU_TOP_LOCK     40
#define CPU_FLAGS_BEFORE 48

#define KERNEL_CODE 0x08
#define KERNEL_DATA 0x10
#define USER_DATA   0x1b /* with the requested privilege level 3 */
#define USER_CODE   0x23
#define TSS_SELECTOR 0x28

#define KERNEL_BASE 0xffffffff80000000 /* where physical 0 appears for the kernel's image */
#define DIRECT_MAP  0xffff800000000000 /* where physical 0 appears for its data */

#define TRAMPOLINE 0x8000 /* physical: where the other CPUs begin, in real mode */

/* Interrupt vectors above the 32 exceptions. */
#define VECTOR_TIMER      32
#define VECTOR_UART       33
#define VECTOR_RESCHEDULE 34
#define VECTOR_TLB        35
#define VECTOR_SPURIOUS   47
#define VECTOR_COUNT      48
