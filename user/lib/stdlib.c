/* SPDX-License-Identifier: MIT */
/* stdlib.c: numbers, sorting and the program's generator. */
#include "user/lib/stdlib.h"

#include "user/lib/ctype.h"
#include "user/lib/string.h"

/* The value of a digit in any base up to 36; 36 for what is no digit. */
static unsigned digit_value(char c)
{
    if (isdigit(c))
        return (unsigned)(c - '0');
    if (isalpha(c))
        return (unsigned)(tolower(c) - 'a' + 10);
    return 36;
}

/* The digits at `text`; *end is `text` if there are none. Saturates, and then sets *overflow. */
static uint64_t parse_digits(const char *text, const char **end, unsigned base, bool *overflow)
{
    uint64_t value = 0;
    *overflow = false;
    if ((base == 0 || base == 16) && text[0] == '0' && tolower(text[1]) == 'x' &&
        digit_value(text[2]) < 16) {
        text += 2;
        base = 16;
    }
    if (base == 0)
        base = text[0] == '0' ? 8 : 10;
    for (; digit_value(*text) < base; text++)
        if (__builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit_value(*text), &value))
            *overflow = true;
    *end = text;
    return *overflow ? UINT64_MAX : value;
}

/* Blanks, a sign and digits, as strtol and strtoul have in common. */
static uint64_t parse_signed(const char *text, char **end, int base, bool *negative,
                             bool *overflow)
{
    const char *start = text, *rest;
    while (isspace(*text))
        text++;
    *negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    uint64_t value = parse_digits(text, &rest, (unsigned)base, overflow);
    if (end != NULL)
        *end = (char *)(rest == text ? start : rest);
    return value;
}

long strtol(const char *text, char **end, int base)
{
    bool negative, overflow;
    uint64_t value = parse_signed(text, end, base, &negative, &overflow);
    if (negative)
        return value > (uint64_t)INT64_MAX ? INT64_MIN : -(long)value;
    return value > (uint64_t)INT64_MAX ? INT64_MAX : (long)value;
}

unsigned long strtoul(const char *text, char **end, int base)
{
    bool negative, overflow;
    uint64_t value = parse_signed(text, end, base, &negative, &overflow);
    return negative && !overflow ? -value : value;
}

bool parse_number(const char *text, uint64_t *value)
{
    const char *end;
    bool overflow;
    if (!isdigit(text[0]))
        return false;
    bool hex = text[0] == '0' && tolower(text[1]) == 'x';
    uint64_t number = parse_digits(text, &end, hex ? 16 : 10, &overflow);
    if (*end != '\0' || overflow)
        return false;
    *value = number;
    return true;
}

static void swap(char *a, char *b, size_t size)
{
    for (; size > 0; size--, a++, b++) {
        char byte = *a;
        *a = *b;
        *b = byte;
    }
}

/* Lets the element at `i` sink below every larger child: the heap's one operation. */
static void sift_down(char *base, size_t i, size_t count, size_t size,
                      int (*compare)(const void *, const void *))
{
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= count)
            return;
        if (child + 1 < count && compare(base + child * size, base + (child + 1) * size) < 0)
            child++;
        if (compare(base + i * size, base + child * size) >= 0)
            return;
        swap(base + i * size, base + child * size, size);
        i = child;
    }
}

/* Heapsort: no recursion, no memory, no bad input. */
void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    char *bytes = base;
    for (size_t i = count / 2; i-- > 0;)
        sift_down(bytes, i, count, size, compare);
    for (size_t left = count; left > 1; left--) {
        swap(bytes, bytes + (left - 1) * size, size);
        sift_down(bytes, 0, left - 1, size, compare);
    }
}

static uint64_t rand_state = 1;

void srand(unsigned seed)
{
    __atomic_store_n(&rand_state, seed, __ATOMIC_RELAXED);
}

/* A counter, well mixed: so that one atomic addition is all that threads share. */
int rand(void)
{
    uint64_t z = __atomic_add_fetch(&rand_state, 0x9e3779b97f4a7c15ull, __ATOMIC_RELAXED);
    z = (z ^ (z >> 32)) * 0xd6e8feb86659fd93ull;
    z = (z ^ (z >> 32)) * 0xd6e8feb86659fd93ull;
    return (int)((z ^ (z >> 32)) & RAND_MAX);
}
