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
#include "kernel/abi/pipe.h"
#include "kernel/abi/process.h"
#include "kernel/abi/rights.h"
#include "kernel/abi/status.h"
#include "kernel/abi/system.h"
#include "kernel/abi/time.h"

/*
 * A handle as an argument. All arguments are 64 bits wide, handles, rights and counts too: of a 32-bit argument C leaves the
 * register's upper half undefined (System V ABI, AMD64, 3.2.3), and the kernel looks at all of it.
 */
typedef uint64_t handle_arg_t;

/* Does nothing, returns OK: for measuring. */
status_t sys_null(void);

/* Handles ----------------------------------------------------------------- */

/* Closes it: from now on its number names nothing. */
status_t sys_handle_close(handle_arg_t handle);
/*
 * Another handle to the same object [DUPLICATE]. `rights` must be a subset of the handle's own, or RIGHTS_SAME.
 * Returns the handle. ERR_PERMISSION_DENIED for more rights than the handle has, and for a port's RECEIVE right, which
 * can be moved but never duplicated; ERR_INVALID_ARGUMENT for unknown bits; ERR_NO_SLOTS; ERR_OUT_OF_MEMORY.
 */
status_t sys_handle_duplicate(handle_arg_t handle, uint64_t rights);
/* Tells what it names and may do. No right is needed. */
status_t sys_handle_info(handle_arg_t handle, struct handle_info *info);

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
status_t sys_process_wait(handle_arg_t process, uint64_t deadline, struct exit_info *info);
/* Kills it [MANAGE]; OK also when it has already ended. Does not wait. */
status_t sys_process_kill(handle_arg_t process);
/* A handle [WAIT MANAGE] to the process with this id. `system` [MANAGE]. ERR_NOT_FOUND. */
status_t sys_process_open(handle_arg_t system, uint64_t pid);

/*
 * A thread that begins at `entry` with rdi = argument and rsp = stack (16-byte aligned, all zero registers otherwise), FS base tls.
 * Returns a thread handle [WAIT DUPLICATE]. ERR_INVALID_ADDRESS (entry, stack or tls outside user space), ERR_INVALID_ARGUMENT (stack
 * misaligned), ERR_NO_SLOTS, ERR_OUT_OF_MEMORY.
 */
status_t sys_thread_create(void *entry, void *stack, uint64_t argument, uint64_t tls);
/* Ends the calling thread; the process too if it was the last (exit code 0). */
_Noreturn void sys_thread_exit(int64_t code);
/* Waits until it has ended [WAIT]; code may be NULL. ERR_TIMED_OUT; ERR_INVALID_ARGUMENT for the calling thread itself. */
status_t sys_thread_join(handle_arg_t thread, uint64_t deadline, int64_t *code);
/* Lets others run that are ready. Returns OK. */
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
status_t sys_vm_map(uint64_t address, uint64_t length, uint64_t protection);
/*
 * Any aligned part, mappings of shared memory included; holes are fine. ERR_INVALID_ARGUMENT and ERR_INVALID_ADDRESS as above; ERR_OUT_OF_MEMORY only if the
 * machine, not the quota, is out: then nothing has changed.
 */
status_t sys_vm_unmap(uint64_t address, uint64_t length);
/*
 * All of it must be mapped: else ERR_NOT_MAPPED, and nothing changes. ERR_PERMISSION_DENIED, likewise, where shared memory was mapped
 * with a handle without that right. Other errors as of vm_map.
 */
status_t sys_vm_protect(uint64_t address, uint64_t length, uint64_t protection);

/* Time, console, files ------------------------------------------------------ */

/* Monotonic nanoseconds since start; never negative. */
status_t sys_clock_read(void);
/*
 * Reads what has been typed, at least one byte, at most size [READ]. Returns the count; 0 at the end of input
 * (the run was started with input=none) or for size 0. Raw: no echo, no editing. ERR_TIMED_OUT.
 */
