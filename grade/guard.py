# SPDX-License-Identifier: MIT
"""What a lab's own files must not do: reach past the kernel to the machine, or read files that are not Ponte's.

The kernel that is graded is the student's, so it could write the results itself. Not by a slip: for that it needs ports, and
whatever gives it ports stands in kernel/arch and kernel/drivers, or is assembly, or is made of bytes. A lab needs none of
it. This is no proof against somebody who sets out to deceive, but what is left to try is not to be taken for an honest
solution by anybody who looks at it.
"""
from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from grade.lint import Source

# Assembly, bytes that are code, and names put together so that nobody finds them.
WORDS = re.compile(r"\b(__asm__|__asm|asm|section|__section__|alias|__alias__|_Pragma)\b|##|%:%:")
# Headers that give ports; the compiler notes also those that are included by others.
PORTS = re.compile(r"kernel/(drivers/.*|arch/(io|acpi|apic|init|smp|trap|pvh)\.h)")
COMPILERS = re.compile(r"/(gcc|clang|llvm-\d+)/.*/include/")
BENEATH = ("lib", "sync", "mm", "sched", "object")  # whose functions a lab calls; not arch, drivers, syscall, main


def _words(path: str, text: str) -> Iterator[str]:
    for line, word in Source(path, text.replace("\\\n", "")).find(WORDS.pattern):
        yield f"{path}:{line}: {word}: a lab needs neither assembly nor anything like it"


def _inclusions(tree: Path, path: str) -> Iterator[str]:
    """By what the compiler wrote down of the files it read."""
    rules = (tree / "build" / f"{path}.d").read_text(errors="replace").replace("\\\n", " ")
    root = os.path.realpath(tree)
    for word in re.split(r"(?<!\\)\s+", rules):
        name = word.rstrip(":").replace("\\ ", " ")
        real = os.path.realpath(tree / name)
        if name and not real.startswith(f"{root}/"):
            if not COMPILERS.search(real):
                yield f"{path}: includes {name}, which is not Ponte's"
        elif PORTS.fullmatch(os.path.relpath(real, root)):
            yield f"{path}: includes {name}: ports are not a lab's business"


def _symbols(paths: Iterable[Path], *options: str) -> set[str]:
    """Global names of object files."""
    done = subprocess.run(["nm", "-P", "-g", *options, *map(str, paths)], text=True, capture_output=True, check=False)
    return {row.split()[0] for row in done.stdout.splitlines() if len(row.split()) > 1}


def _calls(tree: Path, paths: list[str]) -> Iterator[str]:
    """Declaring by hand what no header says helps nobody: who is called stands in the object files."""
    kernel = tree / "build" / "kernel"
    allowed = _symbols([p for name in BENEATH for p in (kernel / name).glob("*.o")], "--defined-only")
    others = _symbols(kernel.rglob("*.o"), "--defined-only") - allowed
    for path in paths:
        for name in sorted(_symbols([tree / "build" / f"{path}.o"], "--undefined-only") & others):
            yield f"{path}: uses {name}, which lies beneath what a lab stands on"


def complaints(tree: Path, paths: list[str], changed: Iterable[str]) -> list[str]:
    """What is wrong with the lab's files `paths` of a tree that was built in build/, one line each.

    changed  those that are not as they were given
    """
    sources = [path for path in paths if path.endswith(".c")]
    found: list[str] = []
    for path in changed:
        found += _words(path, (tree / path).read_text(encoding="utf-8", errors="replace"))
    for path in sources:
        found += _inclusions(tree, path)
    found += _calls(tree, [path for path in sources if path.startswith(("ipc/", "kernel/"))])
    return found
