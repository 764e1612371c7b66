/* SPDX-License-Identifier: MIT */
/*
 * syscalls.h: the system calls. Also read by the assembler.
 *
 * Number in rax; arguments in rdi, rsi, rdx, r10, r8, r9; a status_t comes back
 * in rax. rcx and r11 are lost (the processor's own doing), the other argument
 * registers come back as zero, the rest is preserved. The user side's prototypes
 * and their errors stand in user/lib/ponte.h.
 */
#pragma once

/* SYSCALL(number, name, argument count): the only list of system calls. */
#define SYSCALL_LIST(SYSCALL)        \
    SYSCALL(0, null, 0)              \
    SYSCALL(1, handle_close, 1)      \
    SYSCALL(2, handle_duplicate, 2)  \
    SYSCALL(3, handle_info, 2)       \
    SYSCALL(4, process_spawn, 5)     \
    SYSCALL(5, process_exit, 1)      \
    SYSCALL(6, process_wait, 3)      \
    SYSCALL(7, process_kill, 1)      \
    SYSCALL(8, process_open, 2)      \
    SYSCALL(9, thread_create, 4)     \
    SYSCALL(10, thread_exit, 1)      \
    SYSCALL(11, thread_join, 3)      \
    SYSCALL(12, thread_yield, 0)     \
    SYSCALL(13, thread_sleep, 1)     \
    SYSCALL(14, thread_set_tls, 1)   \
    SYSCALL(15, vm_map, 3)           \
    SYSCALL(16, vm_unmap, 2)         \
    SYSCALL(17, vm_protect, 3)       \
    SYSCALL(18, clock_read, 0)       \
    SYSCALL(19, console_read, 4)     \
    SYSCALL(20, console_write, 3)    \
    SYSCALL(21, file_stat, 2)        \
    SYSCALL(22, file_read, 4)        \
    SYSCALL(23, system_info, 1)      \
    SYSCALL(24, system_processes, 3) \
    SYSCALL(25, system_shutdown, 2)  \
    SYSCALL(26, message_loopback, 2) \
    SYSCALL(27, port_create, 1)      \
    SYSCALL(28, port_send, 3)        \
    SYSCALL(29, port_try_recv, 2)    \
    SYSCALL(30, port_recv, 3)        \
    SYSCALL(31, port_close, 1)       \
    SYSCALL(32, channel_create, 1)   \
    SYSCALL(33, channel_send, 3)     \
    SYSCALL(34, channel_try_recv, 2) \
    SYSCALL(35, channel_recv, 3)     \
    SYSCALL(36, channel_call, 4)     \
    SYSCALL(37, pipe_create, 1)      \
    SYSCALL(38, pipe_read, 4)        \
    SYSCALL(39, pipe_write, 4)       \
    SYSCALL(40, shm_create, 1)       \
    SYSCALL(41, shm_size, 1)         \
    SYSCALL(42, shm_map, 5)          \
    SYSCALL(43, shm_unmap, 2)        \
    SYSCALL(44, futex_wait, 3)       \
    SYSCALL(45, futex_wake, 2)       \
    SYSCALL(46, futex_requeue, 5)

#define SYSCALL_COUNT 47