status_t sys_console_read(handle_arg_t console, void *buffer, size_t size, uint64_t deadline);
/* Writes all of it; no other program's writing comes between [WRITE]. Returns size. A fault midway returns what went. */
status_t sys_console_write(handle_arg_t console, const void *buffer, size_t size);
/* The index-th file of the archive. ERR_NOT_FOUND past the last. */
status_t sys_file_stat(uint64_t index, struct file_info *info);
/* Reads at offset from a file of the archive. Returns the count, 0 at the end. ERR_NOT_FOUND. */
status_t sys_file_read(const char *path, uint64_t offset, void *buffer, size_t size);

/* The machine ---------------------------------------------------------------- */

/* Figures about the machine, and of what is in use. */
status_t sys_system_info(struct system_info *info);
/* Fills in up to `count` rows, by pid; returns how many processes there are [READ]. */
status_t sys_system_processes(handle_arg_t system, struct process_info *rows, size_t count);
/* Ends the run [MANAGE]; ERR_INVALID_ARGUMENT unless POWEROFF, PASS, FAIL, FAULT or INFRA. */
status_t sys_system_shutdown(handle_arg_t system, uint64_t code);

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
status_t sys_port_send(handle_arg_t port, const struct message_args *args, uint64_t deadline);
/*
 * Takes the oldest message [RECEIVE]; ERR_EMPTY. ERR_PORT_CLOSED. ERR_BUFFER_TOO_SMALL and ERR_NO_SLOTS leave it queued and
 * fill args->header in; so does ERR_INVALID_ADDRESS, without.
 */
status_t sys_port_try_recv(handle_arg_t port, struct message_args *args);
/* The same, but waits while there is none: ERR_TIMED_OUT. ERR_CANCELED if RECEIVE moves away while the call waits. */
status_t sys_port_recv(handle_arg_t port, struct message_args *args, uint64_t deadline);
/* Closes the port [MANAGE] for everyone: its queue is destroyed, all who wait and all later calls get ERR_PORT_CLOSED. */
status_t sys_port_close(handle_arg_t port);

/* Channels --------------------------------------------------------------------- */

/*
 * A pair of connected ends: what is sent at one is received at the other, CHANNEL_CAPACITY messages each way. Writes their
 * two handles [READ WRITE TRANSFER WAIT] to `ends`; an end can be moved, never duplicated, and closes with its handle.
 * ERR_NO_SLOTS, ERR_OUT_OF_MEMORY: then nothing has been made.
 */
status_t sys_channel_create(handle_t ends[2]);
/*
 * As port_send, to the other end [WRITE]. ERR_PEER_CLOSED once that is closed; ERR_CYCLE if an end would come to lie in the
 * queue it receives from, directly or through others. On any error nothing has left the sender.
 */
status_t sys_channel_send(handle_arg_t end, const struct message_args *args, uint64_t deadline);
/*
 * As port_try_recv [READ]. When the peer is closed, what it sent before can still be received; then ERR_PEER_CLOSED.
 */
status_t sys_channel_try_recv(handle_arg_t end, struct message_args *args);
/* The same, but waits as port_recv does. ERR_CANCELED if this end is moved away or closed while the call waits. */
status_t sys_channel_recv(handle_arg_t end, struct message_args *args, uint64_t deadline);
/*
 * Sends `out`, without waiting for room (ERR_QUEUE_FULL), and receives the next message into `in`, waiting until `deadline`
 * [READ WRITE]. One call for a client's question and answer, and for a server's answer and next question. Errors of
 * channel_send: nothing has left. Errors of channel_recv: `out` has gone. `out` and `in` may be the same struct.
 */
status_t sys_channel_call(handle_arg_t end, const struct message_args *out, struct message_args *in, uint64_t deadline);

/* Pipes ------------------------------------------------------------------------ */

/*
 * A stream of bytes, of which it holds PIPE_SIZE. Writes two handles to `ends`: ends[0] reads [READ], ends[1] writes [WRITE], both with
 * DUPLICATE, TRANSFER and WAIT. ERR_NO_SLOTS, ERR_OUT_OF_MEMORY: then nothing has been made.
 */
