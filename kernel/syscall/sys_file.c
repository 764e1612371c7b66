/* SPDX-License-Identifier: MIT */
/* sys_file.c: system calls on the files of the archive. */
#include "kernel/abi/process.h"
#include "kernel/abi/system.h"
#include "kernel/lib/string.h"
#include "kernel/mm/usercopy.h"
#include "kernel/object/archive.h"
#include "kernel/syscall/syscall.h"

status_t sys_file_stat(uint64_t index, uaddr_t info)
{
    struct archive_file file;
    status_t st = archive_nth(index, &file);
    if (st < 0)
        return st;
    struct file_info told = { .size = file.size };
    string_copy(told.name, file.name, sizeof told.name);
    return copy_to_user(info, &told, sizeof told);
}

status_t sys_file_read(uaddr_t path, uint64_t offset, uaddr_t buffer, uint64_t size)
{
    char name[SPAWN_MAX_PATH];
    struct archive_file file;
    status_t st = copy_string_from_user(name, path, sizeof name);
    if (st >= 0)
        st = archive_find(name, &file);
    if (st < 0)
        return st == ERR_TOO_BIG ? ERR_NOT_FOUND : st; /* no file has so long a name */
    if (offset >= file.size)
        return 0;
    uint64_t n = file.size - offset;
    if (n > size)
        n = size;
    st = copy_to_user(buffer, (const char *)file.data + offset, n);
    return st == OK ? (status_t)n : st;
}
