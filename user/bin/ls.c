/* SPDX-License-Identifier: MIT */
/* ls.c: lists the archive's files, which are all the files there are. */
#include "user/lib/args.h"
#include "user/lib/stdio.h"
#include "user/lib/string.h"

/* Whether `name` is `path` or lies under it. */
static bool under(const char *name, const char *path)
{
    size_t n = strlen(path);
    while (n > 0 && path[n - 1] == '/')
        n--;
    return strncmp(name, path, n) == 0 && (n == 0 || name[n] == '/' || name[n] == '\0');
}

static unsigned list(const char *path, bool sizes)
{
    struct file_info file;
    unsigned found = 0;
    for (uint64_t i = 0; sys_file_stat(i, &file) >= 0; i++) {
        if (!under(file.name, path))
            continue;
        found++;
        if (sizes)
            printf("%8lu  %s\n", file.size, file.name);
        else
            printf("%s\n", file.name);
    }
    return found;
}

int main(int argc, char **argv)
{
    bool sizes = false;
    struct args args = args_begin(argc, argv, "l", "[-l] [path...]   (-l: with sizes in bytes)");
    while (args_next(&args) != 0)
        sizes = true;
    int code = 0;
    if (args.count == 0)
        list("", sizes);
    for (int i = 0; i < args.count; i++)
        if (list(args.rest[i], sizes) == 0) {
            warn("there is no file under '%s'; `ls` alone lists all", args.rest[i]);
            code = 1;
        }
    return code;
}
