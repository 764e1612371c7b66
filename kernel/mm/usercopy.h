/* SPDX-License-Identifier: MIT */
/*
 * usercopy.h: the only way between kernel memory and a user address.
 *
 * A user address is a claim. Each function checks that the whole range lies in
 * user space and then copies with faults caught: a page that is missing is filled
 * in if the process is entitled to it, and any other fault ends the copy. No
 * spinlock may be held. The current thread's address space is meant.
 */
#pragma once

#include "kernel/abi/layout.h"
#include "kernel/arch/user_access.h"
#include "kernel/sync/spinlock.h"

/* Whether [start, start + n) lies in user space; says nothing about what is mapped. */
static inline bool user_range_ok(uaddr_t start, uint64_t n)
{
    uint64_t room = USER_END - USER_BASE;
    return n <= room && start.value - USER_BASE <= room - n;
}

/* ERR_INVALID_ADDRESS on a fault; then part of `to` may have been written. Nothing is fine anywhere. */
must_check static inline status_t copy_from_user(void *to, uaddr_t from, size_t n)
{
    assert_no_spinlock("reading user memory");
    bool ok = n == 0 || (user_range_ok(from, n) && user_copy(to, (const void *)from.value, n) == 0);
    return likely(ok) ? OK : ERR_INVALID_ADDRESS;
}

must_check static inline status_t copy_to_user(uaddr_t to, const void *from, size_t n)
{
    assert_no_spinlock("writing user memory");
    bool ok = n == 0 || (user_range_ok(to, n) && user_copy((void *)to.value, from, n) == 0);
    return likely(ok) ? OK : ERR_INVALID_ADDRESS;
}

/* What a fault in a copy of words leaves out, byte by byte: usercopy.c. */
size_t copy_last_bytes(void *to, const void *from, size_t left);

/*
 * For what may end midway, at a range that the caller has checked: these return how many bytes were copied, `n`
 * unless a fault came, and then all that lie before it.
 */
must_check static inline size_t copy_some_from_user(void *to, uaddr_t from, size_t n)
{
    assert_no_spinlock("reading user memory");
    size_t left = user_copy(to, (const void *)from.value, n), done = n - left;
    if (unlikely(left != 0))
        done += copy_last_bytes((char *)to + done, (const char *)from.value + done, left);
    return done;
}

must_check static inline size_t copy_some_to_user(uaddr_t to, const void *from, size_t n)
{
    assert_no_spinlock("writing user memory");
    size_t left = user_copy((void *)to.value, from, n), done = n - left;
    if (unlikely(left != 0))
        done += copy_last_bytes((char *)to.value + done, (const char *)from + done, left);
    return done;
}

/*
 * Looks at a 32-bit word, aligned to its size, that lies in user space. May be called under a spinlock: then, false says that the
 * page is not there now, and nothing more. Without one, false says that it is not the program's.
 */
must_check static inline bool user_peek32(uaddr_t at, uint32_t *value)
{
    return user_load32((const uint32_t *)at.value, value);
}

/*
 * A NUL-terminated string of less than `size` bytes. Returns its length;
 * ERR_TOO_BIG if there is no NUL within `size`; ERR_INVALID_ADDRESS on a fault.
 */
must_check status_t copy_string_from_user(char *to, uaddr_t from, size_t size);
