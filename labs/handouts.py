#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Does what the pages say, and compares: `make handouts`, part of `make test`. docs/labs.md tells how pages are written.

usage: handouts.py [--build DIR] [--jobs N] [PAGE...]

Each fenced block is run in a clone in which `make branches` was done: sh as a script that must end well, console in
Ponte's shell (`ponte$ `) or the host's (`$ `), gdb in a debugger at a machine that has just been started. Exit status 0:
all came as it is written.
"""
from __future__ import annotations

import argparse
import difflib
import os
import queue
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)

from labs import pages, trees  # noqa: E402
from labs.pages import Block  # noqa: E402

SECONDS = 600  # of the host's clock, for one command: a watchdog
# Counted instructions, so that whoever sleeps in a debugged machine does not hang on the host's clock.
COUNTED = 'QEMU="${QEMU:-qemu-system-x86_64} -icount shift=0,sleep=off"'
PROMPT = re.compile(r"(ponte\$ |\$ |\(gdb\) )(.*)")
BOOTS = re.compile(r"make qemu\b(?!-)(?!.*\bRUN=)")  # up to the shell
# What differs between two kernels that do the same: addresses, line numbers.
VARIES = [(re.compile(r"0x[0-9a-f]{5,}"), "0xN"), (re.compile(r"(\.[chS]):\d+"), r"\1:N"),
          (re.compile(r"\bline \d+"), "line N"), (re.compile(r"^\d+\t", re.M), "N\t"),
          (re.compile(r"<(\w+)\+\d+>"), r"<\1+N>"), (re.compile(r" \(\d+ locations\)"), "")]


class Differs(Exception):
    """What a page says did not happen; the text tells what did."""


def exchanges(block: Block) -> list[tuple[str, str, str]]:
    """The block as prompts, what is typed there, and what comes."""
    found: list[tuple[str, str, str]] = []
    for line in block.lines:
        if typed := PROMPT.match(line):
            found.append((typed[1], typed[2], ""))
        elif found:
            prompt, command, output = found[-1]
            found[-1] = prompt, command, f"{output}{line}\n"
    return found


def plain(text: str, debugger: bool) -> str:
    """The text without what may differ."""
    text = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", text.replace("\r", ""))
    for pattern, instead in VARIES if debugger else ():
        text = pattern.sub(instead, text)
    return re.sub(r"\s+", " ", text).strip()


def compare(command: str, expected: str, came: str, debugger: bool = False) -> None:
    """Differs, with both texts, if they do. `...` stands for anything."""
    parts = [re.escape(part.strip()) for part in plain(expected, debugger).split("...")]
    if re.fullmatch(".*?".join(parts).replace(".*?", r"\s*.*?\s*"), plain(came, debugger), re.DOTALL):
        return
    lines = difflib.unified_diff(expected.splitlines(), came.replace("\r", "").strip().splitlines(),
                                 "the page", "the machine", lineterm="", n=1)
    raise Differs(f"{command}\n" + "\n".join(lines))


class Yard:
    """A repository of its own with the tree and all branches, in which blocks are run."""

    def __init__(self, directory: Path, tree: trees.Tree) -> None:
        self.directory = directory
        self.environment = {name: value for name, value in os.environ.items()
                            if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PONTE_BUILD")} | {"TERM": "dumb"}
        shutil.rmtree(directory / ".git", ignore_errors=True)
        trees.write_directory(tree, directory)
        for command in ("git init -q -b main", "git config user.name Reader", "git config user.email reader@example.org",
                        "git add -A", "git commit -q -m all", f"{shlex.quote(sys.executable)} labs/labs.py branches"):
            self.shell(command)

    def shell(self, script: str) -> str:
        """What the script prints; Differs if it fails."""
        done = subprocess.run(["sh", "-e", "-c", script], cwd=self.directory, env=self.environment, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                              errors="replace", timeout=SECONDS)
        if done.returncode:
            raise Differs(f"{script}\nends with {done.returncode}:\n{done.stdout[-2000:]}")
        return done.stdout

    def enter(self, branch: str) -> None:
        """A clean tree of the branch, built."""
        self.shell(f"git reset -q --hard; git clean -fdq; git checkout -q --detach {branch}; make -s -j2")

    def run(self, block: Block) -> None:
        """Does what the block says. Differs if that is not what happens."""
        if block.kind == "sh":
            for boots, lines in groupby(block.lines, lambda line: BOOTS.match(line) is not None):
                if boots:
                    self.boot("; ".join(lines))
                else:
                    self.shell("\n".join(line for line in lines if not re.match(r"make (qemu-)?gdb\b", line)))
        elif block.kind == "gdb":
            self.debug(block)
        else:
            self.converse(block)

    def start(self, command: str):
        """A program with a terminal of its own, wide enough for any line."""
        import pexpect  # here: the rest of the labs' tool does without it
        return pexpect.spawn("/bin/sh", ["-c", f"{command}"], cwd=str(self.directory), env=self.environment,
                             encoding="utf-8", codec_errors="replace", timeout=SECONDS, dimensions=(100, 400))

    def boot(self, command: str) -> None:
        """To the prompt and out again."""
        ponte = self.start(command)
        try:
            wait(ponte, command, "ponte$ ")
            came = ask(ponte, "shutdown", "ponte$ ")
            if ponte.wait() != 0:
                raise Differs(f"{command}\nends with {ponte.exitstatus}:\n{came[-2000:]}")
            compare(f"{command}: shutdown", "The machine goes off.", came)
        finally:
            stop(ponte)

    def converse(self, block: Block) -> None:
        """Types into Ponte's shell, and what is the host's into the host's."""
        ponte = None
        try:
            for prompt, command, expected in exchanges(block):
                if prompt == "$ ":
                    compare(command, expected, self.shell(command))
                    continue
                if ponte is None:
                    ponte = self.start("make -s qemu")
                    wait(ponte, "make qemu", "ponte$ ")
                compare(command, expected, ask(ponte, command, "ponte$ "))
        finally:
            stop(ponte)

    def debug(self, block: Block) -> None:
        """Starts the machine, and types into gdb."""
        socket = self.directory / "build/gdb.sock"
        socket.unlink(missing_ok=True)
        machine, gdb = self.start(f"{block.machine} {COUNTED}"), None
        try:
            until = time.monotonic() + SECONDS
            while not socket.exists() and machine.isalive() and time.monotonic() < until:
                time.sleep(0.02)
            gdb = self.start("make -s gdb")
            wait(gdb, "make gdb", "(gdb) ")
            for _, command, expected in exchanges(block):
                compare(command, expected, ask(gdb, command, "(gdb) "), debugger=True)
        finally:
            stop(gdb)
            stop(machine)


