/* SPDX-License-Identifier: MIT */
/* pvh.c: the PVH boot protocol's start info (Xen: public/arch-x86/hvm/start_info.h). */
#include "kernel/arch/pvh.h"

#include "kernel/arch/paging.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"

#define START_MAGIC 0x336ec578
#define RANGE_RAM   1

struct start_info {
    uint32_t magic, version, flags, module_count;
    uint64_t modules, cmdline, rsdp;
    uint64_t memory_map; /* from here on: version 1 */
    uint32_t memory_map_count, reserved;
};

struct start_module {
    uint64_t start, size, cmdline, reserved;
};

struct start_range {
    uint64_t start, size;
    uint32_t type, reserved;
};

struct boot_info boot_info;

static void read_memory(const struct start_info *info)
{
    const struct start_range *ranges = phys_to_virt(info->memory_map);
    for (uint32_t i = 0; i < info->memory_map_count; i++) {
        uint64_t start = round_up(ranges[i].start, PAGE_SIZE);
        uint64_t end = round_down(ranges[i].start + ranges[i].size, PAGE_SIZE);
        if (ranges[i].type != RANGE_RAM || start >= end)
            continue;
        if (boot_info.memory_count == BOOT_RANGES_MAX)
            break; /* memory not used, nothing worse */
        boot_info.memory[boot_info.memory_count++] = (struct boot_range){ start, end };
    }
}

void pvh_read(uint64_t physical)
{
    const struct start_info *info = phys_to_virt(physical);
    if (info->magic != START_MAGIC || info->version < 1)
        panic("the loader's start info at 0x%lx has magic 0x%x, version %u; want 0x%x, 1 or more",
              physical, info->magic, info->version, START_MAGIC);
    read_memory(info);
    if (info->cmdline != 0)
        string_copy(boot_info.cmdline, phys_to_virt(info->cmdline), BOOT_CMDLINE_MAX);
    if (info->module_count > 0) {
        const struct start_module *module = phys_to_virt(info->modules);
        boot_info.module_start = module->start;
        boot_info.module_end = module->start + module->size;
    }
    boot_info.rsdp = info->rsdp;
}
