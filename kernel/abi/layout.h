/* SPDX-License-Identifier: MIT */
/* layout.h: the address space of a user program. Also read by the assembler. */
#pragma once

#define PAGE_SIZE  4096
#define PAGE_SHIFT 12

/* Page 0 is never mapped; the last page below the canonical hole stays free too. */
#define USER_BASE 0x0000000000001000
#define USER_END  0x00007ffffffff000

#define USER_IMAGE_BASE 0x0000000000400000 /* where programs are linked */
#define USER_MAP_BASE   0x0000000100000000 /* vm_map with address 0 looks from here up */
#define USER_STACK_TOP  0x00007fffffff0000 /* the first thread's stack ends here */
#define USER_STACK_SIZE 0x0000000000100000 /* 1 MiB, filled as it is touched */

/* Protection bits of vm_map and vm_protect. */
#define PROT_READ    1 /* implied by the others */
#define PROT_WRITE   2 /* refused together with PROT_EXECUTE */
#define PROT_EXECUTE 4
