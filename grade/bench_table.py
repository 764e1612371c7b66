# SPDX-License-Identifier: MIT
"""What `make bench` measures, what is expected of it, and how it is shown."""
from __future__ import annotations

import re
from dataclasses import dataclass

LINE = re.compile(r"bench (\w+) (\d+) (\w+)")
FIRST_LINE = "boot_time"  # what test/bench writes before it measures anything
THOUSANDTHS = "ps"  # the unit of figures that are small: nanoseconds by the thousand
WIDTH = 44  # of the first column

Found = dict  # name -> instructions, or nanoseconds: an int, or a float with three decimals


@dataclass(frozen=True)
class Figure:
    """A row of the table: `target` in its unit, and what others need under the same conditions."""

    name: str
    title: str
    target: float | None = None
    others: str = ""


COUNTED = [
    Figure("null_syscall", "null system call", 60, "64-bit xv6: 581"),
    Figure("thread_switch", "thread switch"),
    Figure("page_fault", "page fault"),
    Figure("spawn_exit_wait", "process spawn, exit, wait", 80_000),
    Figure("thread_create_join", "thread create, join", 10_000),
    Figure("message_loopback_0", "message loop-back, 0 bytes"),
    Figure("message_loopback_64", "message loop-back, 64 bytes"),
    Figure("message_loopback_4096", "message loop-back, 4096 bytes"),
    Figure("message_loopback_handle", "message loop-back, 64 bytes, a handle"),
    Figure("message_loopback_receive_side", "message loop-back, 64 bytes, a receive side"),
    Figure("port_round_trip_0", "port round trip, 0 bytes"),
    Figure("port_round_trip_64", "port round trip, 64 bytes", 2_000, "L4Re one way: 587"),
    Figure("port_round_trip_4096", "port round trip, 4096 bytes"),
    Figure("port_round_trip_handle", "port round trip, a handle each way", 3_500),
    Figure("port_round_trip_receive_side", "port round trip, a receive side each way"),
    Figure("channel_round_trip_0", "channel round trip, 0 bytes"),
    Figure("channel_round_trip_64", "channel round trip, 64 bytes", 1_800),
    Figure("channel_round_trip_4096", "channel round trip, 4096 bytes"),
    Figure("channel_round_trip_handle", "channel round trip, a handle each way"),
    Figure("channel_call_0", "channel call, 0 bytes", 1_300),
    Figure("channel_call_64", "channel call, 64 bytes"),
    Figure("channel_call_4096", "channel call, 4096 bytes"),
    Figure("channel_call_handle", "channel call, a handle each way"),
    Figure("pipe_round_trip_1", "pipe round trip, 1 byte", 2_000),
    Figure("pipe_bulk_65536", "pipe, per byte of 64 KiB writes", 0.40),
    Figure("pipe_bulk_4096", "pipe, per byte of 4 KiB writes"),
    Figure("pipe_bulk_512", "pipe, per byte of 512-byte writes", 4),
    Figure("shm_cycle_1", "shared memory map, touch, unmap: 1 page"),
    Figure("shm_cycle_256", "shared memory map, touch, unmap: 256 pages"),
    Figure("futex_round_trip_threads", "futex round trip, two threads", 1_500),
    Figure("futex_round_trip_processes", "futex round trip, two processes", 1_700),
    Figure("futex_wake_nobody", "futex wake, nobody there", 150),
    Figure("mutex_uncontended", "mutex lock, unlock", 12),
    Figure("semaphore_uncontended", "semaphore post, wait"),
    Figure("semaphore_round_trip", "semaphore round trip, two threads"),
    Figure("barrier_4", "barrier of 4 threads"),
]
WALL = [
    Figure("qemu_alone", "QEMU alone: start to exit"),
    Figure("first_user", "start to first user instruction", 0.20, "64-bit xv6: 0.23 s; Linux: 3.8 s"),
    Figure("power_off", "start to power-off, one program run"),
]
PAIRS = {"port": "port round trip, 0 bytes", "pipe": "pipe round trip, 1 byte",
         "futex": "futex round trip, two processes"}

# Ponte's figure -> (Linux's, by what means): all that come near it.
LINUX = {
    "null_syscall": [("null_syscall", "getppid")],
    "thread_switch": [("thread_switch", "sched_yield")],
    "page_fault": [("page_fault", "mmap")],
    "spawn_exit_wait": [("spawn_exit_wait", "vfork, exec of a program without libc, wait")],
    "thread_create_join": [("thread_create_join", "pthread")],
    "message_loopback_64": [("sysv_loopback_64", "System V queue to oneself")],
    "port_round_trip_0": [("sysv_round_trip_0", "System V queues"), ("mq_round_trip_0", "POSIX queues")],
    "port_round_trip_64": [("sysv_round_trip_64", "System V queues"), ("mq_round_trip_64", "POSIX queues")],
    "port_round_trip_4096": [("sysv_round_trip_4096", "System V queues"),
                             ("mq_round_trip_4096", "POSIX queues")],
    "port_round_trip_handle": [("scm_rights_round_trip_handle", "socket pair, SCM_RIGHTS, close")],
    "channel_round_trip_0": [("seqpacket_round_trip_0", "seqpacket socket pair")],
    "channel_round_trip_64": [("seqpacket_round_trip_64", "seqpacket socket pair")],
    "channel_round_trip_4096": [("seqpacket_round_trip_4096", "seqpacket socket pair")],
    "channel_round_trip_handle": [("scm_rights_round_trip_handle", "socket pair, SCM_RIGHTS, close")],
    "channel_call_0": [("seqpacket_round_trip_0", "seqpacket socket pair")],
    "channel_call_64": [("seqpacket_round_trip_64", "seqpacket socket pair")],
    "channel_call_4096": [("seqpacket_round_trip_4096", "seqpacket socket pair")],
    "channel_call_handle": [("scm_rights_round_trip_handle", "socket pair, SCM_RIGHTS, close")],
    "pipe_round_trip_1": [("pipe_round_trip_1", "pipes")],
    "pipe_bulk_65536": [("pipe_bulk_65536", "pipe")],
    "pipe_bulk_4096": [("pipe_bulk_4096", "pipe")],
    "pipe_bulk_512": [("pipe_bulk_512", "pipe")],
    "shm_cycle_1": [("shm_cycle_1", "memfd"), ("shm_cycle_1_populate", "memfd, MAP_POPULATE")],
    "shm_cycle_256": [("shm_cycle_256", "memfd"), ("shm_cycle_256_populate", "memfd, MAP_POPULATE")],
    "futex_round_trip_threads": [("futex_round_trip_threads", "private futex")],
    "futex_round_trip_processes": [("futex_round_trip_processes", "shared futex")],
    "futex_wake_nobody": [("futex_wake_nobody", "private futex")],
    "mutex_uncontended": [("mutex_uncontended", "pthread"), ("mutex_inline", "hand-written, inline")],
    "semaphore_uncontended": [("semaphore_uncontended", "sem_post, sem_wait")],
    "semaphore_round_trip": [("semaphore_round_trip", "sem_post, sem_wait")],
    "barrier_4": [("barrier_4", "pthread")],
}


