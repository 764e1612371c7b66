/* SPDX-License-Identifier: MIT */
/* string.h: the memory and string functions of the C standard that the kernel uses. */
#pragma once

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);

/* Copies what fits of `from` to `to`, always NUL-terminated; size > 0 is the room at `to`. */
void string_copy(char *to, const char *from, size_t size);
