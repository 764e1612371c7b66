/* SPDX-License-Identifier: MIT */
/* string.h: memory and strings; as in the C standard but for the last two. */
#pragma once

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *bytes, int byte, size_t n);

size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *part);
size_t strspn(const char *s, const char *set);
size_t strcspn(const char *s, const char *set);

/* A copy from malloc, or NULL. */
char *strdup(const char *s);

/* Copies what fits of `from` to `to`, always NUL-terminated; size > 0 is the room at `to`. */
void string_copy(char *to, const char *from, size_t size);
