/* SPDX-License-Identifier: MIT */
/* todo.h: what an exercise in the library answers until it is done; the kernel's is kernel/lib/todo.h. */
#pragma once

#include "user/lib/ponte.h"

/*
 * `exercise` is the marker's name, "futex.6". Says on the results line, once, which exercise ran into its stub; to
 * a program without one it says nothing. Returns ERR_NOT_SUPPORTED.
 */
status_t lab_todo(const char *exercise);

/* What only a solution would use stands there unused until it is written: no reason to warn. */
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-const-variable"
