/* SPDX-License-Identifier: MIT */
/* symbols.c: see symbols.h; both tables are sorted by address. */
#include "kernel/lib/symbols.h"

#include "kernel/lib/format.h"
#include "kernel/lib/log.h"

extern const uint32_t symbol_function_count, symbol_line_count;
extern const struct symbol_function symbol_functions[];
extern const struct symbol_line symbol_lines[];
extern const char symbol_text[];
extern char kernel_text_start[], kernel_text_end[];

/* The last function that starts at or before `offset`, or NULL. */
static const struct symbol_function *find_function(uint32_t offset)
{
    uint32_t low = 0, high = symbol_function_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (symbol_functions[middle].start <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? &symbol_functions[low - 1] : NULL;
}

static const struct symbol_line *find_line(uint32_t offset)
{
    uint32_t low = 0, high = symbol_line_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (symbol_lines[middle].address < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < symbol_line_count && symbol_lines[low].address == offset ? &symbol_lines[low]
                                                                          : NULL;
}

static bool in_text(uint64_t address)
{
    return address >= (uint64_t)kernel_text_start && address < (uint64_t)kernel_text_end;
}

void symbol_describe(uint64_t address, char *text, size_t size)
{
    uint32_t offset = (uint32_t)(address - (uint64_t)kernel_text_start);
    const struct symbol_line *l = in_text(address) ? find_line(offset) : NULL;
    /* A return address lies behind its call: where that never returns, in the function after the caller's. */
    const struct symbol_function *f = in_text(address) ? find_function(l != NULL ? offset - 1 : offset) : NULL;
    if (f == NULL) {
        snprintf(text, size, "0x%lx", address);
        return;
    }
    if (l != NULL)
        snprintf(text, size, "%s (%s:%u)", symbol_text + f->name, symbol_text + l->file, l->line);
    else
        snprintf(text, size, "%s+0x%x", symbol_text + f->name, offset - f->start);
}

void backtrace(uint64_t frame_pointer, uint64_t address)
{
    char text[160];
    if (address != 0) {
        symbol_describe(address, text, sizeof text);
        log("    %s\n", text);
    }
    /* A frame pointer leads to the caller's frame pointer, with the return address above it. */
    for (int depth = 0; depth < 24 && frame_pointer > 0xffff800000000000ull; depth++) {
        if (frame_pointer % 8 != 0)
            break;
        const uint64_t *frame = (const uint64_t *)frame_pointer;
        if (!in_text(frame[1]))
            break;
        symbol_describe(frame[1], text, sizeof text);
        log("    %s\n", text);
        if (frame[0] <= frame_pointer) /* stacks grow down, so callers lie higher */
            break;
        frame_pointer = frame[0];
    }
}
