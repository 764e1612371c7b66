#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What Ponte's operations cost: instructions, counted, and the wall time of a start.

usage: bench.py [--build DIR] [--qemu QEMU] [--runs N] [--no-wall] [--peer linux] [--cpus N]

Instructions come from test/bench under -icount shift=0, where a nanosecond of guest time is one instruction: the same
figures on any host. Wall times are medians of N starts under plain TCG and mean something on an idle machine only.
--peer linux runs Linux with the same loops too (grade/bench_peer.py). --cpus 2 counts nothing: it shows what real
parallelism does to the same loops, and to several pairs of processes at once. Writes bench.json (with --cpus 2,
bench-2cpus.json) to the build directory. Never fails for a slow figure.
"""
from __future__ import annotations

import argparse
import json
import os
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from grade import bench_peer, qemu  # noqa: E402
from grade.bench_table import (  # noqa: E402
    COUNTED, FIRST_LINE, PAIRS, WALL, Found, beside, pairs_table, parse, side_by_side, table, together)
from grade.outcome import STATUS_PASS, ended  # noqa: E402

LIMIT = 300.0  # wall-clock seconds for one run
MAX_CPUS = 8  # pairs that test/bench can run at once
PAIR_RUNS = 3  # to take the median of


class BenchError(Exception):
    """Nothing could be measured; one line says why."""


def empty_image() -> bytes:
    """A PVH image that ends at once through isa-debug-exit: what QEMU itself costs."""
    base, headers = 0x100000, 64 + 2 * 56
    note = struct.pack("<III4sI", 4, 4, 18, b"Xen\0", 0)  # XEN_ELFNOTE_PHYS32_ENTRY
    entry = base + headers + len(note)
    note = note[:-4] + struct.pack("<I", entry)
    code = bytes([0xB0, 0x10, 0xE6, 0xF4, 0xF4, 0xEB, 0xFD])  # mov al, 10h; out f4h, al; 1: hlt; jmp 1b
    size = headers + len(note) + len(code)
    header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 2, 62, 1, entry, 64, 0, 0, 64, 56, 2,
                         0, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 7, 0, base, base, size, size, 4096)
    notes = struct.pack("<IIQQQQQQ", 4, 4, headers, base + headers, base + headers, len(note),
                        len(note), 4)
    return header + load + notes + note + code


def measured(machine: qemu.Machine, directory: Path, arguments: str = "") -> Found:
    """Runs test/bench: its figures."""
    command = machine.command(f"seed=1 budget=600000 input=none -- test/bench {arguments}".rstrip(),
                              "console.log", "results.log")
    ending = qemu.execute(command, directory, LIMIT)
    if ending.status != STATUS_PASS:
        tail = (directory / "console.log").read_text(errors="replace").strip().splitlines()[-8:]
        raise BenchError("\n".join([f"test/bench: {ended(ending).reason}", *tail]))
    return parse((directory / "results.log").read_text(errors="replace"))


def until_first_line(machine: qemu.Machine, directory: Path) -> float:
    """Seconds from starting QEMU until the first program writes its first line."""
    command = machine.command("seed=1 budget=600000 input=none -- test/bench", "console.log",
                              "/dev/stdout")
    begin = time.monotonic()
    process = qemu.start(command, directory, subprocess.PIPE)
    try:
        if not process.stdout or not select.select([process.stdout], [], [], LIMIT)[0]:
            raise BenchError("no program ever said anything")
        seconds = time.monotonic() - begin
        if not os.read(process.stdout.fileno(), 1):
            raise BenchError("the machine ended before a program said anything")
        return seconds
    finally:
        qemu.stop(process)
        if process.stdout:
            process.stdout.close()


def until_end(command: list[str], directory: Path) -> float:
    """Seconds from starting QEMU until it has ended well."""
    begin = time.monotonic()
    ending = qemu.execute(command, directory, LIMIT)
    if ending.status != STATUS_PASS:
        raise BenchError(f"a start: {ended(ending).reason}")
    return time.monotonic() - begin


def wall(machine: qemu.Machine, directory: Path, runs: int) -> dict[str, float]:
    """Medians of the three wall times, in seconds, taken in turns."""
    image = directory / "empty.elf"
    image.write_bytes(empty_image())
    alone = qemu.Machine(machine.qemu, image, machine.initrd, 1, machine.memory, exact=False)
    empty = alone.command("", "console.log", "results.log")
    at = empty.index("-initrd")
    del empty[at:at + 2]
    short = machine.command("seed=1 input=none -- bin/true", "console.log", "results.log")
    times: dict[str, list[float]] = {figure.name: [] for figure in WALL}
    for _ in range(runs):
        times["qemu_alone"].append(until_end(empty, directory))
        times["first_user"].append(until_first_line(machine, directory))
        times["power_off"].append(until_end(short, directory))
    return {name: statistics.median(values) for name, values in times.items()}


def document(found: Found, seconds: dict[str, float]) -> dict[str, object]:
    """bench.json."""
    targets = {figure.name: figure.target for figure in COUNTED + WALL if figure.target}
    return {
        "instructions": {name: value for name, value in found.items() if name != FIRST_LINE},
        "seconds": {name: round(value, 4) for name, value in seconds.items()},
        "at_most": targets,
    }


def write(path: Path, content: dict[str, object]) -> None:
    """All of it or nothing."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps(content, indent=2) + "\n")
    os.replace(new, path)


