# SPDX-License-Identifier: MIT
"""Gradescope's zip: what is in it, and that there are results whatever happens."""
from __future__ import annotations

import io
import subprocess
import zipfile
from pathlib import Path

import pytest

from grade.points import Lab
from labs import gradescope, trees
from labs.labs import ROOT
from labs.tests.conftest import as_tree


def test_what_is_in_it(files, labs: list[Lab]) -> None:
    tree = as_tree(files)
    data = gradescope.package(tree, labs, labs[1])
    assert data == gradescope.package(tree, labs, labs[1])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = set(archive.namelist())
        assert names == {"setup.sh", "run_autograder", *(f"ponte/{path}" for path in trees.starter(tree, labs, labs[1]))}
        assert "secret_port_1" not in archive.read("ponte/ipc/port/port.c").decode()
        assert "secret_message_1" in archive.read("ponte/ipc/message/message.c").decode()
        assert archive.read("ponte/labs/current") == b"2\n"
        for name in ("setup.sh", "run_autograder"):
            assert archive.getinfo(name).external_attr >> 16 == 0o100755
            assert subprocess.run(["sh", "-n"], input=archive.read(name), check=False).returncode == 0
        assert b"submission.py 2 " in archive.read("run_autograder")


def unpacked(top: Path, files, labs: list[Lab], grader: str) -> Path:
    """With a grader of the test's own in it, and this tree's way of finding a Python."""
    finder = (ROOT / "grade" / "python.sh").read_text()
    gradescope.unpack(gradescope.package(as_tree({**files, "grade/submission.py": grader, "grade/python.sh": finder}), labs,
                                         labs[1]), top)
    return top


def test_a_run(tmp_path: Path, files, labs: list[Lab]) -> None:
    grader = ("import json, pathlib, sys\nlab, source, option, results = sys.argv[1:5]\n"
              "names = sorted(p.name for p in pathlib.Path(source).iterdir())\n"
              "pathlib.Path(results).write_text(json.dumps({'score': int(lab), 'output': option + str(names)}))\n"
              "sys.exit(1)\n")
    top = unpacked(tmp_path, files, labs, grader)
    (top / "submission" / "port.c").write_text("")
    assert gradescope.run(top, "run_autograder").returncode == 0
    assert gradescope.results(top) == {"score": 2, "output": "--results['port.c']"}


@pytest.mark.parametrize("grader", ["raise SystemExit(3)\n", "import nothing_like_it\n"])
def test_a_grader_that_fails(tmp_path: Path, files, labs: list[Lab], grader: str) -> None:
    """There are results, and not those of the run before."""
    top = unpacked(tmp_path, files, labs, grader)
    (top / "results" / "results.json").write_text('{"score": 100}')
    assert gradescope.run(top, "run_autograder").returncode == 0
    found = gradescope.results(top)
    assert found["score"] == 0 and "tell your teacher" in str(found["output"])
