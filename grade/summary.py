#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A grading as a page: Markdown, for the summary of a run of GitHub Actions.

usage: summary.py build/grade/results.json

Writes a table of the labs, and what did not pass with its explanation. Without results it says that there are none. Needs nothing
but Python.
"""
from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

LIMIT = 500_000  # characters: GitHub takes a mebibyte
NAME = re.compile(r"(lab \d+|kernel) (\S+): (.*)")  # "lab 2 fifo: messages arrive in the order sent"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def _fenced(text: str) -> str:
    """Between fences that are longer than any in the text."""
    fence = "`" * max(3, *(len(ticks) + 1 for ticks in re.findall("`+", text)), 3)
    return f"{fence}text\n{text.rstrip()}\n{fence}"


def page(document: dict[str, Any]) -> str:
    """The page of one results.json."""
    labs: dict[str, list[dict[str, Any]]] = {}
    for test in document.get("tests", []):
        found = NAME.fullmatch(test["name"])
        labs.setdefault(found[1] if found else "tests", []).append(test)
    lines = [f"## {document.get('score', 0)} of {document.get('max_score', 0)} points", "", "| lab | passed | points |",
             "|---|---|---|"]
    for name, tests in labs.items():
        passed = sum(test["status"] == "passed" for test in tests)
        lines.append(f"| {_cell(name)} | {passed} of {len(tests)} | "
                     f"{sum(t['score'] for t in tests)}/{sum(t['max_score'] for t in tests)} |")
    if document.get("extra_data", {}).get("incomplete"):
        lines += ["", "**INCOMPLETE:** not every test could be run, which costs no points. This grade is not final: run it again."]
    lost = [test for tests in labs.values() for test in tests if test["status"] != "passed"]
    if lost:
        lines += ["", "| did not pass | outcome | points |", "|---|---|---|"]
        lines += [f"| {_cell(t['name'])} | {(t.get('tags') or ['fail'])[0]} | {t['score']}/{t['max_score']} |" for t in lost]
    for test in lost:
        if (test.get("tags") or [""])[0] != "not attempted" and test.get("output"):
            lines += ["", f"<details><summary>{_cell(test['name'])}</summary>", "", _fenced(test["output"]), "", "</details>"]
    text = "\n".join(lines) + "\n"
    return text if len(text) <= LIMIT else text[:LIMIT].rpartition("\n<details>")[0] + "\n\nThe rest is in the artifact.\n"


def main() -> int:
    if len(sys.argv) != 2:
        print("usage: summary.py build/grade/results.json", file=sys.stderr)
        return 2
    try:
        print(page(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))), end="")
    except (OSError, ValueError):
        print("## Nothing was graded\n\nIt does not build, or the grading was cut short: see the log.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
