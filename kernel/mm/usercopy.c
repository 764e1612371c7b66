/* SPDX-License-Identifier: MIT */
/* usercopy.c: range check, then arch/memory.S's user_copy, whose faults are caught. */
#include "kernel/mm/usercopy.h"

#include "kernel/abi/layout.h"
#include "kernel/sync/spinlock.h"

/* arch: returns how many bytes were not copied. */
uint64_t user_copy(void *to, const void *from, size_t n);

bool user_range_ok(uaddr_t start, uint64_t n)
{
    return start.value >= USER_BASE && start.value <= USER_END && n <= USER_END - start.value;
}

status_t copy_from_user(void *to, uaddr_t from, size_t n)
{
    assert_no_spinlock("reading user memory");
    if (n == 0)
        return OK;
    if (!user_range_ok(from, n) || user_copy(to, (const void *)from.value, n) != 0)
        return ERR_INVALID_ADDRESS;
    return OK;
}

status_t copy_to_user(uaddr_t to, const void *from, size_t n)
{
    assert_no_spinlock("writing user memory");
    if (n == 0)
        return OK;
    if (!user_range_ok(to, n) || user_copy((void *)to.value, from, n) != 0)
        return ERR_INVALID_ADDRESS;
    return OK;
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
