/* SPDX-License-Identifier: MIT */
/* args.c: one option at a time; mistakes end the program with its usage. */
#include "user/lib/args.h"

#include "user/lib/process.h"
#include "user/lib/stdio.h"
#include "user/lib/stdlib.h"
#include "user/lib/string.h"

struct args args_begin(int argc, char **argv, const char *options, const char *usage)
{
    int skip = argc > 0 ? 1 : 0; /* argv[0] */
    return (struct args){
        .rest = argv + skip,
        .count = argc - skip,
        .options = options,
        .usage = usage,
        .cluster = "",
    };
}

static char *take(struct args *args)
{
    args->count--;
    return *args->rest++;
}

int args_next(struct args *args)
{
    if (*args->cluster == '\0') {
        if (args->count == 0 || args->rest[0][0] != '-' || args->rest[0][1] == '\0')
            return 0;
        const char *word = take(args);
        if (strcmp(word, "--") == 0)
            return 0;
        args->cluster = word + 1;
    }
    args->option = *args->cluster++;
    const char *known = args->option == ':' ? NULL : strchr(args->options, args->option);
    if (known == NULL)
        args_wrong(args, "there is no option -%c", args->option);
    if (known[1] == ':') {
        if (*args->cluster == '\0' && args->count == 0)
            args_wrong(args, "option -%c needs a value", args->option);
        args->value = *args->cluster != '\0' ? args->cluster : take(args);
        args->cluster = "";
    }
    return args->option;
}

uint64_t args_number(struct args *args, uint64_t low, uint64_t high)
{
    uint64_t value;
    if (!parse_number(args->value, &value) || value < low || value > high)
        args_wrong(args, "option -%c takes a number from %lu to %lu, not '%s'", args->option,
                   low, high, args->value);
    return value;
}

_Noreturn void args_wrong(const struct args *args, const char *format, ...)
{
    char text[200];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    warn("%s", text);
    printf("usage: %s %s\n", program_name(), args->usage);
    exit(2);
}
