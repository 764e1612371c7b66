/* SPDX-License-Identifier: MIT */
/* status.h: names for people, made from the lists in kernel/abi. */
#pragma once

#include "user/lib/defs.h"
#include "user/lib/ponte.h"

/* "ERR_QUEUE_FULL"; "OK" for zero and for counts; "ERR_?" for what is no error of the list. */
const char *status_name(status_t status);

/* "the queue is full and the call may not wait"; "done" for zero and for counts. */
const char *status_text(status_t status);

/* "PORT"; "?" for a number that is no type. */
const char *object_name(uint32_t type);

/* "READ WRITE TRANSFER": `text` gets up to size bytes. */
void rights_describe(rights_t rights, char *text, size_t size);
