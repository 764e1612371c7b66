/* SPDX-License-Identifier: MIT */
/*
 * symbols.h: names and lines of the kernel's own code.
 *
 * The table is made by kernel/tools/symbols.py from the linked kernel and linked
 * in a second time: functions by start address, and the source line of every
 * call's return address, for that is what a backtrace is made of.
 */
#pragma once

#include "kernel/lib/defs.h"

struct symbol_function {
    uint32_t start; /* from kernel_text_start */
    uint32_t name;  /* offset into symbol_text */
};

struct symbol_line {
    uint32_t address; /* from kernel_text_start */
    uint32_t file;    /* offset into symbol_text */
    uint32_t line;
};

/* Writes "name+0x12 (kernel/mm/frame.c:34)" for a code address; says what it can. */
void symbol_describe(uint64_t address, char *text, size_t size);

/* Prints a backtrace from a saved frame pointer, one line a frame, `address` first unless 0. */
void backtrace(uint64_t frame_pointer, uint64_t address);
