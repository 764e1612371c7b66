/* SPDX-License-Identifier: MIT */
/*
 * elf.c: see elf.h.
 *
 * Structures are copied out of the image before they are read, for in an archive they may
 * lie at any address.
 */
#include "kernel/object/elf.h"

#include "kernel/abi/layout.h"
#include "kernel/lib/string.h"
#include "kernel/mm/space.h"

struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry;
    uint64_t program_headers, section_headers; /* offsets in the file */
    uint32_t flags;
    uint16_t header_size;
    uint16_t program_header_size, program_header_count;
    uint16_t section_header_size, section_header_count;
    uint16_t section_names;
};

struct program_header {
    uint32_t type, flags;
    uint64_t offset, address, physical;
    uint64_t file_size, memory_size;
    uint64_t align;
};

struct section_header {
    uint32_t name, type;
    uint64_t flags, address, offset, size;
    uint32_t link, info;
    uint64_t align, entry_size;
};

struct symbol {
    uint32_t name;
    uint8_t info, other;
    uint16_t section;
    uint64_t value, size;
};

_Static_assert(sizeof(struct elf_header) == 64 && sizeof(struct program_header) == 56 &&
                   sizeof(struct section_header) == 64 && sizeof(struct symbol) == 24,
               "ELF-64");

enum { TYPE_EXECUTABLE = 2, MACHINE_X86_64 = 62 };
enum { SEGMENT_LOAD = 1, SEGMENT_DYNAMIC = 2, SEGMENT_INTERPRETER = 3, SEGMENT_TLS = 7 };
enum { SEGMENT_X = 1, SEGMENT_W = 2, SEGMENT_R = 4 };
enum { SECTION_SYMBOLS = 2, SECTION_STRINGS = 3 };
enum { SYMBOL_FUNCTION = 2 };

/* Copies `n` bytes at `offset` of the file; false if they are not all there. */
static bool fetch(const struct archive_file *image, uint64_t offset, void *to, size_t n)
{
    if (offset > image->size || n > image->size - offset)
        return false;
    memcpy(to, (const char *)image->data + offset, n);
    return true;
}

static bool fetch_header(const struct archive_file *image, struct elf_header *header)
{
    static const uint8_t ident[] = { 0x7f, 'E', 'L', 'F', 2 /* 64 bits */, 1 /* little endian */, 1 };
    return fetch(image, 0, header, sizeof *header) &&
           memcmp(header->ident, ident, sizeof ident) == 0 && header->type == TYPE_EXECUTABLE &&
           header->machine == MACHINE_X86_64 && header->version == 1;
}

/* The n-th of a table's entries. The offset cannot overflow: both factors are 16 bits wide. */
static bool fetch_entry(const struct archive_file *image, uint64_t table, uint32_t n, void *to,
                        size_t size)
{
    return table <= image->size && fetch(image, table + n * size, to, size);
}

static uint32_t protection_of(const struct program_header *segment)
{
    return (segment->flags & SEGMENT_R ? PROT_READ : 0) |
           (segment->flags & SEGMENT_W ? PROT_WRITE : 0) |
           (segment->flags & SEGMENT_X ? PROT_EXECUTE : 0);
}

/* What space_map does not see: that it is all in the file, and lies as it says it does. */
static bool segment_ok(const struct archive_file *image, const struct program_header *s)
{
    if (s->offset > image->size || s->file_size > image->size - s->offset)
        return false;
    if (s->file_size > s->memory_size)
        return false;
    if (s->address < USER_BASE || s->address >= USER_END || s->memory_size > USER_END - s->address)
        return false;
    if (s->align > 1 && ((s->align & (s->align - 1)) != 0 ||
                         ((s->address ^ s->offset) & (s->align - 1)) != 0))
        return false;
    return true;
}

/*
 * Maps one segment, whole pages of it, and copies what the file has; the rest is zero already.
 * Pages that another segment has, and writable code, are refused by space_map.
 */
