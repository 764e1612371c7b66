/* SPDX-License-Identifier: MIT */
/* debug_exit.h: ending the run; machine_shutdown is declared in lib/hooks.h. */
#pragma once

#include "kernel/lib/hooks.h"
