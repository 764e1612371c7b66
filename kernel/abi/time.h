/* SPDX-License-Identifier: MIT */
/* time.h: deadlines are absolute, in nanoseconds of the monotonic clock. */
#pragma once

#include <stdint.h>

#define DEADLINE_POLL    ((uint64_t)0) /* look once, do not wait */
#define DEADLINE_FOREVER UINT64_MAX
