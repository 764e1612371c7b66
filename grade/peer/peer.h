/* SPDX-License-Identifier: MIT */
/* peer.h: what only Linux has. */
#pragma once

/* sysv_loopback_64: a message by a System V queue to the process itself. */
void measure_sysv_alone(void);
/* mutex_inline: no library's mutex, but one of a dozen instructions. */
void measure_inline_mutex(void);
/* shm_cycle_1_populate, shm_cycle_256_populate: pages mapped all at once, not when they are touched. */
void measure_populated(void);
