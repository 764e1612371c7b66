/* SPDX-License-Identifier: MIT */
/* wc.c: counts lines, words and bytes. */
#include "user/lib/args.h"
#include "user/lib/ctype.h"
#include "user/lib/input.h"
#include "user/lib/stdio.h"

struct counts {
    uint64_t lines, words, bytes;
};

static bool show_lines, show_words, show_bytes;

static int count(const char *path, struct counts *counts)
{
    static uint8_t bytes[4096];
    struct input input = input_begin(path);
    bool in_word = false;
    size_t n;
    while ((n = input_block(&input, bytes, sizeof bytes)) > 0) {
        counts->bytes += n;
        for (size_t i = 0; i < n; i++) {
            bool blank = isspace(bytes[i]);
            counts->lines += bytes[i] == '\n';
            counts->words += !blank && !in_word;
            in_word = !blank;
        }
    }
    return input_end(&input);
}

static void show(const struct counts *counts, const char *name)
{
    if (show_lines)
        printf(" %7lu", counts->lines);
    if (show_words)
        printf(" %7lu", counts->words);
    if (show_bytes)
        printf(" %7lu", counts->bytes);
    printf("%s%s\n", name[0] != '\0' ? " " : "", name);
}

int main(int argc, char **argv)
{
    struct counts total = { 0, 0, 0 };
    struct args args = args_begin(argc, argv, "lwc", "[-l] [-w] [-c] [file...]   (lines, words, bytes)");
    for (int option; (option = args_next(&args)) != 0;) {
        show_lines |= option == 'l';
        show_words |= option == 'w';
        show_bytes |= option == 'c';
    }
    if (!show_lines && !show_words && !show_bytes)
        show_lines = show_words = show_bytes = true;
    int code = args.count == 0 ? count(NULL, &total) : 0;
    for (int i = 0; i < args.count; i++) {
        struct counts one = { 0, 0, 0 };
        code |= count(args.rest[i], &one);
        show(&one, args.rest[i]);
        total.lines += one.lines;
        total.words += one.words;
        total.bytes += one.bytes;
    }
    if (args.count != 1)
        show(&total, args.count > 0 ? "total" : "");
    return code;
}
