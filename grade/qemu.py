# SPDX-License-Identifier: MIT
"""One QEMU process: its command line, its end, and that it never outlives us.

QEMU gets a process group of its own, so that Ctrl-C reaches only the grader, which then kills
it; should the grader itself be killed, the Linux kernel kills QEMU (PR_SET_PDEATHSIG).
"""
from __future__ import annotations

import ctypes
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from grade.outcome import Ending

MINIMUM = (7, 0)
MAX_FILE = 64 << 20  # bytes that a run may write to one file
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Machine:
    """What to start: `memory` as QEMU takes it ("128M"), `exact` counts instructions."""

    qemu: str
    kernel: Path
    initrd: Path
    cpus: int = 2
    memory: str = "128M"
    exact: bool = True

    def command(self, append: str, console: str, results: str) -> list[str]:
        """The command line; `console` and `results` are files, `append` the kernel's arguments."""
        counting = ["-icount", "shift=0,sleep=off"] if self.exact else []
        return [
            self.qemu, "-machine", "q35", "-bios", "qboot.rom", "-nodefaults", "-display", "none",
            "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-cpu", "max",
            "-accel", "tcg", *counting, "-m", self.memory, "-smp", str(self.cpus),
            "-serial", f"file:{console}", "-serial", f"file:{results}",
            "-kernel", str(self.kernel), "-initrd", str(self.initrd), "-append", append,
        ]

    def trouble(self) -> str | None:
        """Why nothing can be run, in one line, or None."""
        for path in (self.kernel, self.initrd):
            if not path.is_file():
                return f"{path} is missing: run `make` first"
        if shutil.which(self.qemu) is None:
            return f"{self.qemu} is not installed: run `make setup`"
        version = qemu_version(self.qemu)
        if version is None:
            return f"{self.qemu} does not start (try `{self.qemu} --version`)"
        if version < MINIMUM:
            return (f"{self.qemu} {version[0]}.{version[1]} is too old: "
                    f"{MINIMUM[0]}.{MINIMUM[1]} or newer is needed")
        return None


def qemu_version(qemu: str) -> tuple[int, int] | None:
    """(major, minor), or None if it does not start."""
    try:
        told = subprocess.run([qemu, "--version"], capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL, check=True).stdout
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    found = re.search(r"version (\d+)\.(\d+)", told)
    return (int(found[1]), int(found[2])) if found else None


def die_with_parent() -> Callable[[], None]:
    """A function after whose call this process is killed as soon as its parent ends (Linux only)."""
    if not sys.platform.startswith("linux"):
        return lambda: None
    prctl = ctypes.CDLL(None).prctl  # looked up here: a child between fork and exec should not
    return lambda: prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _bind_to_parent() -> Callable[[], None]:
    """What the child does before it becomes QEMU: dies with us, writes no endless files."""
    parent, bind = os.getpid(), die_with_parent()

    def in_child() -> None:
        bind()
        if os.getppid() != parent:
            os._exit(127)  # too late: we are gone already
        resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_FILE, MAX_FILE))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    return in_child


def start(command: list[str], directory: Path, stdout: int) -> subprocess.Popen[bytes]:
    """Starts QEMU in `directory`; what it complains of goes to the file qemu.stderr there."""
    with open(directory / "qemu.stderr", "wb") as complaints:
        return subprocess.Popen(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=stdout,
                                stderr=complaints, start_new_session=True,
                                preexec_fn=_bind_to_parent())


def stop(process: subprocess.Popen[bytes]) -> None:
    """Kills the process and its group, if it still runs."""
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it went by itself meanwhile
        process.wait()


def _starved(pid: int, seconds: float) -> bool:
    """Whether QEMU's threads spent half of `seconds` waiting for a processor (Linux tells)."""
    waited = 0
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            waited = max(waited, int((task / "schedstat").read_text().split()[1]))
    except (OSError, IndexError, ValueError):
        return False
    return waited / 1e9 > seconds / 2


def execute(command: list[str], directory: Path, limit: float) -> Ending:
    """Runs QEMU in `directory` for at most `limit` seconds of wall-clock time."""
    try:
        process = start(command, directory, subprocess.DEVNULL)
    except OSError as error:
        return Ending(problem=f"cannot start {command[0]}: {error.strerror}")
    starved, late = False, None
    try:
        process.wait(timeout=limit)
    except subprocess.TimeoutExpired:
        late, starved = limit, _starved(process.pid, limit)
    finally:
        stop(process)
    stderr = (directory / "qemu.stderr").read_text(errors="replace")
    if late is not None:
        return Ending(watchdog=late, starved=starved, stderr=stderr)
    if process.returncode < 0:
        return Ending(signal=-process.returncode, stderr=stderr)
    return Ending(status=process.returncode, stderr=stderr)
