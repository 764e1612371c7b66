/* SPDX-License-Identifier: MIT */
/* uart.c: 16550 serial ports, polled for output, by interrupt for input. */
#include "kernel/drivers/uart.h"

#include "kernel/arch/apic.h"
#include "kernel/arch/init.h"
#include "kernel/arch/io.h"
#include "kernel/arch/offsets.h"

enum { /* registers */
    DATA = 0,
    INTERRUPT_ENABLE = 1,
    DIVISOR_LOW = 0,
    DIVISOR_HIGH = 1,
    FIFO_CONTROL = 2,
    LINE_CONTROL = 3,
    MODEM_CONTROL = 4,
    LINE_STATUS = 5,
};

#define STATUS_RECEIVED 0x01
#define STATUS_EMPTY    0x20
#define FIFO_SIZE       16
#define ISA_COM1        4

static const uint16_t base[] = { [UART_CONSOLE] = 0x3f8, [UART_RESULTS] = 0x2f8 };
static void (*on_received)(void);

void uart_init(void)
{
    for (int u = UART_CONSOLE; u <= UART_RESULTS; u++) {
        outb(base[u] + INTERRUPT_ENABLE, 0);
        outb(base[u] + LINE_CONTROL, 0x80); /* the divisor's turn */
        outb(base[u] + DIVISOR_LOW, 1);     /* 115,200 baud */
        outb(base[u] + DIVISOR_HIGH, 0);
        outb(base[u] + LINE_CONTROL, 0x03); /* 8 bits, no parity, 1 stop bit */
        outb(base[u] + FIFO_CONTROL, 0x07); /* on, emptied */
        outb(base[u] + MODEM_CONTROL, 0x0b);
    }
}

/* Each look at the status costs as much as a byte, so a whole FIFO goes out per look. */
void uart_write(enum uart uart, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (i % FIFO_SIZE == 0)
            while (!(inb(base[uart] + LINE_STATUS) & STATUS_EMPTY))
                cpu_pause();
        outb(base[uart] + DATA, (uint8_t)text[i]);
    }
}

int uart_read(void)
{
    if (!(inb(base[UART_CONSOLE] + LINE_STATUS) & STATUS_RECEIVED))
        return -1;
    return inb(base[UART_CONSOLE] + DATA);
}

static void interrupt(void)
{
    on_received();
}

void uart_listen(void (*received)(void))
{
    on_received = received;
    trap_set_handler(VECTOR_UART, interrupt);
    ioapic_route(ISA_COM1, VECTOR_UART, cpu_get(CPU_BOOT)->apic_id);
    outb(base[UART_CONSOLE] + INTERRUPT_ENABLE, 1);
}
