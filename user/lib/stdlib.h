/* SPDX-License-Identifier: MIT */
/* stdlib.h: memory, numbers, sorting, and the end of the program. */
#pragma once

#include "user/lib/defs.h"

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1

/*
 * As C's; blocks are aligned to 16; safe in threads. Freeing what was not allocated, or twice,
 * stops the program with a message. Small blocks' memory stays with the program; big ones go
 * back to the kernel.
 */
must_check void *malloc(size_t size);
must_check void *calloc(size_t count, size_t size);
must_check void *realloc(void *block, size_t size);
void free(void *block);

/* Runs what at_exit registered, last first, and ends the process. */
_Noreturn void exit(int code);

/* Ends the process now, with code 134, after a message to standard output. */
_Noreturn void abort(void);

#define AT_EXIT_MAX 8
/* Registers a function for exit to call; false when AT_EXIT_MAX are registered. */
bool at_exit(void (*function)(void));

/* As C's, but a value out of range is the nearest that fits, and nothing else tells. */
long strtol(const char *text, char **end, int base);
unsigned long strtoul(const char *text, char **end, int base);

/*
 * All of `text` is one number, decimal or 0x...: sets *value. false otherwise, or when it does
 * not fit.
 */
bool parse_number(const char *text, uint64_t *value);

/* As C's; in place, not stable, O(n log n) always. */
void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *));

#define RAND_MAX 0x7fffffff
/* One generator for the program; safe in threads. */
void srand(unsigned seed);
int rand(void);
