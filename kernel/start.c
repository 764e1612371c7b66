/* SPDX-License-Identifier: MIT */
/* start.c: see start.h. */
#include "kernel/start.h"

#include "kernel/abi/system.h"
#include "kernel/arch/cpu.h"
#include "kernel/arch/paging.h"
#include "kernel/arch/pvh.h"
#include "kernel/drivers/fw_cfg.h"
#include "kernel/lib/log.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"
#include "kernel/mm/frame.h"
#include "kernel/object/archive.h"
#include "kernel/object/console.h"
#include "kernel/object/process.h"
#include "kernel/object/system.h"
#include "kernel/sched/deadlock.h"
#include "kernel/sched/sched.h"
#include "kernel/syscall/syscall.h"

#define MS 1000000ull /* nanoseconds */

struct options {
    uint64_t seed, budget_ms, slice_ns;
    bool no_input;
};

static struct options options;
static char init_args[SPAWN_MAX_ARGS] = "init";
static size_t init_args_size = sizeof "init";

/* Decimal, or hexadecimal after 0x; whatever else ends the number. */
static uint64_t number(const char *text)
{
    uint64_t n = 0, base = 10;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    for (;; text++) {
        char c = *text;
        uint64_t digit = c >= '0' && c <= '9'   ? (uint64_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint64_t)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (uint64_t)(c - 'A' + 10)
                                                : base;
        if (digit >= base)
            return n;
        n = n * base + digit;
    }
}

static void take_option(const char *word)
{
    if (strncmp(word, "seed=", 5) == 0)
        options.seed = number(word + 5);
    else if (strncmp(word, "budget=", 7) == 0)
        options.budget_ms = number(word + 7);
    else if (strncmp(word, "slice=", 6) == 0)
        options.slice_ns = number(word + 6);
    else if (strcmp(word, "input=none") == 0)
        options.no_input = true;
    else
        log("command line: \"%s\" is not known, and ignored\n", word);
}

static void take_argument(const char *word)
{
    size_t n = strlen(word) + 1;
    if (init_args_size + n > sizeof init_args)
        return;
    memcpy(init_args + init_args_size, word, n);
    init_args_size += n;
}

/* Cuts the line into words, in place. */
static void read_words(char *line)
{
    bool for_init = false;
    for (char *at = line; *at != '\0';) {
        if (*at == ' ') {
            at++;
            continue;
        }
        char *word = at;
        while (*at != '\0' && *at != ' ')
            at++;
        if (*at != '\0')
            *at++ = '\0';
        if (for_init)
            take_argument(word);
        else if (strcmp(word, "--") == 0)
            for_init = true;
        else
            take_option(word);
    }
}

static void read_options(void)
{
    static char more[BOOT_CMDLINE_MAX];
    if (fw_cfg_read("opt/ponte/args", more, sizeof more) > 0)
        read_words(more);
    read_words(boot_info.cmdline);
    if (options.slice_ns != 0)
        sched_set_slice(options.slice_ns, options.seed != 0 ? options.seed : 1);
    if (options.no_input)
        console_set_input_none();
    system_seed = options.seed;
}

static struct handle_ref first_handle(struct object *object, rights_t rights)
{
    object_handle_opened(object);
    return (struct handle_ref){ object, rights };
}

static void start_init(void)
{
    struct object *console = console_object(UART_CONSOLE);
    struct handle_ref refs[] = {
        [START_STDIN] = first_handle(console, CONSOLE_RIGHTS & ~(rights_t)RIGHT_WRITE),
        [START_STDOUT] = first_handle(console, CONSOLE_RIGHTS & ~(rights_t)RIGHT_READ),
        [START_SYSTEM] = first_handle(system_object(), SYSTEM_RIGHTS),
        [START_RESULTS] = first_handle(console_object(UART_RESULTS), RESULTS_RIGHTS),
    };
    uint64_t memory_limit = frame_figures().total * PAGE_SIZE / 2;
    struct process *init;
    status_t st = process_create("bin/init", init_args, init_args_size, memory_limit, refs,
                                 array_size(refs), &init);
    if (st < 0)
        panic("bin/init could not be started (error %ld)", st);
    object_put(&init->object);
}

void start_programs(void)
{
    system_init();
    console_init();
    read_options();
    uint64_t size = boot_info.module_end - boot_info.module_start;
    if (size == 0)
        panic("no archive of programs: start QEMU with -initrd build/initrd.cpio");
    if (archive_init(phys_to_virt(boot_info.module_start), size) < 0)
        panic("the archive of programs (%lu bytes) is damaged", size);
    log("Ponte: %u CPU%s, %lu MiB of memory, %lu KiB of programs\n", cpu_count(),
        cpu_count() == 1 ? "" : "s", frame_figures().total * PAGE_SIZE >> 20, size >> 10);
    system_boot_time = clock_now();
    start_init();
    system_frames_boot = frame_figures().used;
    deadlock_watch();
    if (options.budget_ms != 0)
        deadlock_set_budget(options.budget_ms * MS);
}
