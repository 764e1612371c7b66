/* SPDX-License-Identifier: MIT */
/* fw_cfg.h: small files that QEMU's command line hands to the guest (-fw_cfg name=...,string=...). */
#pragma once

#include "kernel/lib/defs.h"

/*
 * Copies at most size - 1 bytes of the file into `to` and ends them with a NUL. Returns how many; ERR_NOT_FOUND if there
 * is no such file or no such device. Boot only.
 */
must_check status_t fw_cfg_read(const char *name, char *to, size_t size);