def parse(text: str) -> Found:
    """name -> value of the lines `bench NAME VALUE UNIT`; other lines are not looked at."""
    found = (LINE.fullmatch(line.strip()) for line in text.splitlines())
    return {match[1]: int(match[2]) / 1000 if match[3] == THOUSANDTHS else int(match[2])
            for match in found if match}


def number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"


def row(title: str, value: str, target: str = "", met: bool | None = None, others: str = "") -> str:
    mark = {None: "", True: "ok", False: "above"}[met]
    return f"  {title:<{WIDTH}}{value:>10}{target:>10}  {mark:<6}{others}".rstrip()


def table(found: Found, seconds: dict[str, float]) -> list[str]:
    """The lines to print of what was counted, and of wall times."""
    known = {figure.name for figure in COUNTED} | {FIRST_LINE}
    rows = COUNTED + [Figure(name, name) for name in found if name not in known]
    lines = ["Instructions (-icount shift=0, 1 CPU: the same on every host)",
             row("", "counted", "at most", None, "for comparison")]
    for figure in rows:
        value, target = found.get(figure.name), figure.target
        if value is None:
            lines.append(row(figure.title, "-"))
        else:
            lines.append(row(figure.title, number(value), f"{target:,}" if target else "",
                             value <= target if target else None, figure.others))
    if seconds:
        lines += ["", "Wall time (plain TCG, median; good on an idle machine only)"]
        for figure in WALL:
            value, limit = seconds[figure.name], figure.target
            lines.append(row(figure.title, f"{value:.3f} s", f"{limit:.2f} s" if limit else "",
                             value <= limit if limit else None, figure.others))
    return lines


def beside(ponte: Found, linux: Found, system: str, options: str) -> list[str]:
    """The lines that compare: each of Linux's ways, and how many times as much it takes."""
    lines = [f"Beside {system}: instructions, both counted just now",
             f"  Linux's best case: -cpu qemu64 (`max` makes it copy by rep movsb) and {options}",
             f"  {'':<{WIDTH}}{'Ponte':>10}{'Linux':>10}{'ratio':>7}  Linux's way"]
    for figure in COUNTED:
        title, mine = figure.title, ponte.get(figure.name)
        for name, means in LINUX.get(figure.name, []):
            theirs = linux.get(name)
            ratio = f"{theirs / mine:.1f}" if mine and theirs else ""
            shown = [number(value) if value is not None else "-" for value in (mine, theirs)]
            lines.append(f"  {title:<{WIDTH}}{shown[0] if title else '':>10}{shown[1]:>10}{ratio:>7}  {means}")
            title = ""
    return lines


def side_by_side(one: Found, many: Found, cpus: int) -> list[str]:
    """The lines that show the loops on one CPU and on several."""
    lines = ["Nanoseconds of guest time (plain TCG: the host's clock, so noisy)", row("", "1 CPU", f"{cpus} CPUs")]
    for figure in COUNTED:
        shown = [number(found[figure.name]) if figure.name in found else "-" for found in (one, many)]
        lines.append(row(figure.title, *shown))
    return lines


def together(times: tuple[float, float, float], pairs: int) -> float:
    """What `pairs` pairs on as many CPUs do, one pair on one CPU being 1."""
    return pairs * times[0] / times[2]


def pairs_table(times: dict[str, tuple[float, float, float]], cpus: int, processors: int) -> list[str]:
    """The lines on independent pairs.

    times  kind -> ns a round: of one pair on 1 CPU, of one on `cpus`, of `cpus` pairs on `cpus`
    """
    lines = [f"Pairs of processes that have nothing to do with each other: ns a round, median; the host has"
             f" {processors} processor{'s' * (processors != 1)}",
             f"  {'CPUs':<{WIDTH}}{1:>10}{cpus:>10}{cpus:>10}", f"  {'pairs':<{WIDTH}}{1:>10}{1:>10}{cpus:>10}"]
    for kind, title in PAIRS.items():
        shown = "".join(f"{value:>10,.0f}" for value in times[kind])
        lines.append(f"  {title:<{WIDTH}}{shown}   together {together(times[kind], cpus):.2f} times one pair on 1 CPU")
    return lines
