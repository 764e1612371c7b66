# SPDX-License-Identifier: MIT
"""Linux, to measure it beside Ponte: Debian's own packaged kernel, in the same QEMU, with the same loops.

The kernel is the one that linux-image-cloud-amd64 depends on, fetched by apt, which checks its signatures. Nothing is
installed: the image is taken out of the package and kept in the build directory. /init is grade/peer/.
"""
from __future__ import annotations

import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from grade import qemu
from grade.bench_table import Found, parse
from grade.outcome import STATUS_PASS, Ending, ended

METAPACKAGE = "linux-image-cloud-amd64"
LIMIT = 600.0  # wall-clock seconds; six are enough on an idle machine
# Linux's best case: none of the protections that a bare kernel does not have either.
OPTIONS = "mitigations=off init_on_alloc=0 randomize_kstack_offset=off audit=0 lsm=capability"
# For the same figures every time, and an end where a panic would wait.
APPEND = f"console=ttyS0 nokaslr panic=-1 {OPTIONS}"


class PeerError(Exception):
    """Linux could not be measured; the first line says why."""


def output(*command: str, cwd: Path | None = None) -> str:
    """What a command prints; PeerError with its last words if it fails."""
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL)
    except OSError as error:
        raise PeerError(f"PEER=linux: no {command[0]} here ({error.strerror}): it needs Debian's "
                        "package tools") from error
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.startswith("E:")] or ["E: no word why"]
        raise PeerError(f"PEER=linux: `{' '.join(command[:2])}` failed: {said[-1][2:].strip()}")
    return done.stdout


def package() -> str:
    """The kernel package of the day: linux-image-6.1.0-NN-cloud-amd64."""
    told = output("apt-cache", "depends", METAPACKAGE)
    found = re.search(r"Depends: (linux-image-\d\S*-cloud-amd64)$", told, re.MULTILINE)
    if found is None:
        raise PeerError(f"PEER=linux: apt knows no {METAPACKAGE}: it needs Debian's package lists (`apt-get update`)")
    return found[1]


def unpack(deb: Path, image: Path) -> None:
    """Takes the kernel's image out of the package."""
    with tempfile.TemporaryFile() as archive:
        try:
            subprocess.run(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=archive, check=True)
            archive.seek(0)
            with tarfile.open(fileobj=archive) as files:
                member = next(name for name in files.getnames() if "/boot/vmlinuz-" in name)
                content = files.extractfile(member)
                assert content is not None
                with open(image.with_suffix(".new"), "wb") as file:
                    shutil.copyfileobj(content, file)
        except (OSError, subprocess.CalledProcessError, tarfile.TarError, StopIteration) as error:
            raise PeerError(f"PEER=linux: {deb.name} holds no kernel") from error
    image.with_suffix(".new").rename(image)


def kernel(directory: Path) -> Path:
    """The image; downloaded if it is not there yet."""
    there = sorted(directory.glob("linux-image-*.vmlinuz"))
    if there:
        return there[-1]
    name = package()
    directory.mkdir(parents=True, exist_ok=True)
    image = directory / f"{name}.vmlinuz"
    with tempfile.TemporaryDirectory(dir=directory, prefix="download-") as place:
        output("apt-get", "download", "-q", name, cwd=Path(place))
        unpack(next(Path(place).glob("*.deb")), image)
    return image


def command(emulator: str, image: Path, initrd: Path, memory: str) -> list[str]:
    """QEMU's command line: Ponte's, but for the CPU model and a clock that starts at the same moment each time."""
    machine = qemu.Machine(emulator, image, initrd, cpus=1, memory=memory)
    line = machine.command(APPEND, "console.log", "results.log")
    line[line.index("-cpu") + 1] = "qemu64"
    return [*line, "-rtc", "base=2024-01-01,clock=vm"]


def reason(ending: Ending) -> str:
    """Why a run of Linux did not end well."""
    if ending.status == 0:
        return "it panicked, or reset the machine"
    if ending.status == 35:
        return "a call of the benchmark failed"
    if ending.watchdog is not None:
        return f"no end in {ending.watchdog:.0f} s"
    return ended(ending).reason


def read(log: Path) -> str:
    return log.read_text(errors="replace") if log.is_file() else ""


def prepare(build: Path) -> tuple[Path, Path]:
    """The kernel and what it runs, before anything is measured in vain."""
    initrd = build / "peer" / "initrd.cpio"
    if not initrd.is_file():
        raise PeerError(f"{initrd} is missing: run `make bench PEER=linux`")
    return kernel(build / "peer"), initrd


def measure(emulator: str, image: Path, initrd: Path, directory: Path, memory: str = "128M") -> tuple[str, Found]:
    """Runs Linux in `directory`: what it calls itself, and its figures."""
    ending = qemu.execute(command(emulator, image, initrd, memory), directory, LIMIT)
    if ending.status != STATUS_PASS:
        console = read(directory / "console.log").strip()
        said = console[console.rfind("Kernel panic"):] if "Kernel panic" in console else console
        raise PeerError("\n".join([f"PEER=linux: {reason(ending)}; its console ends with:",
                                   *said.splitlines()[-12:]]))
    results = read(directory / "results.log")
    system = re.search(r"^system (.+)$", results, re.MULTILINE)
    return (system[1].strip() if system else image.stem), parse(results)
