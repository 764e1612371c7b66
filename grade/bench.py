#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What Ponte's operations cost: instructions, counted, and the wall time of a start.

usage: bench.py [--build DIR] [--qemu QEMU] [--runs N] [--no-wall]

Instructions come from test/bench under -icount shift=0, where a nanosecond of guest time is one
instruction: the same figures on any host. Wall times are medians of N starts under plain TCG and
mean something on an idle machine only. Writes bench.json to the build directory. Never fails for a
slow figure.
"""
from __future__ import annotations

import argparse
import json
import os
import re
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from grade import qemu  # noqa: E402
from grade.outcome import STATUS_PASS, ended  # noqa: E402

LIMIT = 300.0  # wall-clock seconds for one run
LINE = re.compile(r"bench (\w+) (\d+) (\w+)")
FIRST_LINE = "boot_time"  # what test/bench writes before it measures anything


@dataclass(frozen=True)
class Figure:
    """A row of the table: `target` in its unit, and what others need under the same conditions."""

    name: str
    title: str
    target: float | None = None
    others: str = ""


COUNTED = [
    Figure("null_syscall", "null system call", 60, "Linux 6.1: 322; 64-bit xv6: 581"),
    Figure("thread_switch", "thread switch", None, "Linux: 4,424 for two, by yield"),
    Figure("page_fault", "page fault"),
    Figure("spawn_exit_wait", "process spawn, exit, wait", 80_000,
           "Linux vfork+exec: 218,000"),
    Figure("thread_create_join", "thread create, join", 10_000, "Linux: 51,400"),
    Figure("message_loopback_0", "message loop-back, 0 bytes"),
    Figure("message_loopback_64", "message loop-back, 64 bytes", None,
           "Linux SysV queue to oneself: 2,377"),
    Figure("message_loopback_4096", "message loop-back, 4096 bytes"),
    Figure("message_loopback_handle", "message loop-back, 64 bytes, a handle"),
    Figure("message_loopback_receive_side", "message loop-back, 64 bytes, a receive side"),
    Figure("port_round_trip_0", "port round trip, 0 bytes"),
    Figure("port_round_trip_64", "port round trip, 64 bytes", 2_000,
           "Linux SysV: 10,290; POSIX mq: 10,380; L4Re one way: 587"),
    Figure("port_round_trip_4096", "port round trip, 4096 bytes"),
    Figure("port_round_trip_handle", "port round trip, a handle each way", 3_500,
           "Linux SCM_RIGHTS: 22,720"),
    Figure("port_round_trip_receive_side", "port round trip, a receive side each way"),
]
WALL = [
    Figure("qemu_alone", "QEMU alone: start to exit"),
    Figure("first_user", "start to first user instruction", 0.20, "64-bit xv6: 0.23 s; Linux: 3.8 s"),
    Figure("power_off", "start to power-off, one program run"),
]


class BenchError(Exception):
    """Nothing could be measured; one line says why."""


def parse(text: str) -> dict[str, tuple[int, str]]:
    """name -> (value, unit) of the lines `bench NAME VALUE UNIT`; other lines are not looked at."""
    found = (LINE.fullmatch(line.strip()) for line in text.splitlines())
    return {match[1]: (int(match[2]), match[3]) for match in found if match}


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


def counted(machine: qemu.Machine, directory: Path) -> dict[str, tuple[int, str]]:
    """Runs test/bench with counted instructions."""
    command = machine.command("seed=1 budget=600000 input=none -- test/bench", "console.log",
                              "results.log")
    ending = qemu.execute(command, directory, LIMIT)
    found = parse((directory / "results.log").read_text(errors="replace"))
    if ending.status != STATUS_PASS:
        tail = (directory / "console.log").read_text(errors="replace").strip().splitlines()[-8:]
        raise BenchError("\n".join([f"test/bench: {ended(ending).reason}", *tail]))
    return found


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


def row(figure: Figure, value: str, target: str, met: bool | None) -> str:
    mark = {None: "", True: "ok", False: "above"}[met]
    return f"  {figure.title:<38}{value:>10}{target:>10}  {mark:<6}{figure.others}".rstrip()


def table(found: dict[str, tuple[int, str]], seconds: dict[str, float]) -> list[str]:
    """The lines to print."""
    known = {figure.name for figure in COUNTED} | {FIRST_LINE}
    rows = COUNTED + [Figure(name, name) for name in found if name not in known]
    lines = ["Instructions (-icount shift=0, 1 CPU: the same on every host)",
             f"  {'':<38}{'counted':>10}{'at most':>10}  {'':<6}for comparison"]
    for figure in rows:
        if figure.name not in found:
            lines.append(row(figure, "-", "", None))
            continue
        value = found[figure.name][0]
        target = figure.target
        lines.append(row(figure, f"{value:,}", f"{target:,}" if target else "",
                         value <= target if target else None))
    if seconds:
        lines += ["", "Wall time (plain TCG, median; good on an idle machine only)"]
        for figure in WALL:
            value, limit = seconds[figure.name], figure.target
            lines.append(row(figure, f"{value:.3f} s", f"{limit:.2f} s" if limit else "",
                             value <= limit if limit else None))
    return lines


def document(found: dict[str, tuple[int, str]], seconds: dict[str, float]) -> dict[str, object]:
    """bench.json."""
    targets = {figure.name: figure.target for figure in COUNTED + WALL if figure.target}
    return {
        "instructions": {name: value for name, (value, _) in found.items() if name != FIRST_LINE},
        "seconds": {name: round(value, 4) for name, value in seconds.items()},
        "at_most": targets,
    }


def run(options: argparse.Namespace) -> int:
    build = Path(options.build).resolve()
    machine = qemu.Machine(options.qemu, build / "ponte.elf", build / "initrd.cpio", cpus=1)
    if trouble := machine.trouble():
        raise BenchError(trouble)
    with tempfile.TemporaryDirectory(dir=build, prefix="bench-") as name:
        directory = Path(name)
        found = counted(machine, directory)
        plain = qemu.Machine(machine.qemu, machine.kernel, machine.initrd, 1, exact=False)
        seconds = {} if options.no_wall else wall(plain, directory, options.runs)
        (directory / "bench.json").write_text(json.dumps(document(found, seconds), indent=2) + "\n")
        os.replace(directory / "bench.json", build / "bench.json")
    print("\n".join(table(found, seconds)))
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build", default=os.environ.get("PONTE_BUILD") or str(ROOT / "build"))
    parser.add_argument("--qemu", default=os.environ.get("QEMU") or "qemu-system-x86_64")
    parser.add_argument("--runs", type=int, default=9, help="starts to take the median of (9)")
    parser.add_argument("--no-wall", action="store_true", help="count instructions only")
    try:
        return run(parser.parse_args())
    except (BenchError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        return 2


if __name__ == "__main__":
    sys.exit(main())
