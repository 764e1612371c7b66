# SPDX-License-Identifier: MIT
"""What a grading leaves behind: a table for people, results.json for Gradescope, the runs' logs.

Two gradings may run in one tree at once. Each works in a directory of its own under
build/grade/.work and publishes under a lock; what a killed one left there is removed by the next.
"""
from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from grade.outcome import Outcome
from grade.scoring import Grade, Group, Result


def _points(result: Result) -> str:
    if result.test is None:
        return ""
    if result.outcome is Outcome.INFRASTRUCTURE:
        return f"-/{result.test.points}"
    return f"{result.score}/{result.test.points}"


def _total(group: Group) -> str:
    if group.lab is None:
        passed = sum(r.outcome is Outcome.PASS for r in group.results)
        return f"kernel: {passed} of {len(group.results)} tests passed"
    some = "" if group.selected_all else f" ({len(group.results)} of {len(group.lab.tests)} tests)"
    lost = f", {group.missing} points not graded" if group.missing else ""
    return f"{group.name}: {group.score}/{group.max_score}{some}{lost}"


def table(grade: Grade) -> list[str]:
    """The lines of the table, one block per lab."""
    if not grade.results:
        return ["No test was selected."]
    id_width = max(len(r.id) for r in grade.results)
    title_width = min(60, max(len(r.title) for r in grade.results))
    lines: list[str] = []
    for group in grade.groups:
        heading = f"{group.name}: {group.lab.title}" if group.lab else "kernel"
        lines += [heading]
        for r in group.results:
            title = r.title if len(r.title) <= title_width else r.title[:title_width - 3] + "..."
            lines.append(f"  {r.id:<{id_width}}  {title:<{title_width}}  "
                         f"{r.outcome.value:<14} {_points(r):>5}".rstrip())
        lines += [_total(group), ""]
    labs = [group for group in grade.groups if group.lab]
    if len(labs) > 1:
        lines += [*(_total(group) for group in labs),
                  f"total: {grade.score}/{grade.max_score}", ""]
    if grade.incomplete:
        count = len(grade.incomplete)
        lines.append(f"INCOMPLETE: {count} test{'s' if count > 1 else ''} could not be run, which costs"
                     " no points; this grade is not final.")
    return lines


def gradescope(grade: Grade) -> dict[str, Any]:
    """The document that Gradescope takes as results.json."""
    state = "INCOMPLETE: not every test could be run; grade again." if grade.incomplete else ""
    tests = []
    for number, result in enumerate(grade.results, 1):
        lab = f"lab {result.lab} " if result.lab is not None else "kernel "
        tests.append({
            "name": f"{lab}{result.id}: {result.title}",
            "number": str(number),
            "score": result.score,
            "max_score": result.max_score,
            "status": "passed" if result.outcome is Outcome.PASS else "failed",
            "output": result.text or result.outcome.value,
            "visibility": "visible",
            "tags": [result.outcome.value] + ([result.test.exercise] if result.test else []),
        })
    return {
        "score": grade.score,
        "max_score": grade.max_score,
        "output": "\n".join([state] * bool(state) + table(grade)),
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": {"incomplete": bool(grade.incomplete)},
    }


class Workplace:
    """A directory of this grading's own, and the way from there to build/grade.

    build  the build directory; OSError if nothing can be written there
    """

    def __init__(self, build: Path) -> None:
        self.home = build / "grade"
        works = self.home / ".work"
        works.mkdir(parents=True, exist_ok=True)
        with self._locked():
            self._clean(works)
            self.directory = Path(tempfile.mkdtemp(dir=works))
            self._owner: IO[str] = open(self.directory / "owner", "w")
            fcntl.flock(self._owner, fcntl.LOCK_EX)  # held as long as we live
        self.runs = self.directory / "runs"
        self.runs.mkdir()

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """One grading at a time."""
        with open(self.home / ".lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @staticmethod
    def _clean(works: Path) -> None:
        """Removes what gradings that are no more have left."""
        for left in works.iterdir():
            try:
                with open(left / "owner") as owner:
                    fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue  # it lives
            except OSError:
                pass
            shutil.rmtree(left, ignore_errors=True)

    def publish(self, grade: Grade) -> None:
        """Moves logs and reports to build/grade, whole files only, and ends the work."""
        (self.directory / "results.json").write_text(
            json.dumps(gradescope(grade), indent=2) + "\n", encoding="utf-8")
        with self._locked():
            target = self.home / "runs"
            target.mkdir(exist_ok=True)
            for run in self.runs.iterdir():
                if (target / run.name).exists():
                    shutil.rmtree(target / run.name)
                run.rename(target / run.name)
            for name in ("junit.xml", "results.json"):
                if (self.directory / name).exists():
                    os.replace(self.directory / name, self.home / name)
        self._owner.close()
        shutil.rmtree(self.directory, ignore_errors=True)
