/* SPDX-License-Identifier: MIT */
/* usercopy.c: strings, and copies that end midway; the rest is inline. */
#include "kernel/mm/usercopy.h"

/* A fault in a word says nothing about the bytes before it: at most seven of them can still go. */
rarely size_t copy_last_bytes(void *to, const void *from, size_t left)
{
    size_t n = left < 7 ? left : 7;
    return n - user_copy(to, from, n);
}

/* By pieces that end where pages do: what lies behind the NUL need not be mapped. */
status_t copy_string_from_user(char *to, uaddr_t from, size_t size)
{
    size_t done = 0;
    while (done < size) {
        uaddr_t at = uaddr_add(from, done);
        size_t piece = PAGE_SIZE - at.value % PAGE_SIZE;
        if (piece > 64)
            piece = 64;
        if (piece > size - done)
            piece = size - done;
        status_t st = copy_from_user(to + done, at, piece);
        if (st < 0)
            return st;
        for (size_t end = done + piece; done < end; done++)
            if (to[done] == '\0')
                return (status_t)done;
    }
    return ERR_TOO_BIG;
}
