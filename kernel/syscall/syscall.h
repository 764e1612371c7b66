/* SPDX-License-Identifier: MIT */
/*
 * syscall.h: the kernel's side of the calls that are no IPC; their contracts stand in
 * user/lib/ponte.h.
 *
 * A handler is called on the caller's kernel stack with interrupts on and no lock held. Its
 * arguments are full registers of the program's choice: a handle, size or number is checked at
 * its full width before it is narrowed; a uaddr_t is only a claim.
 */
#pragma once

#include "kernel/lib/defs.h"

status_t sys_null(void);

status_t sys_handle_close(uint64_t handle);
status_t sys_handle_duplicate(uint64_t handle, uint64_t rights);
status_t sys_handle_info(uint64_t handle, uaddr_t info);

status_t sys_process_spawn(uaddr_t path, uaddr_t args, uint64_t args_size, uaddr_t handles,
                           uint64_t handle_count);
noreturn void sys_process_exit(uint64_t code);
status_t sys_process_wait(uint64_t process, uint64_t deadline, uaddr_t info);
status_t sys_process_kill(uint64_t process);
status_t sys_process_open(uint64_t system, uint64_t pid);

status_t sys_thread_create(uint64_t entry, uint64_t stack, uint64_t argument, uint64_t tls);
noreturn void sys_thread_exit(uint64_t code);
status_t sys_thread_join(uint64_t thread, uint64_t deadline, uaddr_t code);
status_t sys_thread_yield(void);
status_t sys_thread_sleep(uint64_t deadline);
status_t sys_thread_set_tls(uint64_t base);

status_t sys_vm_map(uint64_t address, uint64_t length, uint64_t protection);
status_t sys_vm_unmap(uint64_t address, uint64_t length);
status_t sys_vm_protect(uint64_t address, uint64_t length, uint64_t protection);

status_t sys_clock_read(void);
status_t sys_console_read(uint64_t console, uaddr_t buffer, uint64_t size, uint64_t deadline);
status_t sys_console_write(uint64_t console, uaddr_t buffer, uint64_t size);
status_t sys_file_stat(uint64_t index, uaddr_t info);
status_t sys_file_read(uaddr_t path, uint64_t offset, uaddr_t buffer, uint64_t size);

status_t sys_system_info(uaddr_t info);
status_t sys_system_processes(uint64_t system, uaddr_t rows, uint64_t count);
status_t sys_system_shutdown(uint64_t system, uint64_t code);

/* What system_info tells of the start; set at boot, before the first program runs. */
extern uint64_t system_seed;        /* from the command line */
extern uint64_t system_boot_time;   /* ns until the first program started */
extern uint64_t system_frames_boot; /* frames in use then */
