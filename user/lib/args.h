/* SPDX-License-Identifier: MIT */
/*
 * args.h: options of a command line, as getopt takes them apart.
 *
 *     struct args args = args_begin(argc, argv, "qn:", "[-q] [-n rounds] file...");
 *     for (int option; (option = args_next(&args)) != 0;)
 *         if (option == 'q')
 *             quiet = true;
 *         else if (option == 'n')
 *             rounds = args_number(&args, 1, 1000);
 *     // args.rest[0 .. args.count - 1] are the others
 *
 * A letter followed by ':' takes a value. "--" ends the options. A mistake prints what is wrong
 * and how the program is used, and exits with code 2.
 */
#pragma once

#include "user/lib/defs.h"

struct args {
    char **rest;         /* what has not been taken yet */
    int count;
    const char *value;   /* of the option just returned */
    const char *options;
    const char *usage;
    const char *cluster; /* inside "-abc" */
    char option;         /* the one just returned */
};

struct args args_begin(int argc, char **argv, const char *options, const char *usage);

/* The next option's letter, or 0 when only other arguments are left. */
int args_next(struct args *args);

/* The option's value as a number from low to high. */
uint64_t args_number(struct args *args, uint64_t low, uint64_t high);

/* Prints what is wrong and the usage, and exits with code 2. */
_Noreturn void args_wrong(const struct args *args, const char *format, ...) printf_like(2, 3);
