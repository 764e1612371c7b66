#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Looks at the tools on this machine: one clear line for each.

Exit status 1 if something needed is missing or too old. Newer than tested is only said. Works with
Python 3.8 and no packages, since what it looks for may not be there.
"""
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import List, NamedTuple, Optional, Tuple

GRADE = Path(__file__).resolve().parent
SETUP = "run `make setup`"
Version = Tuple[int, ...]


class Line(NamedTuple):
    """What is said about one tool. `word`: ok, newer, optional, OLD, MISSING; the last two are trouble."""

    word: str
    name: str
    text: str


def output(*command: str) -> Optional[str]:
    """What a command prints, or None if it does not work."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
                              stdin=subprocess.DEVNULL, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="replace")


def version_in(text: str) -> Optional[Version]:
    """The last of the dotted numbers of the first line: (12, 2, 0)."""
    found = re.findall(r"\d+(?:\.\d+)+", text.split("\n")[0])
    return tuple(int(part) for part in found[-1].split(".")) if found else None


def show(version: Version) -> str:
    return ".".join(map(str, version))


def judge(name: str, version: Optional[Version], least: Version, tested: Optional[Version] = None,
          needed: bool = True) -> Line:
    """A line from the versions: at least `least`, tested up to `tested`."""
    if version is None:
        return Line("MISSING" if needed else "optional", name, "not installed: " + SETUP)
    if version < least:
        text = f"{show(version)} is too old, {show(least)} or newer is needed: {SETUP}"
        return Line("OLD" if needed else "optional", name, text)
    if tested and version[:len(tested)] > tested:
        return Line("newer", name, f"{show(version)} is newer than tested ({show(tested)}); it should work")
    return Line("ok", name, show(version))


def tool(name: str, least: Version, tested: Optional[Version] = None, needed: bool = True,
         command: Optional[str] = None) -> Line:
    """A program that prints its version for --version."""
    text = output(command or name, "--version")
    return judge(name, version_in(text) if text else None, least, tested, needed)


def gcc_version(text: str) -> Optional[Version]:
    """The number after the last bracket: "gcc (Debian 12.2.0-14) 12.2.0"."""
    return version_in(re.sub(r"\([^)]*\)", "", text.split("\n")[0]))


def compiler(prefix: str) -> Line:
    """$CC, else gcc, else clang."""
    wanted = os.environ.get("CC", "").split()
    for command in [wanted[0]] if wanted else [prefix + "gcc", "clang"]:
        text = output(command, "--version")
        if text is None:
            continue
        if "clang" in text:
            return judge(command, gcc_version(text), (14,), (19,))
        return judge(command, gcc_version(text), (12,), (14,))
    return Line("MISSING", wanted[0] if wanted else prefix + "gcc", "no compiler: " + SETUP)


def firmware(qemu: str) -> Line:
    """qboot.rom, in one of the directories where QEMU looks."""
    for directory in (output(qemu, "-L", "help") or "").split("\n"):
        if directory and (Path(directory) / "qboot.rom").is_file():
            return Line("ok", "qboot.rom", directory)
    return Line("MISSING", "qboot.rom",
                "not where QEMU looks; Debian's is in qemu-system-data: " + SETUP)


def python() -> List[Line]:
    """The Python that grades, and its packages."""
    told = output("sh", str(GRADE / "python.sh"))
    if told is None or not told.strip():
        return [Line("MISSING", "python", "no Python with pytest (PYTHON, python3 in PATH,"
                                          " /usr/bin/python3): " + SETUP)]
    path = told.strip().split("\n")[-1]
    question = ("import importlib.util as u, json, sys, pytest; print(json.dumps([sys.version_info[:3],"
                " pytest.__version__, [u.find_spec(m) is not None for m in"
                " ('xdist', 'pexpect', 'tomllib', 'tomli')]]))")
    told = output(path, "-c", question)
    if told is None:
        return [Line("MISSING", "python", path + " does not start")]
    number, pytest_version, (xdist, pexpect, tomllib, tomli) = json.loads(told)
    first = judge("python", tuple(number), (3, 9), (3, 13))
    lines = [first._replace(text=f"{first.text} ({path})"),
             judge("pytest", version_in(pytest_version), (7, 0), (8,))]
    lines.append(Line("ok", "pytest-xdist", "tests run in parallel") if xdist else
                 Line("optional", "pytest-xdist", "not there: one test at a time; " + SETUP))
    lines.append(Line("ok", "pexpect", "what pages say can be tried") if pexpect else
                 Line("optional", "pexpect", "not there: only make handouts needs it; " + SETUP))
    if not tomllib and not tomli:
        lines.append(Line("MISSING", "tomli", "needed before Python 3.11: " + SETUP))
    return lines


def book() -> Line:
    """mkdocs, which makes the book; hooks came with 1.4."""
    text = output("mkdocs", "--version")
    found = re.search(r"\d+(?:\.\d+)+", text or "")
    line = judge("mkdocs", version_in(found[0]) if found else None, (1, 4), (1, 6), needed=False)
    return line if line.word != "optional" else line._replace(text=f"make docs needs it; {line.text}")


def c_library(prefix: str) -> Line:
    """The static C library for `make bench PEER=linux`. A compiler says where it is, or its bare name if nowhere."""
    path = output(os.environ.get("CC") or prefix + "gcc", "-print-file-name=libc.a")
    if path is None or "/" not in path:
        return Line("optional", "libc.a", "not there: only make bench PEER=linux needs it; " + SETUP)
    return Line("ok", "libc.a", path.strip())


def examine() -> List[Line]:
    """All lines."""
    prefix = os.environ.get("TOOLPREFIX", "")
    qemu = os.environ.get("QEMU") or "qemu-system-x86_64"
    lines = [compiler(prefix),
             tool(prefix + "ld", (2, 35), (2, 44)), tool(prefix + "objdump", (2, 35), (2, 44)),
             tool("make", (4, 3), (4, 4))]
    text = output(qemu, "--version")
    first = (text or "").split("\n")[0].split("(")[0]
    lines.append(judge(qemu, version_in(first), (7, 0), (10,)))
    if text is not None:
        lines.append(firmware(qemu))
    lines += python()
    lines.append(tool("cpio", (2, 12)))
    lines.append(tool("patch", (2, 5), needed=False))
    lines.append(tool("git", (2, 30)))
    lines.append(tool("gdb", (12,), needed=False))
    lines.append(c_library(prefix))
    lines.append(tool("cppcheck", (2, 0), needed=False) if shutil.which("cppcheck") else
                 Line("optional", "cppcheck", "not there: lint does without it; " + SETUP))
    lines.append(book())
    return lines


def main() -> int:
    if sys.version_info < (3, 8):
        print("doctor: Python 3.8 or newer is needed to look", file=sys.stderr)
        return 1
    lines = examine()
    for line in lines:
        print(f"{line.word:<9}{line.name:<20} {line.text}")
    trouble = [line.name for line in lines if line.word in ("OLD", "MISSING")]
    print(f"doctor: {len(trouble)} problem{'s' * (len(trouble) != 1)}: {', '.join(trouble)}"
          if trouble else "doctor: all is well")
    return 1 if trouble else 0


if __name__ == "__main__":
    sys.exit(main())
