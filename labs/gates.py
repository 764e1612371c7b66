#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Builds and grades what students get, as far as they can get: `make gates`, part of `make test`.

usage: gates.py [--lab N] [--build DIR] [--cpus N] [--steps]

For each lab: its starter builds without a warning and comes up to the shell; with the exercises written one
after the other, in their order, the tests of those that are written pass, and no test of one that is
not does; its last step, the solution, passes all tests of the lab and of those before. And submissions that try to
pass in other ways get nothing by it (labs/cheats.py). --steps shows which tests
pass at which step. Exit status 0: all is as it should be.
"""
from __future__ import annotations

import argparse
import fcntl
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)

from grade import qemu  # noqa: E402
from grade.points import CatalogError, Lab  # noqa: E402
from labs import cheats, trees  # noqa: E402

NOT_DONE = {"not attempted", "fail"}
BOOT_SECONDS = 60
SEED = "0x706f6e7465"  # the same runs every time: what can be reached does not hang on chance
PROMPT, OFF = b"ponte$ ", b"The machine goes off."


class GateError(Exception):
    """A tree cannot be built or graded; the text says why."""


class Yard:
    """One directory in which all trees are built, one after the other: make builds only what differs.

    directory  where; made if it is not there
    cpus       of the machines in which tests run
    """

    def __init__(self, directory: Path, cpus: int) -> None:
        self.directory, self.cpus = directory, cpus

    def lock(self) -> None:
        """One at a time in one directory, until the process ends. GateError if somebody else is there."""
        self.directory.parent.mkdir(parents=True, exist_ok=True)
        self._lock = open(self.directory.with_suffix(".lock"), "w", encoding="utf-8")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise GateError(f"somebody else is at work in {self.directory}: wait, or use another BUILD=") from None

    def build(self, tree: trees.Tree) -> None:
        """Builds it, warnings being errors. GateError with what make says."""
        trees.write_directory(tree, self.directory)
        jobs = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
        self._make(f"-j{jobs}", "CI=true")

    def _make(self, *arguments: str) -> None:
        environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
        done = subprocess.run(["make", *arguments, "BUILD=build"], cwd=self.directory, text=True,
                              capture_output=True, check=False, env=environment)
        if done.returncode:
            raise GateError((done.stderr or done.stdout).strip())

    def boot(self) -> None:
        """To the shell and out again. GateError if either does not happen."""
        build = self.directory / "build"
        machine = qemu.Machine(os.environ.get("QEMU") or "qemu-system-x86_64", build / "ponte.elf",
                               build / "initrd.cpio", self.cpus, exact=False)
        command = ["stdio" if word == "file:console" else word
                   for word in machine.command("", "console", "/dev/null")]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, start_new_session=True,
                                   preexec_fn=qemu.die_with_parent())
        watchdog = threading.Timer(BOOT_SECONDS, qemu.stop, [process])
        watchdog.start()
        assert process.stdin and process.stdout
        said = b""
        try:
            while not said.endswith(PROMPT) and (byte := process.stdout.read(1)):
                said += byte
            process.stdin.write(b"shutdown\n" if said.endswith(PROMPT) else b"")
            process.stdin.flush()
            said += process.stdout.read()
        finally:
            watchdog.cancel()
            qemu.stop(process)
        if OFF not in said:
            raise GateError("it does not come up to the shell and go off again:\n"
                            + said.decode("utf-8", "replace")[-2000:])

    def grade(self, labs: Iterable[int], tests: Iterable[str] = ()) -> dict[tuple[int, str], str]:
        """The outcome of each test of these labs (of `tests`, if any are named), by lab and name."""
        results = self.directory / "build" / "grade" / "results.json"
        results.unlink(missing_ok=True)
        named = ",".join(tests)
        done = subprocess.run(
            [sys.executable, str(self.directory / "grade" / "run.py"), "--build",
             str(self.directory / "build"), "--cpus", str(self.cpus),
             "--lab", ",".join(map(str, labs)), *(["--test", named] if named else [])],
            cwd=self.directory, text=True, capture_output=True, check=False,
            env={**os.environ, "PONTE_SEED": SEED})
        if not results.exists():
            raise GateError(f"nothing was graded:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        found = {}
        for test in json.loads(results.read_text())["tests"]:
            lab, id = test["name"].split(":")[0].split()[1:]
            found[int(lab), id] = test["tags"][0]
        return found


def _judge(lab: Lab, written: set[str], outcomes: dict[tuple[int, str], str], step: str) -> Iterator[str]:
    """What is not as it should be when these exercises are written."""
    exercise_of = {(lab.number, test.id): test.exercise for test in lab.tests}
    for (number, id), outcome in sorted(outcomes.items()):
        exercise = exercise_of.get((number, id))
        if exercise is None or exercise in written:
            if outcome != "pass":
                yield f"{step}: test {id} of lab {number} should pass, and ends with: {outcome}"
        elif outcome not in NOT_DONE:
            yield f"{step}: test {id} is for {exercise}, which is not written, and ends with: {outcome}"


def climb(yard: Yard, tree: trees.Tree, labs: list[Lab], lab: Lab, steps: bool) -> Iterator[str]:
    """From the starter to the solution, one exercise at a time; what is not as it should be."""
    exercises = sorted((e for e in trees.exercises_of(tree)[0] if e.family == lab.name),
                       key=lambda e: e.number)
    names = {other.name for other in labs if other.number < lab.number}
    done = {e.id for e in trees.exercises_of(tree)[0] if e.family in names}
    earlier = [other.number for other in labs if other.number < lab.number]
    written: set[str] = set()
    yard.build(trees.starter(tree, labs, lab))
    yard.boot()
    for place in range(len(exercises) + 1):
        step = f"lab {lab.number} with " + (exercises[place - 1].id if place else "nothing written")
        if place:
            written.add(exercises[place - 1].id)
            yard.build(trees.variant(tree, lab, done | written, solution=place == len(exercises)))
        if place in (0, len(exercises)):
            outcomes = yard.grade([*earlier, lab.number])
        else:  # the tests that this step and the next are about
            about = {exercises[place - 1].id, exercises[place].id}
            outcomes = yard.grade([lab.number], () if steps else
                                  [test.id for test in lab.tests if test.exercise in about])
        passed = [id for (number, id), outcome in outcomes.items()
                  if number == lab.number and outcome == "pass"]
        if steps:
            print(f"{step}: {', '.join(passed) or 'no test passes'}", flush=True)
        yield from _judge(lab, written, outcomes, step)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="labs/gates.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lab", type=int, help="only this one")
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--steps", action="store_true")
    return parser.parse_args(arguments)


def main() -> int:
    options = parse(sys.argv[1:])
    wrong = 0
    try:
        tree = trees.read_directory(ROOT)
        labs = trees.labs_of(tree)
        if problems := trees.exercises_of(tree)[1]:
            raise GateError("\n".join(map(str, problems)))
        yard = Yard(options.build.resolve() / "gates", options.cpus)
        yard.lock()
        for lab in labs:
            if options.lab not in (None, lab.number):
                continue
            found = list(climb(yard, tree, labs, lab, options.steps))
            print("\n".join(f"gates: {text}" for text in found) or
                  f"gates: lab {lab.number} {lab.name}: starter, every step and solution as they should be",
                  flush=True)
            wrong += len(found)
        if options.lab is None:
            found = list(cheats.check(ROOT, tree, labs, options.build.resolve() / "cheats"))
            print("\n".join(f"gates: submissions: {text}" for text in found) or
                  "gates: submissions: each gets what its lab's files earn", flush=True)
            wrong += len(found)
    except (GateError, trees.TreeError, CatalogError) as error:
        print(f"gates: {error}", file=sys.stderr)
        return 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
