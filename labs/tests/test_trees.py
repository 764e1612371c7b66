# SPDX-License-Identifier: MIT
"""Starters, solutions, tarballs; and whether everything that names an exercise agrees."""
from __future__ import annotations

import io
import lzma
import tarfile
from pathlib import Path

import pytest

from grade.points import CatalogError, Lab, read_labs
from labs import trees
from labs.check import check
from labs.labs import ROOT
from labs.tests.conftest import BODY, Repository, as_tree, write


def solved(tree: trees.Tree, name: str) -> bool:
    return f"secret_{name}_1" in trees.text_of(tree[f"ipc/{name}/{name}.c"])


@pytest.mark.parametrize("make, number, done", [
    (trees.starter, 1, []), (trees.solution, 1, ["message"]),
    (trees.starter, 2, ["message"]), (trees.solution, 2, ["message", "port"]),
])
def test_what_is_solved(files, labs: list[Lab], make, number: int, done: list[str]) -> None:
    made = make(as_tree(files), labs, labs[number - 1])
    assert [name for name in ("message", "port") if solved(made, name)] == done
    assert not any("/*@" in trees.text_of(file) for file in made.values())
    assert made[trees.CURRENT].data == f"{number}\n".encode()


def test_what_is_given_after_a_lab(files, labs: list[Lab]) -> None:
    """It comes with the whole lab, and is nobody's exercise."""
    files = {**files, "user/lib/x.c": "void x(void)\n{\n    /*@ after port As it was. */\n    late();\n"
                                      "    /*@ end => early(); */\n}\n"}
    tree = as_tree(files)
    assert not any(exercise.given for exercise in trees.exercises_of(tree)[0])
    for make, word in ((trees.starter, "early"), (trees.solution, "late")):
        assert f"{word}();" in trees.text_of(make(tree, labs, labs[1])["user/lib/x.c"])
    ids = [e.id for e in trees.exercises_of(tree)[0] if e.family == "port"]
    assert "early();" in trees.text_of(trees.variant(tree, labs[1], ids[:-1])["user/lib/x.c"])
    wrong = as_tree({**files, "user/lib/x.c": files["user/lib/x.c"].replace("after port", "after prot")})
    assert any("there is no lab prot" in str(problem) for problem in check(wrong, labs))


def test_what_nobody_gets_to_see(files, labs: list[Lab]) -> None:
    for make in (trees.starter, trees.solution):
        made = make(as_tree(files), labs, labs[1])
        assert set(files) - set(made) == {
            "labs/labs.py", *(f"labs/{lab}/{rest}" for lab in ("lab1-message", "lab2-port")
                              for rest in ("instructor/answers.md", "mutants/wrong.patch"))}


def test_the_handout_comes_first(files, labs: list[Lab]) -> None:
    readme = trees.text_of(trees.starter(as_tree(files), labs, labs[1])["README.md"])
    assert readme.startswith("# Ponte\n\n> **This is where you begin with lab 2, port.**")
    assert "(labs/lab2-port/README.md)" in readme and readme.endswith("\n\nText.\n")


def test_what_only_the_reference_says(files, labs: list[Lab]) -> None:
    said = "More.\n<!-- reference only -->\nMake branches.\n<!-- end -->\nAnd more.\n"
    tree = as_tree({**files, "README.md": files["README.md"] + said})
    readme = trees.text_of(trees.starter(tree, labs, labs[1])["README.md"])
    assert readme.endswith("More.\nAnd more.\n") and "branches" not in readme


def test_directory_and_commit_are_the_same(repository: Repository, files) -> None:
    (repository.root / "run.sh").write_text("#!/bin/sh\n")
    (repository.root / "run.sh").chmod(0o755)
    repository.commit("a script")
    (repository.root / "build").mkdir()
    (repository.root / "build" / "x").touch()
    tree = trees.read_directory(repository.root)
    assert tree == trees.read_commit(repository.root) and tree["run.sh"].executable
    (repository.root / "later").touch()
    assert "later" not in trees.read_commit(repository.root)
    with pytest.raises(trees.TreeError, match="ls-tree"):
        trees.read_commit(repository.root, "nowhere")


def test_written_files_keep_their_times(tmp_path: Path, files) -> None:
    target = tmp_path / "target"
    trees.write_directory(as_tree(files), target)
    before = (target / "Makefile").stat().st_mtime_ns
    (target / "build").mkdir()
    (target / "build" / "object").touch()
    files["README.md"] = "# Other\n"
    del files["ipc/ipc.h"]
    trees.write_directory(as_tree(files), target)
    assert (target / "Makefile").stat().st_mtime_ns == before
    assert (target / "README.md").read_text() == "# Other\n"
    assert not (target / "ipc/ipc.h").exists() and (target / "build" / "object").exists()


