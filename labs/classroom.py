# SPDX-License-Identifier: MIT
"""GitHub Classroom's autograding form: a workflow with a step for each test of a lab, made of its lab.toml.

Classroom's own actions run a command for each test, give its points if it ends with 0, and report the sum
(https://github.com/classroom-resources). A starter has the form of its own lab.
"""
from __future__ import annotations

import json

from grade.points import Lab, LabTest

PATH = ".github/workflows/classroom.yml"
MINUTES = 5  # for one test; the first also builds
HEAD = """# GitHub Classroom's autograding of lab {number}, {name}: a step for each test, with its points.
name: Autograding Tests
on:
  workflow_dispatch:
  repository_dispatch:
permissions:
  checks: write
  actions: read
  contents: read
jobs:
  run-autograding-tests:
    runs-on: ubuntu-24.04
    if: github.actor != 'github-classroom[bot]'
    steps:
      - uses: actions/checkout@v4
      - name: set-up
        run: make setup
      - name: build
        run: make || true
"""
STEP = """      - name: {title}
        id: {id}
        uses: classroom-resources/autograding-command-grader@v1
        with:
          test-name: {title}
          command: make grade LAB={lab} TEST={id} TIMEOUT_SCALE=4
          timeout: {minutes}
          max-score: {points}
"""
REPORTER = """      - name: report
        uses: classroom-resources/autograding-grading-reporter@v1
        env:
{results}
        with:
          runners: {runners}
"""


def _step(lab: Lab, test: LabTest) -> str:
    title = json.dumps(f"{test.id}: {test.title}")  # a JSON string is a YAML one
    return STEP.format(title=title, id=test.id, lab=lab.number, minutes=MINUTES, points=test.points)


def workflow(lab: Lab) -> str:
    """The workflow's text."""
    results = "\n".join(f'          {test.id.upper()}_RESULTS: "${{{{steps.{test.id}.outputs.result}}}}"' for test in lab.tests)
    return (HEAD.format(number=lab.number, name=lab.name) + "".join(_step(lab, test) for test in lab.tests)
            + REPORTER.format(results=results, runners=",".join(test.id for test in lab.tests)))