static status_t load_segment(const struct archive_file *image, struct space *space,
                             const struct program_header *s)
{
    if (!segment_ok(image, s))
        return ERR_BAD_EXECUTABLE;
    uint64_t start = round_down(s->address, PAGE_SIZE);
    uint64_t end = round_up(s->address + s->memory_size, PAGE_SIZE);
    status_t st = space_map(space, start, end - start, protection_of(s));
    if (st < 0)
        return st == ERR_OUT_OF_MEMORY ? st : ERR_BAD_EXECUTABLE;
    return space_write(space, s->address, (const char *)image->data + s->offset, s->file_size);
}

status_t elf_load(const struct archive_file *image, struct space *space, uint64_t *entry)
{
    struct elf_header header;
    bool entry_found = false;
    if (!fetch_header(image, &header) ||
        header.program_header_size != sizeof(struct program_header))
        return ERR_BAD_EXECUTABLE;
    for (uint32_t i = 0; i < header.program_header_count; i++) {
        struct program_header s;
        if (!fetch_entry(image, header.program_headers, i, &s, sizeof s))
            return ERR_BAD_EXECUTABLE;
        if (s.type == SEGMENT_DYNAMIC || s.type == SEGMENT_INTERPRETER || s.type == SEGMENT_TLS)
            return ERR_BAD_EXECUTABLE; /* wants more than is done here */
        if (s.type != SEGMENT_LOAD || s.memory_size == 0)
            continue;
        status_t st = load_segment(image, space, &s);
        if (st < 0)
            return st;
        if ((s.flags & SEGMENT_X) && header.entry >= s.address &&
            header.entry - s.address < s.memory_size)
            entry_found = true;
    }
    *entry = header.entry;
    return entry_found ? OK : ERR_BAD_EXECUTABLE;
}

/* Finds the symbol table and its strings. */
static bool find_symbols(const struct archive_file *image, struct section_header *symbols,
                         struct section_header *strings)
{
    struct elf_header header;
    if (!fetch_header(image, &header) ||
        header.section_header_size != sizeof(struct section_header))
        return false;
    for (uint32_t i = 0; i < header.section_header_count; i++) {
        if (!fetch_entry(image, header.section_headers, i, symbols, sizeof *symbols))
            return false;
        if (symbols->type != SECTION_SYMBOLS)
            continue;
        return symbols->entry_size == sizeof(struct symbol) &&
               symbols->link < header.section_header_count &&
               fetch_entry(image, header.section_headers, symbols->link, strings,
                           sizeof *strings) &&
               strings->type == SECTION_STRINGS && symbols->offset <= image->size &&
               symbols->size <= image->size - symbols->offset &&
               strings->offset <= image->size && strings->size <= image->size - strings->offset;
    }
    return false;
}

/* The last function that begins at or before the address. */
bool elf_symbol(const struct archive_file *image, uint64_t address, const char **name,
                uint64_t *offset)
{
    struct section_header symbols, strings;
    struct symbol best = { .value = 0 };
    bool found = false;
    if (!find_symbols(image, &symbols, &strings))
        return false;
    for (uint64_t at = 0; at + sizeof(struct symbol) <= symbols.size; at += sizeof(struct symbol)) {
        struct symbol s;
        memcpy(&s, (const char *)image->data + symbols.offset + at, sizeof s);
        if ((s.info & 0xf) != SYMBOL_FUNCTION || s.value > address ||
            (s.size != 0 && address - s.value >= s.size))
            continue;
        if (!found || s.value >= best.value)
            best = s;
        found = true;
    }
    if (!found || best.name >= strings.size)
        return false;
    const char *text = (const char *)image->data + strings.offset + best.name;
    if (strnlen(text, strings.size - best.name) == strings.size - best.name)
        return false; /* no NUL within the table */
    *name = text;
    *offset = address - best.value;
    return true;
}
