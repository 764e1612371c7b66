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

#include "kernel/lib/defs.h"

/* ERR_INVALID_ADDRESS on a fault; then part of `to` may have been written. */
must_check status_t copy_from_user(void *to, uaddr_t from, size_t n);
must_check status_t copy_to_user(uaddr_t to, const void *from, size_t n);

/*
 * A NUL-terminated string of less than `size` bytes. Returns its length;
 * ERR_TOO_BIG if there is no NUL within `size`; ERR_INVALID_ADDRESS on a fault.
 */
must_check status_t copy_string_from_user(char *to, uaddr_t from, size_t size);

/* Whether [start, start + n) lies in user space; says nothing about what is mapped. */
bool user_range_ok(uaddr_t start, uint64_t n);
