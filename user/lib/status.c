/* SPDX-License-Identifier: MIT */
/* status.c: the X-macro lists of kernel/abi, turned into words. */
#include "user/lib/status.h"

#include "user/lib/stdio.h"

struct word {
    const char *name, *text;
};

#define STATUS_WORD(name, value, text) [-(value)] = { #name, text },
static const struct word errors[] = { STATUS_LIST(STATUS_WORD) };

#define OBJECT_NAME(name, number, text) [number] = #name,
static const char *const objects[] = { OBJECT_LIST(OBJECT_NAME) };

#define RIGHT_NAME(name, bit, text) [bit] = #name,
static const char *const rights_names[] = { RIGHT_LIST(RIGHT_NAME) };

static const struct word *error_word(status_t status)
{
    static const struct word unknown = { "ERR_?", "an error that is not in the list" };
    if (status <= -(status_t)array_size(errors) || errors[-status].name == NULL)
        return &unknown;
    return &errors[-status];
}

const char *status_name(status_t status)
{
    return status >= 0 ? "OK" : error_word(status)->name;
}

const char *status_text(status_t status)
{
    return status >= 0 ? "done" : error_word(status)->text;
}

const char *object_name(uint32_t type)
{
    return type < array_size(objects) && objects[type] != NULL ? objects[type] : "?";
}

void rights_describe(rights_t rights, char *text, size_t size)
{
    size_t length = 0;
    if (size > 0)
        text[0] = '\0';
    for (unsigned bit = 0; bit < array_size(rights_names); bit++)
        if ((rights & 1u << bit) && length < size)
            length += (size_t)snprintf(text + length, size - length, "%s%s",
                                       length > 0 ? " " : "", rights_names[bit]);
}
