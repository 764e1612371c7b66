/* SPDX-License-Identifier: MIT */
/* fw_cfg.c: QEMU's firmware configuration device (QEMU: docs/specs/fw_cfg.rst), by its I/O ports. */
#include "kernel/drivers/fw_cfg.h"

#include "kernel/arch/io.h"
#include "kernel/lib/string.h"

#define SELECTOR_PORT 0x510
#define DATA_PORT     0x511
#define KEY_SIGNATURE 0x0000
#define KEY_DIRECTORY 0x0019

static void read_bytes(void *to, size_t n)
{
    uint8_t *bytes = to;
    for (size_t i = 0; i < n; i++)
        bytes[i] = inb(DATA_PORT);
}

/* The device speaks big-endian. */
static uint32_t read_number(int bytes)
{
    uint32_t n = 0;
    while (bytes-- > 0)
        n = n << 8 | inb(DATA_PORT);
    return n;
}

static bool present(void)
{
    char signature[4];
    outw(SELECTOR_PORT, KEY_SIGNATURE);
    read_bytes(signature, sizeof signature);
    return memcmp(signature, "QEMU", 4) == 0;
}

status_t fw_cfg_read(const char *name, char *to, size_t size)
{
    if (!present())
        return ERR_NOT_FOUND;
    outw(SELECTOR_PORT, KEY_DIRECTORY);
    uint32_t files = read_number(4);
    while (files-- > 0) {
        char entry_name[56];
        uint32_t length = read_number(4), key = read_number(2);
        (void)read_number(2); /* reserved */
        read_bytes(entry_name, sizeof entry_name);
        if (strncmp(entry_name, name, sizeof entry_name) != 0)
            continue;
        size_t n = length < size - 1 ? length : size - 1;
        outw(SELECTOR_PORT, (uint16_t)key);
        read_bytes(to, n);
        to[n] = '\0';
        return (status_t)n;
    }
    return ERR_NOT_FOUND;
}
