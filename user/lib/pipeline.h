/* SPDX-License-Identifier: MIT */
/*
 * pipeline.h: several programs at once, each reading what the one before it writes.
 *
 * A program gets exactly the ends it needs, and whoever starts them keeps none: otherwise a reader would wait for ever
 * for the end of a pipe that nobody writes to.
 */
#pragma once

#include "user/lib/defs.h"
#include "user/lib/ponte.h"
#include "user/lib/words.h"

struct pipeline {
    int count;
    handle_t processes[COMMANDS_MAX];
};

/*
 * Starts commands[0 .. count - 1]; of the first the words from `first` on. A name without a slash is a program in bin/. `give`
 * says which of this program's handles each gets (process.h); standard input only the first, standard output only
 * the last. On an error nothing is left running; *failed is the command that could not be started. Errors of
 * process_spawn and sys_pipe_create.
 */
must_check status_t pipeline_start(const struct words *commands, int count, int first, unsigned give,
                                   struct pipeline *pipeline, int *failed);

/* Kills all of it. Does not wait. */
void pipeline_kill(const struct pipeline *pipeline);

/*
 * Waits for all of it; *info tells of the last one. OK: the handles are closed; ERR_TIMED_OUT: they are not. Other errors
 * of sys_process_wait.
 */
must_check status_t pipeline_wait(struct pipeline *pipeline, uint64_t deadline,
                                  struct exit_info *info);
