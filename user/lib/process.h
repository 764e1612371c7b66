/* SPDX-License-Identifier: MIT */
/* process.h: starting programs, and what this one was started with. */
#pragma once

#include "user/lib/defs.h"
#include "user/lib/ponte.h"

/* The handle at this place (enum start_handle, START_USER + n); HANDLE_INVALID if there is none. */
handle_t start_handle(unsigned place);

/* argv[0] without its directory, and whole. */
const char *program_name(void);
const char *program_path(void);

/*
 * Starts `path` with argv (ended by NULL) and exactly `handles`, as sys_process_spawn, whose
 * errors and ownership rules are these. Returns a process handle.
 */
must_check status_t process_spawn(const char *path, const char *const argv[],
                                  const handle_t *handles, size_t count);

/* Bits for process_start: which of its own standard handles the child gets too. */
enum give {
    GIVE_STDIN = 1 << START_STDIN,
    GIVE_STDOUT = 1 << START_STDOUT,
    GIVE_SYSTEM = 1 << START_SYSTEM,
    GIVE_RESULTS = 1 << START_RESULTS,
    GIVE_NAMES = 1 << START_NAMES,
    GIVE_ERROR = 1 << START_ERROR,
};

/*
 * process_spawn with duplicates of the standard handles in `give` (those this process does not
 * have stay empty) followed by `handles` from START_USER on. On failure the duplicates are
 * closed and `handles` have stayed.
 */
must_check status_t process_start(const char *path, const char *const argv[], unsigned give,
                                  const handle_t *handles, size_t count);

/* Waits for a process to end and closes the handle, unless it answers ERR_TIMED_OUT. */
status_t process_finish(handle_t process, uint64_t deadline, struct exit_info *info);

/* "exited with code 3", "was killed by a page fault", ...: `text` gets up to size bytes. */
void exit_describe(const struct exit_info *info, char *text, size_t size);
