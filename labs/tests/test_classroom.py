# SPDX-License-Identifier: MIT
"""The form for GitHub Classroom says of each test what lab.toml says."""
from __future__ import annotations

import re

from grade.points import Lab, read_labs
from labs import classroom, trees
from labs.labs import ROOT
from labs.tests.conftest import as_tree


def test_each_test_with_its_points() -> None:
    for lab in read_labs(ROOT):
        text = classroom.workflow(lab)
        steps = re.findall(r"TEST=(\S+) .*\n +timeout: \d+\n +max-score: (\d+)\n", text)
        assert steps == [(test.id, str(test.points)) for test in lab.tests]
        assert sum(int(points) for _, points in steps) == 100
        assert text.count(f"make grade LAB={lab.number} ") == len(lab.tests)


def test_the_report_names_each_step() -> None:
    lab = read_labs(ROOT)[1]
    text = classroom.workflow(lab)
    runners = re.search(r"runners: (.*)\n", text)
    assert runners and runners[1].split(",") == [test.id for test in lab.tests]
    for test in lab.tests:
        assert f'{test.id.upper()}_RESULTS: "${{{{steps.{test.id}.outputs.result}}}}"' in text
        assert re.fullmatch("[a-z_0-9]+", test.id)


def test_titles_that_yaml_would_misread() -> None:
    lab = read_labs(ROOT)[1]
    test = lab.tests[0].__class__(**{**lab.tests[0].__dict__, "title": 'one: "two" #3'})
    assert r'test-name: "create: one: \"two\" #3"' in classroom._step(lab, test)


def test_a_starter_has_its_own(files, labs: list[Lab]) -> None:
    for make in (trees.starter, trees.solution):
        for lab in labs:
            assert trees.text_of(make(as_tree(files), labs, lab)[classroom.PATH]) == classroom.workflow(lab)
