# SPDX-License-Identifier: MIT
"""The forms for classroom services say of each test what lab.toml says."""
from __future__ import annotations

import json
from dataclasses import replace

import pytest

from grade.points import Lab, read_labs
from labs import classroom, trees
from labs.labs import ROOT
from labs.tests.conftest import as_tree

LABS = read_labs(ROOT)


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_each_test_with_its_points(lab: Lab) -> None:
    wanted = [(f"make grade LAB={lab.number} TEST={test.id} TIMEOUT_SCALE=4", test.points) for test in lab.tests]
    for rows in (classroom.autograding(lab)["tests"], classroom.tests(lab)[1:]):
        assert [(row["run"], row["points"]) for row in rows] == wanted
        assert sum(row["points"] for row in rows) == 100
        assert all(test.title in row["name"] for test, row in zip(lab.tests, rows))


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_github_classrooms_form(lab: Lab) -> None:
    """Every key that its action reads; the exit status decides, since no output is asked for."""
    for row in classroom.autograding(lab)["tests"]:
        assert list(row) == ["name", "setup", "run", "input", "output", "comparison", "timeout", "points"]
        assert row["setup"] == "make setup" and row["input"] == row["output"] == ""


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_classroom_50s_form(lab: Lab) -> None:
    """What its schema asks for: unique names of at most 100 bytes, at most 100 rows and 600 seconds each."""
    rows = classroom.tests(lab)
    names = [row["name"] for row in rows]
    assert len(set(names)) == len(names) <= 100
    assert all(len(name.encode()) <= 100 for name in names)
    for row in rows:
        assert set(row) == {"name", "type", "run", "timeout", "points"} and row["type"] == "run"
        assert 0 < row["timeout"] <= 600
    assert rows[0]["run"] == "make setup && make" and rows[0]["points"] == 0


def test_a_change_in_lab_toml_is_a_change_in_the_forms() -> None:
    lab = LABS[1]
    first = replace(lab.tests[0], points=1, title='one "two"')
    changed = replace(lab, tests=(first, *lab.tests[1:]))
    for path, data in classroom.forms(changed).items():
        assert data != classroom.forms(lab)[path] and r'one \"two\"' in data.decode()


def test_a_starter_has_its_own(files, labs: list[Lab]) -> None:
    for make in (trees.starter, trees.solution):
        for lab in labs:
            made = make(as_tree(files), labs, lab)
            there = {path: json.loads(file.data) for path, file in made.items() if path.startswith(".github/classroom/")}
            assert there == {".github/classroom/autograding.json": classroom.autograding(lab),
                             ".github/classroom/tests.json": classroom.tests(lab)}
