#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The rules of the house that a machine can check (docs/architecture.md says why they are there).

usage: lint.py [ROOT]

Prints one line for each finding, FILE:LINE: what is wrong, and exits with 1 if there are any. There
are no exemptions. Needs nothing but Python; compiles headers with $CC (gcc), and runs cppcheck if it
is installed.
"""
from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

LAYERS = ["kernel/abi", "kernel/lib", "kernel/arch", "kernel/sync", "kernel/drivers", "kernel/mm",
          "kernel/sched", "kernel/object", "ipc", "kernel/syscall", "kernel"]
IPC_MAY_USE = {"channel": {"message", "port"}}  # all others: message
FREESTANDING = {"stdarg.h", "stdbool.h", "stddef.h", "stdint.h", "limits.h"}
SOURCES = ("kernel", "ipc", "user", "grade", "labs", "docs", ".ci")
C_SUFFIXES, PYTHON, SHELL = {".c", ".h"}, ".py", ".sh"
MAX_FILE_LINES, MAX_FUNCTION_LINES = 400, 60
# What cppcheck gets wrong here: linker symbols, noreturn, assert(!"text"), addresses from calls.
MISUNDERSTOOD = ["comparePointers", "va_end_missing", "incorrectStringBooleanError", "missingInclude",
                 "nullPointerRedundantCheck", "legacyUninitvar", "invalidPrintfArgType_sint",
                 "preprocessorErrorDirective"]
USER_ADDRESS_HOMES = re.compile(
    r"kernel/lib/defs\.h|kernel/mm/(usercopy|space\w*)\.[ch]|kernel/syscall/syscall\.[ch]|(kernel|ipc)/.*/sys_\w+\.[ch]")
COMMENT_OR_STRING = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'',
                               re.DOTALL)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)
Finding = tuple  # (line, what is wrong)


@dataclass(frozen=True)
class Source:
    """One file; `path` from the root, with slashes."""

    path: str
    text: str

    @property
    def suffix(self) -> str:
        return Path(self.path).suffix

    @property
    def directory(self) -> str:
        return str(Path(self.path).parent)

    @cached_property
    def lines(self) -> list[str]:
        return self.text.split("\n")[:-1] if self.text.endswith("\n") else self.text.split("\n")

    @cached_property
    def code(self) -> str:
        """The text with comments and strings blanked out, lines kept."""
        return COMMENT_OR_STRING.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), self.text)

    @cached_property
    def includes(self) -> list[tuple[int, str, str]]:
        """(line, "<" or '"', what) for each #include outside comments."""
        found = []
        for match in INCLUDE.finditer(self.text):
            start = match.start() + match[0].index("#")
            if self.code[start] == "#":
                found.append((self.line_of(start), match[1], match[2]))
        return found

    def line_of(self, offset: int) -> int:
        return self.text.count("\n", 0, offset) + 1

    def find(self, pattern: str) -> Iterator[tuple[int, str]]:
        """(line, text) for each match in the code."""
        for match in re.finditer(pattern, self.code):
            yield self.line_of(match.start()), match[0]

    @property
    def is_kernel(self) -> bool:
        return self.path.startswith(("kernel/", "ipc/"))

    @property
    def is_c(self) -> bool:
        return self.suffix in C_SUFFIXES


def layer(path: str) -> str | None:
    """The layer a file belongs to: its longest directory in LAYERS."""
    directory = str(Path(path).parent)
    while directory not in LAYERS:
        if directory in (".", "/", ""):
            return None
        directory = str(Path(directory).parent)
    return directory


def _ipc_part(path: str) -> str:
    """"port" for ipc/port/port.h, "" for ipc/ipc.h."""
    parts = path.split("/")
    return parts[1] if len(parts) > 2 else ""


def _strangers(path: str, target: str) -> bool:
    """Whether two files of ipc/ must not know each other."""
    mine, theirs = _ipc_part(path), _ipc_part(target)
    return mine not in ("", theirs) and theirs not in IPC_MAY_USE.get(mine, {"message"})


