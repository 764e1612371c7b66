# SPDX-License-Identifier: MIT
"""lab.toml, selection, scores and reports."""
from __future__ import annotations

import json
from pathlib import Path

import pytest

from grade import points
from grade.explain import console_tail
from grade.outcome import Outcome
from grade.points import CatalogError, read_labs
from grade.report import Workplace, gradescope, table
from grade.scoring import Grade, Result, tally
from grade.selection import Place, disagreement, select
from grade.tests.conftest import LAB

WRONG = {
    "no TOML": ("[lab]", "[lab", "lab.toml"),
    "no number": ("number = 1\n", "", 'no "number"'),
    "a number in quotes": ("number = 1", 'number = "1"', "must be int"),
    "other number": ("number = 1", "number = 2", "wrong directory"),
    "too few points": ("points = 60", "points = 59", "add up to 99"),
    "too many points": ("points = 60", "points = 61", "add up to 101"),
    "negative points": ("points = 60", "points = -60", "worth -60"),
    "points that are true": ("points = 60", "points = true", "must be int"),
    "a test twice": ('id = "second"', 'id = "first"', "twice"),
    "a bad name": ('id = "second"', 'id = "../x"', "no test name"),
    "an unknown key": ("points = 60", "points = 60\ntime = 5", 'unknown "time"'),
    "files that are one": ("number = 1", 'number = 1\nfiles = "ipc"', "list of paths"),
    "files elsewhere": ("number = 1", 'number = 1\nfiles = ["../x"]', "list of paths"),
    "an unknown table": ("[[test]]", "[more]\n[[test]]", 'unknown table "more"'),
    "no title": ('title = "the first thing"\n', "", 'no "title"'),
    "no lab": ("[lab]", "[[lab]]", "is no table"),
}


def _write(root: Path, text: str, name: str = "lab1-small") -> None:
    (root / "labs" / name).mkdir(parents=True, exist_ok=True)
    (root / "labs" / name / "lab.toml").write_text(text)


def test_good_lab(tmp_path: Path) -> None:
    _write(tmp_path, LAB)
    lab, = read_labs(tmp_path)
    assert (lab.number, lab.name, lab.directory) == (1, "small", "labs/lab1-small")
    assert [test.points for test in lab.tests] == [60, 40]
    assert lab.files == ("ipc/small",)


def test_files(tmp_path: Path) -> None:
    _write(tmp_path, LAB.replace("number = 1", 'number = 1\nfiles = ["ipc/a", "ipc/b/c.c"]'))
    assert read_labs(tmp_path)[0].files == ("ipc/a", "ipc/b/c.c")


@pytest.mark.parametrize("old, new, said", WRONG.values(), ids=WRONG.keys())
def test_wrong_lab(tmp_path: Path, old: str, new: str, said: str) -> None:
    _write(tmp_path, LAB.replace(old, new, 1))
    with pytest.raises(CatalogError, match=said) as error:
        read_labs(tmp_path)
    assert "\n" not in str(error.value)


def test_same_number_twice(tmp_path: Path) -> None:
    _write(tmp_path, LAB)
    _write(tmp_path, LAB.replace('name = "small"', 'name = "other"'), "lab1-other")
    with pytest.raises(CatalogError, match="twice"):
        read_labs(tmp_path)


def test_no_toml_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(tmp_path, LAB)
    monkeypatch.setattr(points, "tomllib", None)
    with pytest.raises(CatalogError, match="tomli"):
        read_labs(tmp_path)


@pytest.fixture
def lab(tmp_path: Path) -> points.Lab:
    _write(tmp_path, LAB)
    return read_labs(tmp_path)[0]


def test_select(lab: points.Lab) -> None:
    assert select([lab], None, None).labs == (lab,)
    assert not select([lab], None, None).kernel
    assert select([lab], "all", None).kernel
    assert select([lab], "kernel", "anything").labs == ()
    assert select([lab], "1", "first").tests == {"first"}
    for wrong in (("2", None), ("x", None), ("1", "third")):
        with pytest.raises(pytest.UsageError):
            select([lab], *wrong)


def test_disagreement(lab: points.Lab) -> None:
    first, second = ("a", Place(1, "first")), ("b", Place(1, "second"))
    assert disagreement([lab], [first, second, ("k", Place(None, "x"))], True) is None
    assert "no pytest test grades" in str(disagreement([lab], [first], True))
    assert disagreement([lab], [first], False) is None
    assert "is not in" in str(disagreement([lab], [first, ("c", Place(1, "third"))], False))
    assert "already graded" in str(disagreement([lab], [first, ("c", Place(1, "first"))], False))
    assert "no lab 9" in str(disagreement([lab], [("c", Place(9, "first"))], False))


