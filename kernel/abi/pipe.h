/* SPDX-License-Identifier: MIT */
/* pipe.h: the sizes that a program may rely on. */
#pragma once

#define PIPE_SIZE 65536 /* bytes a pipe holds */
#define PIPE_BUF  4096  /* bytes: a write of at most so many is all or nothing (POSIX) */
