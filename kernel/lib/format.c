/* SPDX-License-Identifier: MIT */
/* format.c: one directive at a time: parse it, render the digits backwards, pad. */
#include "kernel/lib/format.h"

#include "kernel/lib/string.h"

struct output {
    format_sink *sink;
    void *context;
};

/* What stands between '%' and the conversion letter. */
struct directive {
    bool left, zero, plus, space, alternate;
    int width;
    int precision; /* -1: none given */
    int length;    /* bytes of the argument: 1 2 4 8 */
};

static void emit(struct output *out, const char *text, size_t n)
{
    if (n > 0)
        out->sink(out->context, text, n);
}

static void pad(struct output *out, char c, int n)
{
    while (n-- > 0)
        emit(out, &c, 1);
}

/* Text with its padding around it; `zeros` go between the prefix and the digits. */
static void emit_field(struct output *out, const struct directive *d, const char *prefix,
                       int zeros, const char *text, int length)
{
    int prefix_length = (int)strlen(prefix);
    int blanks = d->width - prefix_length - zeros - length;
    if (!d->left)
        pad(out, ' ', blanks);
    emit(out, prefix, (size_t)prefix_length);
    pad(out, '0', zeros);
    emit(out, text, (size_t)length);
    if (d->left)
        pad(out, ' ', blanks);
}

static void emit_number(struct output *out, const struct directive *d, uint64_t value,
                        unsigned base, bool upper, const char *prefix)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[24];
    int at = sizeof text;
    bool nothing = value == 0 && d->precision == 0; /* C11 7.21.6.1: no digits at all */
    if (!nothing)
        do {
            text[--at] = digits[value % base];
            value /= base;
        } while (value != 0);
    int length = (int)sizeof text - at;
    int zeros = d->precision > length ? d->precision - length : 0;
    int want = d->width - (int)strlen(prefix) - length;
    if (d->zero && !d->left && d->precision < 0 && want > zeros)
        zeros = want;
    emit_field(out, d, prefix, zeros, text + at, length);
}

static const char *parse(const char *f, struct directive *d, va_list *args)
{
    *d = (struct directive){ .precision = -1, .length = 4 };
    for (;; f++) {
        if (*f == '-')
            d->left = true;
        else if (*f == '0')
            d->zero = true;
        else if (*f == '+')
            d->plus = true;
        else if (*f == ' ')
            d->space = true;
        else if (*f == '#')
            d->alternate = true;
        else
            break;
    }
    if (*f == '*') {
        d->width = va_arg(*args, int);
        if (d->width < 0) {
            d->left = true;
            d->width = -d->width;
        }
        f++;
    }
    for (; *f >= '0' && *f <= '9'; f++)
        d->width = d->width * 10 + (*f - '0');
    if (*f == '.') {
        f++;
        d->precision = 0;
        if (*f == '*') {
            d->precision = va_arg(*args, int);
            f++;
        }
        for (; *f >= '0' && *f <= '9'; f++)
            d->precision = d->precision * 10 + (*f - '0');
    }
    if (*f == 'h') {
        d->length = 2;
        if (*++f == 'h') {
            d->length = 1;
            f++;
        }
    } else if (*f == 'l' || *f == 'z' || *f == 't' || *f == 'j') {
        d->length = 8;
        if (*f++ == 'l' && *f == 'l')
            f++;
    }
    return f;
}

static void emit_signed(struct output *out, const struct directive *d, va_list *args)
{
    int64_t value = d->length == 8 ? va_arg(*args, int64_t) : va_arg(*args, int);
    if (d->length == 2)
        value = (int16_t)value;
    else if (d->length == 1)
        value = (int8_t)value;
    const char *prefix = value < 0 ? "-" : d->plus ? "+" : d->space ? " " : "";
    emit_number(out, d, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, false, prefix);
}

static void emit_unsigned(struct output *out, const struct directive *d, char letter,
                          va_list *args)
{
    uint64_t value = d->length == 8 ? va_arg(*args, uint64_t) : va_arg(*args, unsigned);
    if (d->length == 2)
        value = (uint16_t)value;
    else if (d->length == 1)
        value = (uint8_t)value;
    unsigned base = letter == 'u' ? 10 : letter == 'o' ? 8 : 16;
    const char *prefix = "";
    if (d->alternate && value != 0)
        prefix = letter == 'x' ? "0x" : letter == 'X' ? "0X" : letter == 'o' ? "0" : "";
    emit_number(out, d, value, base, letter == 'X', prefix);
}

static void emit_string(struct output *out, const struct directive *d, const char *text)
{
    if (text == NULL)
        text = "(null)";
    size_t n = d->precision >= 0 ? strnlen(text, (size_t)d->precision) : strlen(text);
    emit_field(out, d, "", 0, text, (int)n);
}

static void emit_directive(struct output *out, const struct directive *d, char letter,
                           va_list *args)
{
    char c;
    switch (letter) {
    case 'd':
    case 'i':
        emit_signed(out, d, args);
        break;
    case 'u':
    case 'x':
    case 'X':
    case 'o':
        emit_unsigned(out, d, letter, args);
        break;
    case 'p':
        emit_number(out, d, (uint64_t)va_arg(*args, void *), 16, false, "0x");
        break;
    case 's':
        emit_string(out, d, va_arg(*args, const char *));
        break;
    case 'c':
        c = (char)va_arg(*args, int);
        emit_field(out, d, "", 0, &c, 1);
        break;
    default: /* "%%", or a mistake: show it */
        emit(out, &letter, 1);
    }
}

void format_to(format_sink *sink, void *context, const char *format, va_list arguments)
{
    struct output out = { sink, context };
    va_list args;
    va_copy(args, arguments);
    while (*format != '\0') {
        const char *start = format;
        while (*format != '\0' && *format != '%')
            format++;
        emit(&out, start, (size_t)(format - start));
        if (*format == '\0')
            break;
        struct directive d;
        format = parse(format + 1, &d, &args);
        if (*format == '\0')
            break;
        emit_directive(&out, &d, *format++, &args);
    }
    va_end(args);
}

struct buffer {
    char *text;
    size_t size, length;
};

static void to_buffer(void *context, const char *text, size_t n)
{
    struct buffer *b = context;
    for (size_t i = 0; i < n; i++)
        if (b->length + i + 1 < b->size)
            b->text[b->length + i] = text[i];
    b->length += n;
}

int vsnprintf(char *buffer, size_t size, const char *format, va_list args)
{
    struct buffer b = { buffer, size, 0 };
    format_to(to_buffer, &b, format, args);
    if (size > 0)
        buffer[b.length < size ? b.length : size - 1] = '\0';
    return (int)b.length;
}

int snprintf(char *buffer, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(buffer, size, format, args);
    va_end(args);
    return n;
}
