#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Grades the graders: puts known mistakes into the reference, one at a time, and looks who notices.

usage: mutants.py [--lab N] [--only NAME] [--runs N] [--cpus N] [--jobs N] [--build DIR]

A mutant is a patch, labs/labN-name/mutants/NAME.patch, that begins with lines of its own:

    Id: P1                      the row of the guide's list of defects, or "-"
    Test: lost_wakeup           the test that must fail, named for this fault
    What: port_recv tests for a message, then sleeps

It is applied to a copy of the tree, built, and its test is graded, every time in `runs` runs with a new
seed. It is caught if the test then fails, dead-locks, panics or faults; a time-out alone is no catch,
and neither is a mutant that cannot be built. Exit status 0: all were caught every time.
"""
from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

PARTS = ("Makefile", "kernel", "ipc", "user", "grade", "labs")  # what a build and a grading need
CAUGHT = {"fail", "dead-lock", "panic", "guest fault", "triple fault"}
HEAD = re.compile(r"^(Id|Test|What): (.+)$", re.MULTILINE)


class MutantError(Exception):
    """A mutant's file is wrong, or it could not be tried; one line says why."""


@dataclass(frozen=True)
class Mutant:
    """One known mistake."""

    lab: int
    name: str  # of its file, without .patch
    id: str
    test: str
    what: str
    patch: Path


@dataclass
class Result:
    """What came of a mutant's runs."""

    mutant: Mutant
    outcomes: list[str] = field(default_factory=list)  # grade/outcome.py's words
    trouble: str = ""

    @property
    def caught(self) -> bool:
        return not self.trouble and all(outcome in CAUGHT for outcome in self.outcomes)


def read_mutant(patch: Path) -> Mutant:
    """The mutant in this file; MutantError if a line is missing."""
    lab = re.match(r"lab(\d+)-", patch.parent.parent.name)
    head = dict(HEAD.findall(patch.read_text(encoding="utf-8").split("\n--- ")[0]))
    missing = [key for key in ("Id", "Test", "What") if key not in head]
    if missing or not lab:
        raise MutantError(f"{patch.name}: no line \"{missing[0] if missing else 'lab'}: ...\"")
    return Mutant(int(lab[1]), patch.stem, head["Id"], head["Test"], head["What"], patch)


def find_mutants(root: Path, lab: int | None, only: str | None) -> list[Mutant]:
    """All of them, by lab and name, or those chosen."""
    patches = sorted(root.glob("labs/lab*-*/mutants/*.patch"))
    mutants = [read_mutant(patch) for patch in patches]
    return [m for m in mutants if lab in (None, m.lab) and only in (None, m.name)]


def copy_tree(build: Path, to: Path) -> None:
    """Sources and objects with their times, so that only what the patch touches is built again."""
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir(parents=True)
    for part in PARTS:
        subprocess.run(["cp", "-a", str(ROOT / part), str(to)], check=True)
    (to / "build").mkdir()
    skip = {"grade", "gates", "mutants", "peer"}
    for part in build.iterdir():
        if part.name not in skip:
            subprocess.run(["cp", "-a", str(part), str(to / "build")], check=True)


def last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no word why"


def prepare(mutant: Mutant, build: Path, tree: Path) -> None:
    """A tree with the mistake in it, built."""
    copy_tree(build, tree)
    done = subprocess.run(["patch", "-p1", "--no-backup-if-mismatch", "-i", str(mutant.patch)],
                          cwd=tree, text=True, capture_output=True, check=False)
    if done.returncode:
        raise MutantError(f"the patch does not apply: {last_line(done.stdout + done.stderr)}")
    done = subprocess.run(["make", "-j2", "CI="], cwd=tree, text=True, capture_output=True, check=False)
    if done.returncode:
        raise MutantError(f"it cannot be built: {last_line(done.stderr)}")


def grade_once(mutant: Mutant, tree: Path, cpus: int) -> str:
    """Grades its test; the outcome in a word."""
    command = [sys.executable, str(tree / "grade" / "run.py"), "--build", str(tree / "build"),
               "--lab", str(mutant.lab), "--test", mutant.test, "--cpus", str(cpus), "--jobs", "1"]
    results = tree / "build" / "grade" / "results.json"
    results.unlink(missing_ok=True)
    done = subprocess.run(command, cwd=tree, text=True, capture_output=True, check=False)
    if not results.exists():
        raise MutantError(f"nothing was graded: {last_line(done.stdout + done.stderr)}")
    tests = json.loads(results.read_text())["tests"]
    if len(tests) != 1:
        raise MutantError(f"there is no test {mutant.test}")
    return str(tests[0]["tags"][0])


def try_mutant(mutant: Mutant, build: Path, runs: int, cpus: int) -> Result:
    """All runs of one mutant, in a tree of its own that is gone afterwards."""
    result = Result(mutant)
    tree = build / "mutants" / f"lab{mutant.lab}-{mutant.name}"
    try:
        prepare(mutant, build, tree)
        for _ in range(runs):
            result.outcomes.append(grade_once(mutant, tree, cpus))
    except (MutantError, OSError, subprocess.SubprocessError) as error:
        result.trouble = str(error)
    finally:
        shutil.rmtree(tree, ignore_errors=True)
    return result


def row(result: Result) -> str:
    """The mutant's line of the matrix."""
    m = result.mutant
    counts = Counter(result.outcomes)
    came = ", ".join(f"{n} {outcome}" for outcome, n in counts.most_common()) or result.trouble
    if result.outcomes and result.trouble:
        came += f"; {result.trouble}"
    return f"  {m.id:<4} {m.name:<28} {m.test:<20} {'caught' if result.caught else 'NOT CAUGHT':<11} {came}"


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="grade/mutants.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lab", type=int)
    parser.add_argument("--only", help="the mutant of this name")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--build", default=str(ROOT / "build"))
    return parser.parse_args(arguments)


def main() -> int:
    options = parse(sys.argv[1:])
    build = Path(options.build).resolve()
    try:
        mutants = find_mutants(ROOT, options.lab, options.only)
    except MutantError as error:
        print(f"mutants: {error}", file=sys.stderr)
        return 2
    if not mutants:
        print("mutants: there are none of that name", file=sys.stderr)
        return 2
    escaped = 0
    lab = None
    with ThreadPoolExecutor(options.jobs) as pool:
        for result in pool.map(lambda m: try_mutant(m, build, options.runs, options.cpus), mutants):
            if result.mutant.lab != lab:
                lab = result.mutant.lab
                print(f"lab {lab}: id, mutant, test named for it, {options.runs} runs at CPUS={options.cpus}")
            print(row(result), flush=True)
            escaped += not result.caught
    print(f"{len(mutants) - escaped} of {len(mutants)} mutants caught")
    return 1 if escaped else 0


if __name__ == "__main__":
    sys.exit(main())
