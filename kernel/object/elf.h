/* SPDX-License-Identifier: MIT */
/*
 * elf.h: programs, as the linker leaves them (ELF-64, "System V ABI", chapters 4 and 5).
 *
 * Nothing in an image is believed: each size and offset is checked against the file.
 */
#pragma once

#include "kernel/object/archive.h"

struct space;

/*
 * Maps the segments of a statically linked program into `space` and copies them there. *entry is where it
 * begins. ERR_BAD_EXECUTABLE, ERR_OUT_OF_MEMORY; then part of it may be mapped.
 */
must_check status_t elf_load(const struct archive_file *image, struct space *space,
                             uint64_t *entry);

/* The function that `address` lies in and how far; false if the image does not say. */
bool elf_symbol(const struct archive_file *image, uint64_t address, const char **name,
                uint64_t *offset);