def count(machine: qemu.Machine, directory: Path, options: argparse.Namespace) -> list[str]:
    """Counts instructions, also Linux's if asked, and measures starts; the lines to print."""
    peer = bench_peer.prepare(Path(options.build).resolve()) if options.peer else None
    found = measured(machine, directory)
    plain = qemu.Machine(machine.qemu, machine.kernel, machine.initrd, 1, exact=False)
    seconds = {} if options.no_wall else wall(plain, directory, options.runs)
    content, lines = document(found, seconds), table(found, seconds)
    if peer:
        (directory / "linux").mkdir()
        system, theirs = bench_peer.measure(machine.qemu, *peer, directory / "linux")
        content["linux"] = {"system": system, "options": bench_peer.OPTIONS, "instructions": theirs}
        lines += ["", *beside(found, theirs, system, bench_peer.OPTIONS)]
    write(Path(options.build) / "bench.json", content)
    return lines


def run_parallel(machine: qemu.Machine, directory: Path, options: argparse.Namespace) -> list[str]:
    """Runs the same on one CPU and on several, with real parallelism; the lines to print."""
    cpus = options.cpus
    single, several = (qemu.Machine(machine.qemu, machine.kernel, machine.initrd, n, exact=False) for n in (1, cpus))

    def pairs(where: qemu.Machine, kind: str, number: int) -> float:
        """In fresh machines, for a used one has its memory in other places, which to QEMU makes a difference."""
        runs = [measured(where, directory, f"pairs {kind} {number}") for _ in range(PAIR_RUNS)]
        if not all(found.get("pairs") for found in runs):
            raise BenchError("test/bench: no figure for pairs")
        return statistics.median(found["pairs"] for found in runs)

    one, many = measured(single, directory), measured(several, directory)
    times = {kind: (pairs(single, kind, 1), pairs(several, kind, 1), pairs(several, kind, cpus)) for kind in PAIRS}
    write(Path(options.build) / f"bench-{cpus}cpus.json", {
        "nanoseconds": {name: value for name, value in many.items() if name != FIRST_LINE},
        "pairs": {kind: dict(zip(("one_on_one", "one_on_all", "all_on_all"), found)) for kind, found in times.items()},
        "pairs_together": {kind: round(together(found, cpus), 2) for kind, found in times.items()},
    })
    return [*side_by_side(one, many, cpus), "", *pairs_table(times, cpus, os.cpu_count() or 1)]


def run(options: argparse.Namespace) -> int:
    if not 1 <= options.cpus <= MAX_CPUS:
        raise BenchError(f"CPUS={options.cpus}: 1 to {MAX_CPUS}")
    if options.peer and options.cpus > 1:
        raise BenchError("PEER=linux counts instructions, which takes CPUS=1")
    build = Path(options.build).resolve()
    machine = qemu.Machine(options.qemu, build / "ponte.elf", build / "initrd.cpio", cpus=1)
    if trouble := machine.trouble():
        raise BenchError(trouble)
    with tempfile.TemporaryDirectory(dir=build, prefix="bench-") as name:
        lines = (run_parallel if options.cpus > 1 else count)(machine, Path(name), options)
    print("\n".join(lines))
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build", default=os.environ.get("PONTE_BUILD") or str(ROOT / "build"))
    parser.add_argument("--qemu", default=os.environ.get("QEMU") or "qemu-system-x86_64")
    parser.add_argument("--runs", type=int, default=9, help="starts to take the median of (9)")
    parser.add_argument("--no-wall", action="store_true", help="no starts, only test/bench")
    parser.add_argument("--peer", choices=["linux"], help="what to measure beside Ponte")
    parser.add_argument("--cpus", type=int, default=1, help="with 2 or more: parallelism instead of counts")
    try:
        return run(parser.parse_args())
    except (BenchError, bench_peer.PeerError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        return 2


if __name__ == "__main__":
    sys.exit(main())