def wait(terminal, command: str, prompt: str) -> str:
    """What the command prints up to the prompt, or to its end."""
    import pexpect
    try:
        terminal.expect([re.escape(prompt), pexpect.EOF])
    except pexpect.TIMEOUT:
        raise Differs(f"{command}\nno prompt comes any more, but:\n{terminal.before[-2000:]}") from None
    return terminal.before


def ask(terminal, command: str, prompt: str) -> str:
    """What comes between the command's echo and the next prompt, or the end."""
    if terminal.isalive():
        terminal.sendline(command)
    return wait(terminal, command, prompt).partition("\n")[2]


def stop(terminal) -> None:
    """Ends the program and all that it started: they are one session."""
    if terminal is not None:
        if terminal.isalive():
            os.killpg(terminal.pid, signal.SIGTERM)
        terminal.close(force=True)


def run_group(yards: queue.Queue, group: list[Block]) -> list[str]:
    """Runs blocks of one page and one branch, in a yard that is free; what went wrong."""
    yard = yards.get()
    wrong = []
    try:
        for block in group:
            try:
                yard.enter(block.tree)
                yard.run(block)
            except (Differs, subprocess.TimeoutExpired) as error:
                wrong.append(f"{block.path}:{block.line}: {error}")
    finally:
        yards.put(yard)
    return wrong


def same_compiler() -> bool:
    """What gdb shows of optimised code depends on who compiled it: the pages were written with Debian 12's."""
    try:
        done = subprocess.run([os.environ.get("CC") or "gcc", "--version"], text=True, capture_output=True, check=False)
    except OSError:
        return False
    return re.match(r"gcc .* 12\.", done.stdout) is not None


def groups(tree: trees.Tree, wanted: list[str], kinds: tuple[str, ...]) -> list[list[Block]]:
    """What is to be run, by branch and page: so little is built twice."""
    found = [block for path in tree if pages.is_page(path) and (not wanted or path in wanted)
             for block in pages.blocks(path, trees.text_of(tree[path]))
             if block.kind in kinds and not block.comment("not run")]

    def key(block: Block) -> tuple[str, str]:
        return block.tree, block.path
    return [list(group) for _, group in groupby(sorted(found, key=key), key)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="labs/lab2-port/README.md; default: all")
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    tree = trees.read_directory(ROOT)
    problems = [str(problem) for problem in pages.check(tree) if not options.pages or problem.path in options.pages]
    debug = same_compiler()
    work = groups(tree, options.pages, ("sh", "console", "gdb") if debug else ("sh", "console"))
    if not debug:
        print("handouts: sessions with gdb are left out: they were written with gcc 12")
    yards: queue.Queue = queue.Queue()
    begun = time.monotonic()
    try:
        for number in range(max(1, min(options.jobs, len(work)))):
            yards.put(Yard(options.build.resolve() / f"handouts/{number}", tree))
    except Differs as error:
        print(f"handouts: {error}", file=sys.stderr)
        return 1
    with ThreadPoolExecutor(yards.qsize()) as pool:
        problems += [one for wrong in pool.map(lambda group: run_group(yards, group), work) for one in wrong]
    for problem in problems:
        print(f"handouts: {problem}\n", file=sys.stderr)
    print(f"handouts: {sum(map(len, work))} blocks run in {time.monotonic() - begun:.0f} s, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
