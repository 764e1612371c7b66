/* SPDX-License-Identifier: MIT */
/* acpi.c: RSDP -> RSDT or XSDT -> MADT (ACPI 6.4, 5.2.5 to 5.2.12). */
#include "kernel/arch/acpi.h"

#include "kernel/arch/paging.h"
#include "kernel/lib/string.h"

struct rsdp {
    char signature[8];
    uint8_t checksum;
    char oem[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length;
    uint64_t xsdt;
} __attribute__((packed));

struct table {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem[6], oem_table[8];
    uint32_t oem_revision, creator, creator_revision;
} __attribute__((packed));

struct madt {
    struct table head;
    uint32_t local_apic, flags;
    uint8_t entries[];
} __attribute__((packed));

enum { MADT_LOCAL_APIC = 0, MADT_IO_APIC = 1 };

static const struct rsdp *search_rsdp(void)
{
    for (uint64_t at = 0xe0000; at < 0x100000; at += 16)
        if (memcmp(phys_to_virt(at), "RSD PTR ", 8) == 0)
            return phys_to_virt(at);
    return NULL;
}

static const struct madt *find_madt(const struct rsdp *rsdp)
{
    bool wide = rsdp->revision >= 2 && rsdp->xsdt != 0;
    const struct table *root = phys_to_virt(wide ? rsdp->xsdt : rsdp->rsdt);
    const uint8_t *entry = (const uint8_t *)(root + 1);
    const uint8_t *end = (const uint8_t *)root + root->length;
    size_t step = wide ? 8 : 4;
    for (; entry + step <= end; entry += step) {
        uint64_t address = 0;
        memcpy(&address, entry, step); /* the list is not aligned */
        const struct table *table = phys_to_virt(address);
        if (memcmp(table->signature, "APIC", 4) == 0)
            return (const struct madt *)table;
    }
    return NULL;
}

static void read_entry(struct acpi_info *info, const uint8_t *entry)
{
    uint32_t flags, address;
    switch (entry[0]) {
    case MADT_LOCAL_APIC: /* type, length, processor id, APIC id, flags: bit 0 enabled */
        memcpy(&flags, entry + 4, sizeof flags);
        if ((flags & 1) && info->cpu_count < MAX_CPUS)
            info->apic_ids[info->cpu_count++] = entry[3];
        break;
    case MADT_IO_APIC: /* type, length, id, reserved, address, first interrupt */
        memcpy(&address, entry + 4, sizeof address);
        if (info->io_apic == 0)
            info->io_apic = address;
        break;
    }
}

struct acpi_info acpi_read(uint64_t physical)
{
    struct acpi_info info = { .local_apic = 0xfee00000, .io_apic = 0 };
    const struct rsdp *rsdp = physical != 0 ? phys_to_virt(physical) : search_rsdp();
    const struct madt *madt = rsdp != NULL ? find_madt(rsdp) : NULL;
    if (madt == NULL) {
        info.cpu_count = 1;
        info.io_apic = 0xfec00000;
        return info;
    }
    info.local_apic = madt->local_apic;
    const uint8_t *end = (const uint8_t *)madt + madt->head.length;
    for (const uint8_t *e = madt->entries; e + 2 <= end && e[1] >= 2; e += e[1])
        read_entry(&info, e);
    return info;
}
