/* SPDX-License-Identifier: MIT */
/*
 * archive.h: the files that came with the kernel, read-only, in memory for good.
 *
 * The format is cpio's "newc" (cpio(5)): a header of hexadecimal digits, the name, the
 * bytes, over and over. Directories and other special files are passed over. A leading
 * "./" does not count as part of a name.
 */
#pragma once

#include "kernel/lib/defs.h"

struct archive_file {
    const char *name; /* ends with a NUL */
    const void *data;
    uint64_t size;    /* bytes */
};

/*
 * Boot: lists the files of the archive at [start, start + size), which stays where it is.
 * On an error there are no files: ERR_INVALID_ARGUMENT (no archive, cut short, or damaged),
 * ERR_TOO_BIG (a name that does not fit into struct file_info), ERR_OUT_OF_MEMORY.
 */
must_check status_t archive_init(const void *start, uint64_t size);

/* ERR_NOT_FOUND if there is no such file, or no n-th. */
must_check status_t archive_find(const char *path, struct archive_file *file);
must_check status_t archive_nth(uint64_t n, struct archive_file *file);