def check_layers(file: Source) -> Iterable[Finding]:
    """A kernel file includes its own directory and lower layers; a program, what is not the kernel's."""
    if not file.path.startswith(("kernel/", "ipc/", "user/")):
        return
    for line, kind, target in file.includes:
        if kind == "<":
            if target not in FREESTANDING:
                yield line, f"<{target}> is not there without an operating system"
            continue
        if not target.startswith(("kernel/", "ipc/", "user/")):
            yield line, f'"{target}" is not a path from the root'
            continue
        own, theirs = layer(file.path), layer(target)
        if not file.is_kernel:
            if theirs not in (None, "kernel/abi", "kernel/lib"):
                yield line, f"a program includes {target}: only kernel/abi and kernel/lib are for programs"
        elif own is None or theirs is None:
            yield line, f"{target} belongs to no layer below {file.directory}"
        elif LAYERS.index(theirs) > LAYERS.index(own):
            yield line, f"{own} includes {target}, which is of a higher layer"
        elif own == theirs == "ipc" and _strangers(file.path, target):
            yield line, f"ipc/{_ipc_part(file.path)} and {target} are strangers"


def check_user_addresses(file: Source) -> Iterable[Finding]:
    """Only system calls and user copy see a user address."""
    if file.is_kernel and file.is_c and not USER_ADDRESS_HOMES.fullmatch(file.path):
        for line, word in file.find(r"\buaddr(_t|_add)?\b"):
            yield line, f"{word}: only sys_*.c and user copy see user addresses"


def check_assembly(file: Source) -> Iterable[Finding]:
    """Assembly only in kernel/arch (and user/lib); ports only there and in drivers, by its functions."""
    arch = file.directory == "kernel/arch"
    if file.suffix == ".S" and not arch and file.directory != "user/lib":
        yield 1, "assembly outside kernel/arch and user/lib"
    if not file.is_kernel or not file.is_c or arch:
        return
    for line, word in file.find(r"\b(__asm__|__asm|asm)\b"):
        yield line, f"{word}: assembly belongs to kernel/arch"
    if file.directory != "kernel/drivers":
        for line, word in file.find(r"\b(in|out)s?[bwl](?=\s*\()"):
            yield line, f"{word}: port I/O belongs to kernel/arch and kernel/drivers"


def check_head(file: Source) -> Iterable[Finding]:
    """The licence first; #pragma once; a file's own header before all others."""
    first = file.lines[1:2] if file.lines[:1] and file.lines[0].startswith("#!") else file.lines[:1]
    wanted = {PYTHON: "# ", SHELL: "# "}.get(file.suffix, "/* ")
    end = " */" if wanted == "/* " else ""
    if first != [f"{wanted}SPDX-License-Identifier: MIT{end}"] and file.text:
        yield 1, f'the first line must be "{wanted}SPDX-License-Identifier: MIT{end}"'
    if file.suffix == ".h" and not re.search(r"^#pragma once$", file.code, re.MULTILINE):
        yield 1, "no #pragma once"


def check_own_header(file: Source, paths: set[str]) -> Iterable[Finding]:
    """x.c includes x.h before anything else."""
    own = file.path[:-2] + ".h"
    if file.suffix == ".c" and own in paths:
        first = file.includes[0] if file.includes else (1, '"', "nothing")
        if first[2] != own:
            yield first[0], f"{own} must be included first"


def check_blanks(file: Source) -> Iterable[Finding]:
    """No tabs in C, no trailing blanks anywhere, a newline at the end."""
    for number, line in enumerate(file.lines, 1):
        if file.is_c and "\t" in line:
            yield number, "a tab"
        if line != line.rstrip():
            yield number, "blanks at the end of the line"
    if file.text and not file.text.endswith("\n"):
        yield len(file.lines), "no newline at the end of the file"
    elif file.text.endswith("\n\n"):
        yield len(file.lines), "empty lines at the end of the file"


