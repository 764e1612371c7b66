/* SPDX-License-Identifier: MIT */
/* format.c: the kernel's own formatter, compiled a second time for user mode. */
#include "user/lib/stdio.h"

#include "kernel/lib/format.c"