def test_tarball(files, labs: list[Lab]) -> None:
    tree = trees.starter(as_tree({**files, "run.sh": "#!/bin/sh\n"}), labs, labs[1])
    data = trees.tarball(tree, "lab2-port")
    assert data == trees.tarball(dict(reversed(list(tree.items()))), "lab2-port")
    with tarfile.open(fileobj=io.BytesIO(lzma.decompress(data))) as archive:
        entries = archive.getmembers()
        assert [entry.name for entry in entries] == [f"lab2-port/{path}" for path in sorted(tree)]
        assert {(entry.mtime, entry.uid, entry.gid, entry.uname) for entry in entries} == {
            (trees.EPOCH, 0, 0, "")}
        assert {entry.name: entry.mode for entry in entries}["lab2-port/run.sh"] == 0o755


def complaints(tmp_path: Path, files: dict[str, str]) -> list[str]:
    write(tmp_path / "tree", files)
    return [str(problem) for problem in check(as_tree(files), read_labs(tmp_path / "tree"))]


def test_nothing_to_complain_about(tmp_path: Path, files) -> None:
    assert complaints(tmp_path, files) == []


PORT, TOML, README = "ipc/port/port.c", "labs/lab2-port/lab.toml", "labs/lab2-port/README.md"
WRONG = {
    "twice": (PORT, "port.2", "port.1", ["ipc/port/port.c:16: port.1 is marked twice; also ipc/port/port.c:8"]),
    "another lab's": (PORT, "port.2", "pipe.2", ["there is no lab pipe in labs/"]),
    "in the wrong place": (PORT, "port.4", "message.5", ["message.5 is not in the lab's files (ipc/message)"]),
    "a gap": (PORT, "port.3", "port.7", ["port.7: there is no port.3"]),
    "no test for it": (TOML, "port.2", "port.1", ["no test in labs/lab2-port/lab.toml is for port.2"]),
    "a test for nothing": (TOML, "port.2", "port.9", ['the test "t2" is for port.9, which is not marked']),
    "no row for it": (README, "port.2", "port 2", ["its table of exercises has no row for port.2"]),
    "a row for nothing": (README, "port.2", "port.9", ["README.md:4: port.9 is not marked anywhere"]),
    "another function": (README, "port_f2", "port_f3", ["README.md:4: port.2 is the function port_f2"]),
    "another test": (README, "| t2 |", "| t2, t4 |", ["do not name the same tests: t4"]),
    "another way on": (README, "-- ipc/message", "-- ipc/mesage", ["does not tell to go on by: git checkout lab1-message -- ipc/m"]),
    "a broken marker": (PORT, "/*@ port.1 Do thing 1. */", "/*@ port.1 */", ["no sentence"]),
    "a stub left over": (PORT, "int secret_port_1 = 0;", 'lab_todo("port.1");', ["a stub stands in the reference"]),
    "a stub of nobody": ("ipc/ipc.h", "/* nothing", 'x = lab_todo("port.9"); /* n', ["ipc/ipc.h:1: a stub"]),
}


@pytest.mark.parametrize("path, old, new, said", WRONG.values(), ids=WRONG.keys())
def test_what_does_not_agree(tmp_path: Path, files, path: str, old: str, new: str, said: list[str]) -> None:
    assert old in files[path]
    files[path] = files[path].replace(old, new)
    found = complaints(tmp_path, files)
    assert all(any(part in text for text in found) for part in said), found


def test_a_students_tree(tmp_path: Path, files, labs: list[Lab]) -> None:
    made = trees.starter(as_tree(files), labs, labs[0])
    assert [str(problem) for problem in check(made, labs)] == [
        "ipc:1: no exercise is marked: this is not the reference"]


def test_labs_of_a_tree(files, labs: list[Lab]) -> None:
    assert trees.labs_of(as_tree(files)) == labs
    files[TOML] = files[TOML].replace("points = 25", "points = 24", 1)
    with pytest.raises(CatalogError, match="^labs/lab2-port/lab.toml: the points add up to 99"):
        trees.labs_of(as_tree(files))


def test_how_many_exercises_a_lab_has(tmp_path: Path, files) -> None:
    few = dict(files)
    few[PORT] = few[PORT].replace(BODY.format(name="port", n=4), "")
    assert any("3 exercises are marked; a lab has 4 to 8" in text for text in complaints(tmp_path, few))
    files[PORT] += "".join(BODY.format(name="port", n=n) for n in range(5, 10))
    assert any("9 exercises are marked; a lab has 4 to 8" in text for text in complaints(tmp_path, files))


def test_this_tree() -> None:
    """The reference's own markers, lab.tomls and handouts."""
    labs = read_labs(ROOT)
    tree = trees.read_directory(ROOT)
    assert [str(problem) for problem in check(tree, labs)] == []
    done = trees.solution(tree, labs, labs[-1])
    assert not any("lab_todo(" in trees.text_of(file) for path, file in done.items()
                   if path.startswith("ipc/"))
