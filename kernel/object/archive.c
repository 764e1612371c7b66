/* SPDX-License-Identifier: MIT */
/*
 * archive.c: see archive.h. The archive is walked once, with every number in it
 * checked, into a table of files; after that nothing changes and nothing is locked.
 */
#include "kernel/object/archive.h"

#include "kernel/abi/system.h"
#include "kernel/lib/string.h"
#include "kernel/mm/kmalloc.h"

#define MODE_TYPE    0170000
#define MODE_REGULAR 0100000

/* cpio(5), "New ASCII Format": all but the magic number are hexadecimal digits. */
struct cpio_header {
    char magic[6];
    char inode[8], mode[8], uid[8], gid[8], links[8], mtime[8], file_size[8];
    char device_major[8], device_minor[8], rdevice_major[8], rdevice_minor[8];
    char name_size[8]; /* with the final NUL */
    char check[8];
};
_Static_assert(sizeof(struct cpio_header) == 110, "cpio(5)");

struct reader {
    const char *start;
    uint64_t size;
    uint64_t at; /* offset of the next header */
};

struct entry {
    struct archive_file file;
    uint32_t mode;
};

static struct archive_file *files;
static uint64_t file_count;

static bool read_hex(const char digits[8], uint32_t *value)
{
    *value = 0;
    for (int i = 0; i < 8; i++) {
        char c = digits[i];
        uint32_t digit;
        if (c >= '0' && c <= '9')
            digit = (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = (uint32_t)(c - 'a' + 10);
        else if (c >= 'A' && c <= 'F')
            digit = (uint32_t)(c - 'A' + 10);
        else
            return false;
        *value = *value << 4 | digit;
    }
    return true;
}

static const char *plain_name(const char *name)
{
    while (name[0] == '.' && name[1] == '/')
        name += 2;
    return name;
}

/* The next entry; false if what stands there is none. Sizes are 32 bits wide, sums 64: no overflow. */
static bool read_entry(struct reader *r, struct entry *entry)
{
    const struct cpio_header *header = (const struct cpio_header *)(r->start + r->at);
    uint32_t file_size, name_size;
    if (r->size - r->at < sizeof *header || memcmp(header->magic, "070701", 6) != 0)
        return false;
    if (!read_hex(header->mode, &entry->mode) || !read_hex(header->file_size, &file_size) ||
        !read_hex(header->name_size, &name_size))
        return false;

    const char *name = (const char *)(header + 1);
    uint64_t data = round_up(r->at + sizeof *header + name_size, 4);
    uint64_t end = data + file_size;
    if (name_size == 0 || end > r->size || name[name_size - 1] != '\0')
        return false;
    entry->file = (struct archive_file){ plain_name(name), r->start + data, file_size };
    r->at = round_up(end, 4);
    if (r->at > r->size) /* the padding after the last file may be missing */
        r->at = r->size;
    return true;
}

/* Walks the whole archive; enters the files into `table` unless it is NULL. Returns how many. */
static status_t walk(const void *start, uint64_t size, struct archive_file *table)
{
    struct reader r = { start, size, 0 };
    struct entry entry;
    status_t count = 0;
    while (read_entry(&r, &entry)) {
        if (strcmp(entry.file.name, "TRAILER!!!") == 0)
            return count;
        if ((entry.mode & MODE_TYPE) != MODE_REGULAR)
            continue;
        if (strlen(entry.file.name) >= sizeof((struct file_info *)0)->name)
            return ERR_TOO_BIG;
        if (table != NULL)
            table[count] = entry.file;
        count++;
    }
    return ERR_INVALID_ARGUMENT;
}

status_t archive_init(const void *start, uint64_t size)
{
    status_t count = walk(start, size, NULL);
    if (count <= 0)
        return count;
    files = kmalloc((uint64_t)count * sizeof *files);
    if (files == NULL)
        return ERR_OUT_OF_MEMORY;
    file_count = (uint64_t)walk(start, size, files);
    return OK;
}

status_t archive_find(const char *path, struct archive_file *file)
{
    path = plain_name(path);
    for (uint64_t i = 0; i < file_count; i++) {
        if (strcmp(files[i].name, path) == 0) {
            *file = files[i];
            return OK;
        }
    }
    return ERR_NOT_FOUND;
}

status_t archive_nth(uint64_t n, struct archive_file *file)
{
    if (n >= file_count)
        return ERR_NOT_FOUND;
    *file = files[n];
    return OK;
}
