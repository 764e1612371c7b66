# SPDX-License-Identifier: MIT
"""What a lab's own files must not do: reach past the kernel to the machine, or past the library to the results.

The kernel that is graded is the student's, so it could write the results itself. Not by a slip: for that it needs ports, or
the object that writes to them, and whatever gives it these stands in a few given files, or is assembly
(grade/source_rules.py), or is made of bytes. A lab needs none of it. This is no proof against somebody who sets out to deceive, but
what is left to try is not to be taken for an honest solution by anybody who looks at it.
"""
from __future__ import annotations

import os
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

# Headers that give ports; the compiler notes also those that are included by others.
PORTS = re.compile(r"kernel/(drivers/.*|arch/(io|acpi|apic|init|smp|trap|pvh)\.h)")
COMPILERS = re.compile(r"/(gcc|clang|llvm-\d+)/.*/include/")
# Whose functions a lab's kernel files call; not those of arch, drivers, syscall, main, nor what writes to the results line.
BENEATH = re.compile(r"ipc/.*|kernel/(lib|sync|mm|sched|object)/(?!console\.c).*")
# What a lock is made of: system calls by their names, and of the library what neither ends the program nor writes.
CALLS = re.compile(r"sys_(futex|thread|clock)_\w+|assert_failed")
LIBRARY = re.compile(r"user/lib/(cond|mutex|once|barrier|semaphore|rwlock|string|todo)\.c")


@dataclass
class Names:
    """Global names by source, of all objects of the kernel and the library."""

    defined: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    used: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


def names(tree: Path) -> Names:
    """Those of a tree that was built in build/."""
    build = tree / "build"
    objects = [path.relative_to(build).as_posix() for part in ("kernel", "ipc", "user/lib")
               for path in sorted((build / part).rglob("*.o"))]
    found = Names()
    if objects:
        said = subprocess.run(["nm", "-A", "-P", "-g", *objects], cwd=build, text=True, capture_output=True,
                              check=True).stdout
        for row in said.splitlines():
            path, name, kind = row.split()[:3]
            (found.used if kind in "Uwv" else found.defined)[path.removesuffix(".o:")].add(name)
    return found


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


def _kernel(own: set[str], now: Names, before: Names) -> Iterator[str]:
    """Declaring by hand what no header says helps nobody: who is called stands in the object files. Also in those of given
    files, which include the lab's headers."""
    far = {name for path, defined in now.defined.items() if path.startswith("kernel/") and path not in own
           and not BENEATH.fullmatch(path) for name in defined}
    for path, used in sorted(now.used.items()):
        if path.startswith(("kernel/", "ipc/")):
            for name in sorted((used if path in own else used - before.used[path]) & far):
                yield f"{path}: uses {name}, which is not what a lab stands on"


def _library(own: set[str], now: Names) -> Iterator[str]:
    """The tests' programs are linked with the lab's part of the library: it must neither report for them nor end them,
    nor define what others of the library do, for it would be linked in their stead."""
    others = {name: path for path, defined in now.defined.items() if path.startswith("user/") and path not in own
              for name in defined}
    for path in sorted(path for path in own if path.startswith("user/")):
        for name in sorted(now.defined[path] & others.keys()):
            yield f"{path}: defines {name}, which is {others[name]}'s"
        for name in sorted(now.used[path] & others.keys()):
            if not CALLS.fullmatch(name) and not LIBRARY.fullmatch(others[name]):
                yield f"{path}: uses {name}, which a lock does not need"


def complaints(tree: Path, paths: list[str], before: Names) -> list[str]:
    """What is wrong with the lab's files `paths` of a tree that was built in build/, one line each.

    before  names of the tree as it was without them
    """
    own = {path for path in paths if path.endswith(".c")}
    now = names(tree)
    found: list[str] = []
    for path in sorted(own | {path for path in {**now.used, **now.defined} if path.startswith("ipc/")}):
        found += _inclusions(tree, path)
    return found + [*_kernel(own, now, before), *_library(own, now)]
