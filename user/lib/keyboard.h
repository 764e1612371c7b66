/* SPDX-License-Identifier: MIT */
/*
 * keyboard.h: the keyboard of a program that also waits for other programs: the shell's.
 *
 * While the shell waits for a foreground job, a thread of its own reads the keyboard: Ctrl-C
 * kills the job, and anything else is kept for the next prompt. One thread calls these functions.
 */
#pragma once

#include "user/lib/defs.h"
#include "user/lib/pipeline.h"

/* The next byte that was typed; false at the end of input. Waits. */
bool keyboard_next(uint8_t *byte);

/*
 * Waits for all of the pipeline to end, as pipeline_wait without a deadline; Ctrl-C kills it. Where no
 * thread can be made, Ctrl-C has no effect.
 */
status_t keyboard_wait(struct pipeline *pipeline, struct exit_info *info);

/*
 * Makes sure that nothing here reads the keyboard, so that another program can. If the thread is
 * still reading, `ask` is called and a key must be pressed first; it is kept for the next
 * prompt.
 */
void keyboard_lend(void (*ask)(void));