def _grade(lab: points.Lab, first: Outcome, second: Outcome | None,
           tests: frozenset[str] | None = None) -> Grade:
    outcomes = {"first": first, "second": second}
    found = {(1, id): Result(1, id, lab.test(id).title, outcome, "why", test=lab.test(id))
             for id, outcome in outcomes.items() if outcome is not None}
    return tally([lab], tests, found)


def test_all_pass(lab: points.Lab) -> None:
    grade = _grade(lab, Outcome.PASS, Outcome.PASS)
    assert (grade.score, grade.max_score, grade.exit_status) == (100, 100, 0)
    assert "lab 1 small: 100/100" in table(grade)


@pytest.mark.parametrize("outcome", [o for o in Outcome if o not in (
    Outcome.PASS, Outcome.INFRASTRUCTURE)])
def test_only_a_pass_earns_points(lab: points.Lab, outcome: Outcome) -> None:
    grade = _grade(lab, outcome, Outcome.PASS)
    assert (grade.score, grade.max_score, grade.exit_status) == (40, 100, 1)


@pytest.mark.parametrize("second", [Outcome.INFRASTRUCTURE, None])
def test_infrastructure_costs_nothing_and_is_no_pass(
        lab: points.Lab, second: Outcome | None) -> None:
    grade = _grade(lab, Outcome.PASS, second)
    assert (grade.score, grade.max_score, grade.exit_status) == (60, 60, 3)
    text = "\n".join(table(grade))
    assert "INCOMPLETE" in text and "40 points not graded" in text
    document = gradescope(grade)
    assert document["extra_data"]["incomplete"] and document["output"].startswith("INCOMPLETE")


def test_nothing_selected_is_no_success() -> None:
    assert tally([], None, {}).exit_status == 3


def test_some_tests(lab: points.Lab) -> None:
    grade = _grade(lab, Outcome.PASS, None, frozenset({"first"}))
    assert grade.exit_status == 0
    assert "lab 1 small: 60/60 (1 of 2 tests)" in table(grade)


def test_total_of_several_labs(lab: points.Lab) -> None:
    first = _grade(lab, Outcome.PASS, Outcome.PASS)
    assert not any(line.startswith("total") for line in table(first))
    second = _grade(lab, Outcome.PASS, Outcome.FAIL)
    text = table(Grade(first.groups + second.groups))
    assert text[-4:] == ["lab 1 small: 100/100", "lab 1 small: 60/100", "total: 160/200", ""]


def test_kernel_tests_count_but_have_no_points(lab: points.Lab) -> None:
    broken = Result(None, "smp", "all CPUs run", Outcome.PANIC, "why")
    grade = tally([], None, {}, [broken])
    assert (grade.score, grade.max_score, grade.exit_status) == (0, 0, 1)
    assert "kernel: 0 of 1 tests passed" in table(grade)


def test_gradescope_format(lab: points.Lab) -> None:
    document = gradescope(_grade(lab, Outcome.PASS, Outcome.DEADLOCK))
    assert json.loads(json.dumps(document)) == document
    assert (document["score"], document["max_score"]) == (60, 100)
    assert document["stdout_visibility"] == "hidden"
    first, second = document["tests"]
    assert (first["number"], first["score"], first["max_score"], first["status"]) == (
        "1", 60, 60, "passed")
    assert second["name"] == "lab 1 second: the second thing"
    assert (second["score"], second["status"], second["output"]) == (0, "failed", "why")
    assert second["tags"] == ["dead-lock", "small.2"] and second["visibility"] == "visible"


def test_workplaces_do_not_meet(tmp_path: Path) -> None:
    one, other = Workplace(tmp_path), Workplace(tmp_path)
    assert one.directory != other.directory and one.directory.exists()
    for place, word in ((one, "one"), (other, "other")):
        (place.runs / "lab1-first").mkdir()
        (place.runs / "lab1-first" / "console.log").write_text(word)
        place.publish(Grade(()))
        assert (tmp_path / "grade/runs/lab1-first/console.log").read_text() == word
    assert not list((tmp_path / "grade" / ".work").iterdir())
    json.loads((tmp_path / "grade" / "results.json").read_text())


def test_leavings_are_removed(tmp_path: Path) -> None:
    left = tmp_path / "grade" / ".work" / "left"
    left.mkdir(parents=True)
    (left / "owner").touch()
    place = Workplace(tmp_path)
    assert not left.exists() and place.directory.exists()


def test_console_tail() -> None:
    assert console_tail("") == ["(the console stayed empty)"]
    assert console_tail("\n".join(map(str, range(100)))) == [str(i) for i in range(84, 100)]
    tail = console_tail("boot\n" * 50 + "PANIC: x\n" + "  frame\n" * 30)
    assert tail[0] == "PANIC: x" and len(tail) == 31
    tail = console_tail("boot\n" * 50 + "PANIC: x\n  frame\n")
    assert tail == ["PANIC: x", "  frame"]
