/* SPDX-License-Identifier: MIT */
/*
 * ponte.h: the system calls, as a program sees them.
 *
 * Each returns a status_t: negative (kernel/abi/status.h), or zero, or the count that is
 * documented. Every call that takes a handle may also answer ERR_INVALID_HANDLE (it names
 * nothing), ERR_WRONG_TYPE and ERR_PERMISSION_DENIED (the right in brackets is missing); every call that
 * takes a pointer, ERR_INVALID_ADDRESS (also for a page that is the program's but cannot be filled);
 * every call that blocks, ERR_KILLED. Deadlines are absolute nanoseconds of clock_read(); DEADLINE_POLL does not wait.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kernel/abi/handle.h"
#include "kernel/abi/layout.h"
#include "kernel/abi/message.h"
#include "kernel/abi/object.h"
#include "kernel/abi/process.h"
#include "kernel/abi/rights.h"
#include "kernel/abi/status.h"
#include "kernel/abi/system.h"
#include "kernel/abi/time.h"

/* Does nothing, returns OK: for measuring. */
status_t sys_null(void);

/* Handles ----------------------------------------------------------------- */

status_t sys_handle_close(handle_t handle);
/*
 * Another handle to the same object [DUPLICATE]. `rights` must be a subset of the handle's own, or RIGHTS_SAME.
 * Returns the handle. ERR_PERMISSION_DENIED for more rights than the handle has, and for a port's RECEIVE right, which
 * can be moved but never duplicated; ERR_INVALID_ARGUMENT for unknown bits; ERR_NO_SLOTS; ERR_OUT_OF_MEMORY.
 */
status_t sys_handle_duplicate(handle_t handle, rights_t rights);
status_t sys_handle_info(handle_t handle, struct handle_info *info);

/* Processes and threads ---------------------------------------------------- */

/*
 * Starts a program of the archive ("bin/ls") with the arguments in `args` (args_size bytes: strings, each ended by a NUL; argv[0] is
 * the first) and exactly the given handles, which move to it [TRANSFER] as with a message; HANDLE_INVALID leaves a place
 * empty. On any failure they stay. Returns a process handle [WAIT MANAGE DUPLICATE TRANSFER]. ERR_NOT_FOUND, ERR_BAD_EXECUTABLE,
 * ERR_INVALID_ARGUMENT (args not ended by a NUL, more than SPAWN_MAX_ARGC, a handle twice), ERR_TOO_BIG (path, args, or more
 * than SPAWN_MAX_HANDLES handles), ERR_NO_SLOTS, ERR_OUT_OF_MEMORY.
 */
status_t sys_process_spawn(const char *path, const char *args, size_t args_size,
                           const handle_t *handles, size_t handle_count);
/* Ends the calling process; other threads are killed. */
_Noreturn void sys_process_exit(int32_t code);
/* Waits until it has ended [WAIT]; info may be NULL. ERR_TIMED_OUT. */
status_t sys_process_wait(handle_t process, uint64_t deadline, struct exit_info *info);
/* Kills it [MANAGE]; OK also when it has already ended. Does not wait. */
status_t sys_process_kill(handle_t process);
/* A handle [WAIT MANAGE] to the process with this id. `system` [MANAGE]. ERR_NOT_FOUND. */
status_t sys_process_open(handle_t system, uint64_t pid);

/*
 * A thread that begins at `entry` with rdi = argument and rsp = stack (16-byte aligned, all zero registers otherwise), FS base tls.
 * Returns a thread handle [WAIT DUPLICATE]. ERR_INVALID_ADDRESS (entry, stack or tls outside user space), ERR_INVALID_ARGUMENT (stack
 * misaligned), ERR_NO_SLOTS, ERR_OUT_OF_MEMORY.
 */
status_t sys_thread_create(void *entry, void *stack, uint64_t argument, uint64_t tls);
/* Ends the calling thread; the process too if it was the last (exit code 0). */
_Noreturn void sys_thread_exit(int64_t code);
/* Waits until it has ended [WAIT]; code may be NULL. ERR_TIMED_OUT; ERR_INVALID_ARGUMENT for the calling thread itself. */
status_t sys_thread_join(handle_t thread, uint64_t deadline, int64_t *code);
status_t sys_thread_yield(void);
/* Sleeps until the deadline. */
status_t sys_thread_sleep(uint64_t deadline);
/* Sets the FS base. ERR_INVALID_ADDRESS outside user space. */
status_t sys_thread_set_tls(uint64_t base);

/* Memory ------------------------------------------------------------------- */

