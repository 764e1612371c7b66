# SPDX-License-Identifier: MIT
"""A lab's tests in the forms that classroom services take, made of its lab.toml. A starter has its own lab's.

    autograding.json   GitHub Classroom's form. GitHub ended that service in 2026; actions that read the form live on.
    tests.json         Classroom 50's (https://github.com/foundation50/classroom50, schemas/tests-v1.schema.json)

In both an entry is a command and the points that it earns if it ends with 0.
"""
from __future__ import annotations

import json
from typing import Any

from grade.points import Lab, LabTest

DIRECTORY = ".github/classroom"
BUILD_MINUTES, TEST_MINUTES = 10, 5  # generous: what really ends a test is its budget of guest time


def _name(test: LabTest) -> str:
    return f"{test.id}: {test.title}"


def _command(lab: Lab, test: LabTest) -> str:
    """Hosted machines are slow, hence the scale."""
    return f"make grade LAB={lab.number} TEST={test.id} TIMEOUT_SCALE=4"


def autograding(lab: Lab) -> dict[str, Any]:
    """GitHub Classroom's form. Minutes; without input and output only the exit status is looked at."""
    return {"tests": [{
        "name": _name(test),
        "setup": "make setup",
        "run": _command(lab, test),
        "input": "",
        "output": "",
        "comparison": "included",
        "timeout": BUILD_MINUTES + TEST_MINUTES,  # for both; whichever runs first also builds
        "points": test.points,
    } for test in lab.tests]}


def tests(lab: Lab) -> list[dict[str, Any]]:
    """Classroom 50's form. Seconds; the tools and the build come first, for no points."""
    build = {"name": "set-up", "type": "run", "run": "make setup && make", "timeout": BUILD_MINUTES * 60, "points": 0}
    return [build, *({
        "name": _name(test),
        "type": "run",
        "run": _command(lab, test),
        "timeout": TEST_MINUTES * 60,
        "points": test.points,
    } for test in lab.tests)]


def forms(lab: Lab) -> dict[str, bytes]:
    """The files, by path."""
    made = {"autograding.json": autograding(lab), "tests.json": tests(lab)}
    return {f"{DIRECTORY}/{name}": (json.dumps(form, indent=2, ensure_ascii=False) + "\n").encode()
            for name, form in made.items()}
