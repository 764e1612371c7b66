# SPDX-License-Identifier: MIT
"""What a lab is worth: labs/labN-name/lab.toml.

    [lab]
    number = 2
    name = "port"
    title = "Ports: a queue between many senders and one receiver"
    handout = "README.md"           # in the same directory
    files = ["ipc/port"]            # what its student writes in; if absent: ipc/NAME

    [[test]]
    id = "fifo"
    exercise = "port.2"
    points = 5
    handout = "#fifo"               # the section that explains it
    title = "messages arrive in the order sent"

The points of a lab add up to 100.
"""
from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

try:
    import tomllib
except ModuleNotFoundError:  # before Python 3.11
    try:
        import tomli as tomllib  # type: ignore[no-redef]
    except ModuleNotFoundError:
        tomllib = None  # type: ignore[assignment]

LAB_POINTS = 100
LAB_KEYS = {"number": int, "name": str, "title": str, "handout": str}
TEST_KEYS = {"id": str, "exercise": str, "points": int, "handout": str, "title": str}


class CatalogError(Exception):
    """A lab.toml is wrong; the text says which and where, in one line."""


@dataclass(frozen=True)
class LabTest:
    """One graded test."""

    lab: int
    id: str
    exercise: str  # the marker of what the student writes, "port.2"
    points: int
    handout: str  # "#section" of the lab's handout
    title: str


@dataclass(frozen=True)
class Lab:
    """One lab, with its tests in the order of the file."""

    number: int
    name: str
    title: str
    handout: str
    directory: str  # from the root of the tree: "labs/lab2-port"
    files: tuple[str, ...]  # directories and files, from the root, in which its student writes
    tests: tuple[LabTest, ...]

    def test(self, id: str) -> LabTest | None:
        """The test of this name."""
        return next((test for test in self.tests if test.id == id), None)


def _table(path: Path, what: str, table: Any, keys: dict[str, type]) -> dict[str, Any]:
    """`table` if it has exactly these keys with values of these types."""
    if not isinstance(table, dict):
        raise CatalogError(f"{path}: {what} is no table")
    for key, kind in keys.items():
        if key not in table:
            raise CatalogError(f'{path}: {what} has no "{key}"')
        if not isinstance(table[key], kind) or isinstance(table[key], bool):
            raise CatalogError(f'{path}: {what}: "{key}" must be {kind.__name__}')
    if unknown := sorted(set(table) - set(keys)):
        raise CatalogError(f'{path}: {what}: unknown "{unknown[0]}"')
    return table


def _head(path: Path, table: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The table [lab] without its files, and these."""
    table = dict(table) if isinstance(table, dict) else table
    files = table.pop("files", None) if isinstance(table, dict) else None
    head = _table(path, "[lab]", table, LAB_KEYS)
    if files is None:
        files = [f"ipc/{head['name']}"]
    if not isinstance(files, list) or not all(isinstance(file, str) for file in files) or any(
            not file or file.startswith("/") or file.endswith("/") or ".." in file for file in files):
        raise CatalogError(f'{path}: [lab]: "files" must be a list of paths from the root')
    return head, tuple(files)


def read_lab(path: Path, root: Path) -> Lab:
    """The lab of one lab.toml. Raises CatalogError."""
    if tomllib is None:
        raise CatalogError("Python before 3.11 needs the package tomli (python3-tomli) for lab.toml")
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CatalogError(f"{path}: {error}") from None
    if unknown := sorted(set(document) - {"lab", "test"}):
        raise CatalogError(f'{path}: unknown table "{unknown[0]}"')
    head, files = _head(path, document.get("lab"))
    if path.parent.name != f"lab{head['number']}-{head['name']}":
        raise CatalogError(f"{path}: lab {head['number']} {head['name']} is in the wrong directory")
    rows = document.get("test", [])
    if not isinstance(rows, list):
        raise CatalogError(f"{path}: tests are written [[test]]")
    tests = tuple(LabTest(head["number"], **_table(path, f"[[test]] {i}", row, TEST_KEYS))
                  for i, row in enumerate(rows, 1))
    ids = [test.id for test in tests]
    for test in tests:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", test.id):
            raise CatalogError(f'{path}: "{test.id}" is no test name (a-z, 0-9, "_", "-")')
        if ids.count(test.id) > 1:
            raise CatalogError(f'{path}: the test "{test.id}" stands there twice')
        if test.points <= 0:
            raise CatalogError(f'{path}: the test "{test.id}" is worth {test.points} points')
    total = sum(test.points for test in tests)
    if total != LAB_POINTS:
        raise CatalogError(f"{path}: the points add up to {total}, not {LAB_POINTS}")
    return Lab(head["number"], head["name"], head["title"], head["handout"],
               path.parent.relative_to(root).as_posix(), files, tests)


def read_labs(root: Path) -> list[Lab]:
    """All labs of the tree at `root`, by number. Raises CatalogError."""
    labs = [read_lab(path, root) for path in sorted(root.glob("labs/lab*/lab.toml"))]
    labs.sort(key=lambda lab: lab.number)
    for one, other in zip(labs, labs[1:]):
        if one.number == other.number:
            raise CatalogError(f"lab {one.number} is there twice: {one.directory}, {other.directory}")
    return labs
