/* SPDX-License-Identifier: MIT */
/* start.h: from a running kernel to the first program. */
#pragma once

/*
 * Reads the command line and starts bin/init. The command line is made of words:
 *     seed=0x2a    handed to programs (system_info); also draws the slices below
 *     budget=5000  milliseconds of guest time after which the run is ended (SHUTDOWN_TIMEOUT)
 *     slice=2000   nanoseconds of a turn on a CPU, varied by the seed
 *     input=none   nobody types: reading the console gives the end of input
 *     -- a b c     what comes after is handed to init as its arguments
 * A file opt/ponte/args of QEMU's -fw_cfg is read as if it followed the words before "--".
 * Panics if there is no archive or no bin/init in it: then there is nothing to run.
 */
void start_programs(void);