status_t sys_pipe_create(handle_t ends[2]);
/*
 * Takes what there is, at least one byte and at most `size`, waiting while there is none [READ]. Returns the count; 0 when every
 * handle to the writing end is closed and all has been read, or for size 0. ERR_TIMED_OUT. A fault midway returns the bytes taken so far; those
 * that did not arrive stay. ERR_CANCELED if the last handle to this end is closed while the call waits.
 */
status_t sys_pipe_read(handle_arg_t pipe, void *buffer, size_t size, uint64_t deadline);
/*
 * Writes `size` bytes, waiting for room [WRITE]. Up to PIPE_BUF bytes go as one piece or not at all; more may mix with other writers'. Returns
 * the count: `size`, or less if the deadline passed, the readers went, the program was killed or a fault came after some had gone. With none gone:
 * ERR_TIMED_OUT, ERR_PEER_CLOSED (every handle to the reading end is closed), ERR_CANCELED as above. Size 0 returns 0.
 */
status_t sys_pipe_write(handle_arg_t pipe, const void *buffer, size_t size, uint64_t deadline);

/* Shared memory ---------------------------------------------------------------- */

/*
 * Zero-filled memory that several address spaces can map; `size` is rounded up to pages. Returns a handle [READ WRITE EXECUTE MAP DUPLICATE
 * TRANSFER]. ERR_INVALID_ARGUMENT (size 0, or too big to round up), ERR_OUT_OF_MEMORY.
 */
status_t sys_shm_create(uint64_t size);
/* Its size in bytes, whole pages. No right is needed. */
status_t sys_shm_size(handle_arg_t shm);
/*
 * Maps [offset, offset + length) of it [MAP, and READ, WRITE, EXECUTE as `protection` asks; READ in any case]; address 0 lets the kernel
 * choose. Returns the address. The mapping stays whatever becomes of the handle. ERR_INVALID_ARGUMENT (misaligned, length 0, beyond the
 * end, no or unknown protection bits, WRITE with EXECUTE), ERR_INVALID_ADDRESS (outside user space), ERR_ALREADY_MAPPED, ERR_OUT_OF_MEMORY.
 */
status_t sys_shm_map(handle_arg_t shm, uint64_t address, uint64_t offset, uint64_t length, uint64_t protection);
/*
 * Any aligned part of mappings of shared memory; holes are fine. When it returns no CPU can reach the memory through them. ERR_INVALID_ARGUMENT
 * (misaligned, length 0), ERR_INVALID_ADDRESS (outside user space), ERR_NOT_MAPPED (private memory lies there: that is vm_unmap's): then nothing has changed.
 */
status_t sys_shm_unmap(uint64_t address, uint64_t length);

/* Futexes ---------------------------------------------------------------------- */

/*
 * Sleeps until a wake-up, if the 32-bit word at `address` is `expected`: looking and going to sleep are one step. ERR_WOULD_BLOCK if it is
 * not; ERR_TIMED_OUT; ERR_INVALID_ARGUMENT (not 4-byte aligned); ERR_INVALID_ADDRESS. In shared memory the same word meets under any address;
 * in private memory, within the process. It may return OK without a wake-up: look again.
 */
status_t sys_futex_wait(const uint32_t *address, uint64_t expected, uint64_t deadline);
/* Wakes up to `count` waiters, the longest first; returns how many. Errors as above. */
status_t sys_futex_wake(const uint32_t *address, uint64_t count);
/*
 * If the word at `address` is `expected`, wakes up to `wake` of its waiters and moves up to `move` of the others to `to`, whose wake-ups
 * they then wait for; if `to` is `address`, they go to the end of the line. Returns woken + moved. ERR_WOULD_BLOCK if it is not. Errors as
 * above, for either address.
 */
status_t sys_futex_requeue(const uint32_t *address, uint64_t expected, uint64_t wake, const uint32_t *to, uint64_t move);