def _c_functions(file: Source) -> Iterator[tuple[int, int]]:
    """(first line, lines) of each function: from the brace in column 0 to its partner."""
    start = 0
    for number, line in enumerate(file.code.split("\n"), 1):
        if line.rstrip() == "{":
            start = number
        elif line.startswith("}") and start:
            yield start, number - start + 1
            start = 0


def _python_functions(file: Source) -> Iterator[tuple[int, int]]:
    for node in ast.walk(ast.parse(file.text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1


def check_sizes(file: Source) -> Iterable[Finding]:
    """Files and functions that fit a reader's head."""
    if len(file.lines) > MAX_FILE_LINES:
        yield MAX_FILE_LINES + 1, f"{len(file.lines)} lines; at most {MAX_FILE_LINES}"
    functions = {".c": _c_functions, ".h": _c_functions, ".py": _python_functions}.get(file.suffix)
    for line, length in functions(file) if functions else ():
        if length > MAX_FUNCTION_LINES:
            yield line, f"a function of {length} lines; at most {MAX_FUNCTION_LINES}"


CHECKS: list[Callable[[Source], Iterable[Finding]]] = [
    check_layers, check_user_addresses, check_assembly, check_head, check_blanks, check_sizes]


def compile_header(root: Path, path: str) -> str | None:
    """The compiler's first complaint about a header on its own, or None."""
    compiler = (os.environ.get("CC") or "gcc").split()
    flags = ["-x", "c", "-fsyntax-only", "-std=gnu11", "-ffreestanding", "-Wall", "-Wextra", "-Werror",
             "-Wno-unused-parameter", "-I.", "-"]
    try:
        done = subprocess.run([*compiler, *flags], input=f'#include "{path}"\n', cwd=root, text=True,
                              capture_output=True, check=False)
    except OSError as error:
        return f"{path}:1: cannot be compiled: {compiler[0]}: {error.strerror}"
    said = [line for line in done.stderr.splitlines() if "error:" in line]
    return f"{path}:1: does not compile alone: {said[0] if said else 'no'}" if done.returncode else None


def cppcheck(root: Path) -> list[str]:
    """What cppcheck finds, if it is installed."""
    there = [name for name in ("kernel", "ipc", "user") if (root / name).is_dir()]
    if shutil.which("cppcheck") is None:
        print("lint: no cppcheck, so it does without (`make setup` installs it)")
        return []
    done = subprocess.run(
        ["cppcheck", "--quiet", "--enable=warning,portability", "--std=c11", "--platform=unix64",
         "-I.", "-D__x86_64__=1", "-D__GNUC__=12", "--max-configs=1",
         *(f"--suppress={id}" for id in MISUNDERSTOOD),
         "--template={file}:{line}: {message} ({id})", *there],
        cwd=root, text=True, capture_output=True, check=False)
    return [line for line in done.stderr.splitlines() if line.strip()]


def sources(root: Path) -> list[Source]:
    """All files the rules are about, sorted."""
    suffixes = C_SUFFIXES | {".S", ".ld", PYTHON, SHELL}
    paths = (path for top in SOURCES for path in (root / top).rglob("*"))
    return [Source(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
            for path in sorted(paths)
            if path.is_file() and path.suffix in suffixes and "__pycache__" not in path.parts]


def lint(root: Path, tools: bool = True) -> list[str]:
    """All findings. `tools`: also ask the compiler and cppcheck."""
    files = sources(root)
    paths = {file.path for file in files}
    findings = [f"{file.path}:{line}: {what}" for file in files
                for check in CHECKS for line, what in check(file)]
    findings += [f"{file.path}:{line}: {what}" for file in files
                 for line, what in check_own_header(file, paths)]
    if tools:
        headers = sorted(path for path in paths if path.endswith(".h"))
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            findings += filter(None, pool.map(lambda path: compile_header(root, path), headers))
        findings += cppcheck(root)
    return findings


def main() -> int:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    findings = lint(root)
    print("\n".join(findings) or f"lint: nothing to say about {len(sources(root))} files")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
