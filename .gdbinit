# SPDX-License-Identifier: MIT
# What `make gdb` starts with. Read by make, never by gdb's auto-load.

set confirm off
set pagination off
set architecture i386:x86-64
set disassemble-next-line auto
set print pretty on

# The machine that `make qemu-gdb` started waits on a socket in the build directory.
python
import os
build = os.environ.get("PONTE_BUILD", "build")
gdb.execute("target remote " + build + "/gdb.sock")
end

# `user test/port`: the symbols of a program, so that `break main` and `bt` know them.
define user
  python gdb.execute("add-symbol-file '" + build + "/programs/$arg0'")
end
document user
user PROGRAM: loads the symbols of a user program, for example: user bin/sh
All programs are linked at the same address, so load one at a time; `nouser` forgets it.
end

define nouser
  remove-symbol-file -a 0x400000
end
document nouser
Forgets the symbols that `user` loaded.
end

# The thread that runs on the CPU gdb is looking at ("info threads" lists the CPUs).
define current
  if $gs_base > 0xffff800000000000
    print *((struct cpu *)$gs_base)->current
  else
    print *((struct cpu *)$k_gs_base)->current
  end
end
document current
Prints the kernel's struct thread of the thread running on this CPU.
end

# At reset the CPU is in 16-bit mode with paging off, where a software breakpoint at a
# high address cannot be written: so until C is reached, only hardware breakpoints.
hbreak boot_main
continue
delete

echo \nIn boot_main: the first C of the kernel. Software breakpoints work from here on.\n
echo Try:  user test/port    break ipc/port/sys_port.c:sys_port_send    continue    bt    current    help user\n\n
