#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Where the instructions of a run go: counted per function, all of them, none sampled.

usage: profiling.py [--build DIR] [--top N] PROGRAM [ARGUMENT...]
       profiling.py [--build DIR] [--top N] --bench NAME

The first counts a whole run, from the reset on. The second runs test/bench's loop NAME twice, the second
time with ROUNDS more rounds, and shows the difference per round: what one operation costs, without start,
warm-up and end. QEMU logs the address of every instruction (one a block, -d exec,nochain); the symbol
tables of the kernel and of the program name them (and what init does before, wrongly: a program's addresses
are every program's). "calls" counts the first instruction of each function.
"""
from __future__ import annotations

import argparse
import bisect
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from grade import qemu  # noqa: E402
from grade.outcome import STATUS_PASS  # noqa: E402

KERNEL_BASE = 0xFFFFFFFF80000000
ROUNDS = 500  # more in the second run
FIRST_ROUNDS = 100


class ProfileError(Exception):
    """No profile; one line says why."""


class Symbols:
    """Functions by address, of one ELF file."""

    def __init__(self, elf: Path) -> None:
        nm = os.environ.get("TOOLPREFIX", "") + "nm"
        try:
            told = subprocess.run([nm, str(elf)], capture_output=True, text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError) as error:
            raise ProfileError(f"no symbols from {elf}: {error}") from error
        fields = [line.split() for line in told.splitlines()]
        found = {int(f[0], 16): f[2] for f in fields if len(f) == 3 and f[1] in "tTW"}
        self.starts = sorted(found)
        self.names = [found[start] for start in self.starts]

    def find(self, address: int) -> tuple[str, int]:
        """The function that holds the address, and where it starts."""
        at = bisect.bisect_right(self.starts, address) - 1
        return (self.names[at], self.starts[at]) if at >= 0 else ("?", 0)


def count_lines(log: Iterable[bytes]) -> Counter[int]:
    """How often the instruction at each address was executed, by QEMU's log."""
    counts: Counter[bytes] = Counter()
    for line in log:
        if line.startswith(b"Trace"):  # Trace 0: HOST [CS/PC/FLAGS/CFLAGS] SYMBOL
            counts[line.split(b"/", 2)[1]] += 1
        elif line.startswith(b"Stopped"):  # "... before HOST [PC] SYMBOL": traced, but not run
            counts[line[line.index(b"[") + 1:line.index(b"]")]] -= 1
        elif line.startswith(b"cpu_io"):  # "... rewound execution of TB to PC": comes again
            counts[line.split()[-1]] -= 1
    return Counter({int(address, 16): count for address, count in counts.items()})


def count_addresses(machine: qemu.Machine, append: str, directory: Path) -> Counter[int]:
    """The same of a run, which must end well. The log is read as it comes: it would be gigabytes."""
    command = machine.command(append, "console.log", "results.log")
    command += ["-d", "exec,nochain", "-D", "/dev/stdout"]
    if (qemu.qemu_version(machine.qemu) or qemu.MINIMUM) < (8, 1):
        command.append("-singlestep")
    else:
        command[command.index("tcg")] = "tcg,one-insn-per-tb=on"
    process = qemu.start(command, directory, subprocess.PIPE)
    try:
        assert process.stdout is not None
        counts = count_lines(process.stdout)
        status = process.wait()
    finally:
        qemu.stop(process)
    if status != STATUS_PASS:
        tail = (directory / "console.log").read_text(errors="replace").strip().splitlines()[-4:]
        raise ProfileError("\n".join([f"the run ended with status {status}", *tail]))
    return counts


def by_function(counts: Counter[int], kernel: Symbols, program: Symbols) -> dict[str, tuple[int, int]]:
    """Name -> (instructions, calls)."""
    totals: dict[str, tuple[int, int]] = {}
    for address, count in counts.items():
        name, start = (kernel if address >= KERNEL_BASE else program).find(address)
        if address < KERNEL_BASE:
            name = f"user: {name}" if start else "(firmware, and starting the kernel)"
        instructions, calls = totals.get(name, (0, 0))
        totals[name] = (instructions + count, calls + (count if address == start else 0))
    return totals


def table(totals: dict[str, tuple[int, int]], rounds: int, top: int) -> list[str]:
    """The lines to print, the most expensive function first; per round if there are several."""
    total = sum(instructions for instructions, _ in totals.values())
    digits = 1 if rounds > 1 else 0
    lines = [f"{total / rounds:>14,.{digits}f} instructions{' a round' if rounds > 1 else ''}",
             f"{'instructions':>14}{'share':>8}{'calls':>10}  function"]
    ranking = sorted(totals.items(), key=lambda item: -item[1][0])
    for name, (instructions, calls) in ranking[:top]:
        if instructions >= rounds / 10:
            lines.append(f"{instructions / rounds:>14,.{digits}f}{instructions / total:>8.1%}"
                         f"{calls / rounds:>10,.{digits}f}  {name}")
    return lines


def run(options: argparse.Namespace) -> int:
    build = Path(options.build).resolve()
    machine = qemu.Machine(options.qemu, build / "ponte.elf", build / "initrd.cpio", cpus=1)
    if trouble := machine.trouble():
        raise ProfileError(trouble)
    words = ["test/bench"] if options.bench else options.words
    if not words:
        raise ProfileError('what is to run? RUN="test/port fifo" or BENCH=null_syscall')
    kernel, program = Symbols(machine.kernel), Symbols(build / "programs" / words[0])
    append = "seed=1 budget=600000 input=none -- " + " ".join(words)
    with tempfile.TemporaryDirectory(dir=build, prefix="profile-") as name:
        directory = Path(name)
        if not options.bench:
            counts, rounds = count_addresses(machine, append, directory), 1
        else:
            append += f" {options.bench} "
            few = count_addresses(machine, append + str(FIRST_ROUNDS), directory)
            counts = count_addresses(machine, append + str(FIRST_ROUNDS + ROUNDS), directory)
            counts.subtract(few)
            rounds = ROUNDS
    print("\n".join(table(by_function(counts, kernel, program), rounds, options.top)))
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build", default=os.environ.get("PONTE_BUILD") or str(ROOT / "build"))
    parser.add_argument("--qemu", default=os.environ.get("QEMU") or "qemu-system-x86_64")
    parser.add_argument("--top", type=int, default=40, help="functions to show (40)")
    parser.add_argument("--bench", help="one of test/bench's loops, per round")
    parser.add_argument("words", nargs="*", metavar="PROGRAM", help="what to run")
    try:
        return run(parser.parse_args())
    except (ProfileError, OSError) as error:
        print(f"profile: {error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        return 2


if __name__ == "__main__":
    sys.exit(main())
