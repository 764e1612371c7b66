#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: status.sh STATUS: says what QEMU's exit status means, for a run by hand.
# kernel/abi/system.h: isa-debug-exit turns shutdown code v into status 2v + 1.

case "$1" in
0) exit 0 ;;
33) echo "pass: the program ended well" && exit 0 ;;
35) echo "fail: the program said that it failed" ;;
37) echo "panic: the kernel panicked; the report stands above" ;;
39) echo "dead-lock: no thread could ever run again; the report stands above" ;;
41) echo "time-out: the guest-time budget was used up" ;;
43) echo "guest fault: the program was killed by a fault of its own" ;;
45) echo "the run could not be set up: is the program in the archive?" ;;
*) echo "QEMU ended with status $1" ;;
esac
exit 1