/*
 * Zero-filled private memory; address 0 lets the kernel choose. Returns the address. ERR_INVALID_ARGUMENT (misaligned, length
 * 0, no or unknown protection bits, WRITE with EXECUTE), ERR_INVALID_ADDRESS (outside user space), ERR_ALREADY_MAPPED,
 * ERR_OUT_OF_MEMORY. length is rounded up to pages by nobody: it must be a multiple.
 */
status_t sys_vm_map(uint64_t address, uint64_t length, uint32_t protection);
/*
 * Any aligned part; holes are fine. ERR_INVALID_ARGUMENT and ERR_INVALID_ADDRESS as above; ERR_OUT_OF_MEMORY only if the
 * machine, not the quota, is out: then nothing has changed.
 */
status_t sys_vm_unmap(uint64_t address, uint64_t length);
/* All of it must be mapped: else ERR_NOT_MAPPED, and nothing changes. Other errors as of vm_map. */
status_t sys_vm_protect(uint64_t address, uint64_t length, uint32_t protection);

/* Time, console, files ------------------------------------------------------ */

/* Monotonic nanoseconds since start; never negative. */
status_t sys_clock_read(void);
/*
 * Reads what has been typed, at least one byte, at most size [READ]. Returns the count; 0 at the end of input
 * (the run was started with input=none) or for size 0. Raw: no echo, no editing. ERR_TIMED_OUT.
 */
status_t sys_console_read(handle_t console, void *buffer, size_t size, uint64_t deadline);
/* Writes all of it; no other program's writing comes between [WRITE]. Returns size. A fault midway returns what went. */
status_t sys_console_write(handle_t console, const void *buffer, size_t size);
/* The index-th file of the archive. ERR_NOT_FOUND past the last. */
status_t sys_file_stat(uint64_t index, struct file_info *info);
/* Reads at offset from a file of the archive. Returns the count, 0 at the end. ERR_NOT_FOUND. */
status_t sys_file_read(const char *path, uint64_t offset, void *buffer, size_t size);

/* The machine ---------------------------------------------------------------- */

status_t sys_system_info(struct system_info *info);
/* Fills in up to `count` rows, by pid; returns how many processes there are [READ]. */
status_t sys_system_processes(handle_t system, struct process_info *rows, size_t count);
/* Ends the run [MANAGE]; ERR_INVALID_ARGUMENT unless POWEROFF, PASS, FAIL, FAULT or INFRA. */
status_t sys_system_shutdown(handle_t system, uint32_t code);

/* Messages and ports --------------------------------------------------------- */

/*
 * Sends a message to oneself (lab 1): builds it from `out` exactly as port_send does and delivers it to `in` exactly as port_recv
 * does, without a queue between. On any error the handles are still the caller's, under their old numbers; on success they have
 * new ones. Errors of port_send and port_recv but for those that speak of the port. in == out is allowed.
 */
status_t sys_message_loopback(const struct message_args *out, struct message_args *in);

/* A port for 1..PORT_MAX_CAPACITY messages, else ERR_INVALID_ARGUMENT; a handle with every port right and DUPLICATE, TRANSFER, WAIT. */
status_t sys_port_create(uint64_t capacity);
/*
 * Queues a message [SEND]; its handles [TRANSFER] move into it. While the queue is full: ERR_QUEUE_FULL at
 * once with DEADLINE_POLL, otherwise waits, first come first served, ERR_TIMED_OUT. ERR_PORT_CLOSED. ERR_TOO_BIG (size or
 * handle_count), ERR_INVALID_ARGUMENT (reserved not zero; a handle twice), ERR_INVALID_HANDLE and ERR_PERMISSION_DENIED for a handle
 * that would travel, ERR_NO_SLOTS (HANDLES_IN_FLIGHT_MAX), ERR_CYCLE (the queue would hold its own receive side, directly or through
 * others), ERR_OUT_OF_MEMORY. On any error nothing has left the sender.
 */
status_t sys_port_send(handle_t port, const struct message_args *args, uint64_t deadline);
/*
 * Takes the oldest message [RECEIVE]; ERR_EMPTY. ERR_PORT_CLOSED. ERR_BUFFER_TOO_SMALL and ERR_NO_SLOTS leave it queued and
 * fill args->header in; so does ERR_INVALID_ADDRESS, without.
 */
status_t sys_port_try_recv(handle_t port, struct message_args *args);
/* The same, but waits while there is none: ERR_TIMED_OUT. */
status_t sys_port_recv(handle_t port, struct message_args *args, uint64_t deadline);
/* Closes the port [MANAGE] for everyone: its queue is destroyed, all who wait and all later calls get ERR_PORT_CLOSED. */
status_t sys_port_close(handle_t port);
