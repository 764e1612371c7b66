# SPDX-License-Identifier: MIT
"""From the outcomes of tests to points.

A pass earns a test's points, infrastructure trouble takes them out of the reckoning (the grade is
then incomplete), everything else earns nothing.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from grade.outcome import Outcome
from grade.points import Lab, LabTest

EXIT_PASSED, EXIT_LOST, EXIT_INCOMPLETE = 0, 1, 3


@dataclass(frozen=True)
class Result:
    """What came of one test. `lab` is None for the tests of the kernel beneath the labs."""

    lab: int | None
    id: str
    title: str
    outcome: Outcome
    text: str = ""  # if it did not pass: what a person reads about it
    seconds: float = 0.0
    test: LabTest | None = None

    @property
    def max_score(self) -> int:
        """The points at stake: none if the test could not be run."""
        return self.test.points if self.test and self.outcome is not Outcome.INFRASTRUCTURE else 0

    @property
    def score(self) -> int:
        """The points earned."""
        return self.max_score if self.outcome is Outcome.PASS else 0


@dataclass(frozen=True)
class Group:
    """The results of a lab, or of the kernel tests (lab None), in order."""

    lab: Lab | None
    results: tuple[Result, ...]
    selected_all: bool  # not only some tests of the lab

    @property
    def name(self) -> str:
        return f"lab {self.lab.number} {self.lab.name}" if self.lab else "kernel"

    @property
    def score(self) -> int:
        return sum(result.score for result in self.results)

    @property
    def max_score(self) -> int:
        return sum(result.max_score for result in self.results)

    @property
    def missing(self) -> int:
        """The points of tests that could not be run."""
        return sum(r.test.points for r in self.results if r.test) - self.max_score


@dataclass(frozen=True)
class Grade:
    """Everything one grading found."""

    groups: tuple[Group, ...]

    @property
    def results(self) -> list[Result]:
        return [result for group in self.groups for result in group.results]

    @property
    def incomplete(self) -> list[Result]:
        """The tests that could not be run or judged."""
        return [r for r in self.results if r.outcome is Outcome.INFRASTRUCTURE]

    @property
    def score(self) -> int:
        return sum(group.score for group in self.groups)

    @property
    def max_score(self) -> int:
        return sum(group.max_score for group in self.groups)

    @property
    def exit_status(self) -> int:
        """0 only if there are tests and every one of them passed."""
        if not self.results or self.incomplete:
            return EXIT_INCOMPLETE
        if any(r.outcome is not Outcome.PASS for r in self.results):
            return EXIT_LOST
        return EXIT_PASSED


def tally(labs: Iterable[Lab], tests: frozenset[str] | None, found: Mapping[tuple[int, str], Result],
          kernel: Iterable[Result] = ()) -> Grade:
    """The grade.

    labs    the labs to grade
    tests   the names of the tests to grade; None: all
    found   what came of those that ran, by (lab number, test name); one that is not
            there did not run, which is infrastructure trouble
    kernel  the results of the tests that belong to no lab
    """
    groups = []
    for lab in labs:
        chosen = [test for test in lab.tests if tests is None or test.id in tests]
        results = tuple(
            found.get((lab.number, test.id))
            or Result(lab.number, test.id, test.title, Outcome.INFRASTRUCTURE, "It did not run.",
                      test=test)
            for test in chosen)
        if results:
            groups.append(Group(lab, results, len(chosen) == len(lab.tests)))
    if beneath := tuple(kernel):
        groups.append(Group(None, beneath, tests is None))
    return Grade(tuple(groups))
