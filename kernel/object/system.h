/* SPDX-License-Identifier: MIT */
/* system.h: the machine as an object: a handle to it is the authority over all processes. */
#pragma once

#include "kernel/object/object.h"

#define SYSTEM_RIGHTS (RIGHT_READ | RIGHT_MANAGE | RIGHT_DUPLICATE | RIGHT_TRANSFER)

/* Boot, once. */
void system_init(void);

/* The only one; it is never freed, so no reference is taken. */
struct object *system_object(void);
