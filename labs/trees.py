# SPDX-License-Identifier: MIT
"""Trees of files: the reference, and the starters and solutions that are made of it.

A tree is a dictionary from paths to files, so that it can come from a directory or from a commit, and
go to a directory, a tarball or a branch.
"""
from __future__ import annotations

import io
import lzma
import os
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from grade.points import CatalogError, Lab, read_labs
from labs import classroom, markers

# Never a student's: answers and notes for teaching, known mistakes, and this tool.
HIDDEN = re.compile(r"labs/[^/]+/(instructor|mutants)/.*|labs/tests/.*|labs/[^/]+\.py|docs/labs\.md|"
                    r"grade/(tests/test_)?mutants\.py")
NOT_SOURCE = {".git", "build", "__pycache__", ".pytest_cache"}
ONLY_HERE = re.compile(r"<!-- reference only -->\n.*?<!-- end -->\n", re.DOTALL)  # in README.md
CURRENT = "labs/current"  # in a starter or solution: which lab it is about (grade/run.py)
EPOCH = 1767225600  # 2026-01-01: the time of everything that must be the same on every machine


class TreeError(Exception):
    """Something cannot be made; one line says why."""


@dataclass(frozen=True)
class File:
    """A file's bytes, and whether it can be executed."""

    data: bytes
    executable: bool = False


Tree = dict  # of str: File; slashes, from the root


def read_directory(root: Path) -> Tree:
    """All sources in the directory, committed or not."""
    tree: Tree = {}
    for directory, names, files in os.walk(root):
        names[:] = [name for name in names if name not in NOT_SOURCE]
        for name in files:
            path = Path(directory, name)
            if path.is_file() and path.suffix != ".pyc" and name != ".git":
                tree[path.relative_to(root).as_posix()] = File(
                    path.read_bytes(), os.access(path, os.X_OK))
    return dict(sorted(tree.items()))


def git(root: Path, *arguments: str, input: bytes | None = None,
        environment: dict[str, str] | None = None) -> bytes:
    """What a git command writes. TreeError if it fails."""
    try:
        done = subprocess.run(["git", *arguments], cwd=root, input=input, capture_output=True,
                              check=False, env={**os.environ, **(environment or {})})
    except OSError as error:
        raise TreeError(f"git: {error.strerror}") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise TreeError(f"git {arguments[0]}: {said[-1] if said else 'failed'}")
    return done.stdout


def read_commit(root: Path, commit: str = "HEAD") -> Tree:
    """The files of a commit. TreeError if there is no repository or no such commit."""
    listed = git(root, "ls-tree", "-r", "-z", "--full-tree", commit).decode().split("\0")
    rows = [re.fullmatch(r"(\d+) blob (\w+)\t(.*)", row) for row in listed if row]
    found = [row for row in rows if row and row[1] != "120000"]
    blobs = git(root, "cat-file", "--batch", input="".join(f"{row[2]}\n" for row in found).encode())
    tree: Tree = {}
    at = 0
    for row in found:
        line_end = blobs.index(b"\n", at)
        size = int(blobs[at:line_end].split()[2])
        tree[row[3]] = File(blobs[line_end + 1:line_end + 1 + size], row[1] == "100755")
        at = line_end + 1 + size + 1
    return tree


def text_of(file: File) -> str:
    """The file as text; empty if it is none."""
    try:
        return file.data.decode("utf-8")
    except UnicodeDecodeError:
        return ""


def labs_of(tree: Tree) -> list[Lab]:
    """The labs of the tree, by its own lab.toml files. CatalogError."""
    with tempfile.TemporaryDirectory() as name:
        for path, file in tree.items():
            if path.endswith("/lab.toml"):
                Path(name, path).parent.mkdir(parents=True)
                Path(name, path).write_bytes(file.data)
        try:
            return read_labs(Path(name))
        except CatalogError as error:
            raise CatalogError(str(error).replace(f"{name}/", "")) from None


def exercises_of(tree: Tree) -> tuple[list[markers.Exercise], list[markers.Problem]]:
    """All exercises of the tree, and what is wrong with the markers, each on its own."""
    found: list[markers.Exercise] = []
    problems: list[markers.Problem] = []
    for path, file in tree.items():
        if path.startswith(("kernel/", "ipc/", "user/")):
            exercises, wrong = markers.read(path, text_of(file))
            found += [exercise for exercise in exercises if not exercise.given]
            problems += wrong
    return found, problems


def _readme(text: str, lab: Lab, solution: bool) -> str:
    """The README of a branch, which leads to its handout first."""
    handout = f"{lab.directory}/{lab.handout}"
    what = "a solution of" if solution else "where you begin with"
    note = (f"> **This is {what} lab {lab.number}, {lab.name}.** Read [{handout}]({handout}) first; "
            "what stands here is about the whole of Ponte.\n")
    head, _, rest = ONLY_HERE.sub("", text).partition("\n")
    return f"{head}\n\n{note}{rest}"


def variant(tree: Tree, lab: Lab, solved: Iterable[str], solution: bool = False) -> Tree:
    """What a student of `lab` gets, with the exercises `solved` done and all others to do.

    solution  it is no starter, and says so
    """
    done = set(solved)
    exercises = exercises_of(tree)[0]
    done |= {e.family for e in exercises} - {e.family for e in exercises if e.id not in done}
    made: Tree = {}
    for path, file in tree.items():
        if HIDDEN.fullmatch(path):
            continue
        text = text_of(file)
        if path.startswith(("kernel/", "ipc/", "user/")) and markers.ANY in text:
            file = File(markers.render(path, text, done).encode(), file.executable)
        elif path == "README.md":
            file = File(_readme(text, lab, solution).encode(), file.executable)
        made[path] = file
    made[CURRENT] = File(f"{lab.number}\n".encode())
    made |= {path: File(data) for path, data in classroom.forms(lab).items()}
    return dict(sorted(made.items()))


def _done(tree: Tree, labs: Iterable[Lab], last: int) -> list[str]:
    names = {lab.name for lab in labs if lab.number <= last}
    return [exercise.id for exercise in exercises_of(tree)[0] if exercise.family in names]


def starter(tree: Tree, labs: Iterable[Lab], lab: Lab) -> Tree:
    """Earlier labs solved, this one and later ones to do."""
    return variant(tree, lab, _done(tree, labs, lab.number - 1))


def solution(tree: Tree, labs: Iterable[Lab], lab: Lab) -> Tree:
    """This lab solved too, later ones to do."""
    return variant(tree, lab, _done(tree, labs, lab.number), solution=True)


def write_directory(tree: Tree, directory: Path) -> None:
    """Makes the directory hold these files; those that are the same keep their times, so that make
    builds only what changed. Files that the tree does not name stay, unless they are sources."""
    if directory.is_dir():
        for path in read_directory(directory):
            if path not in tree:
                (directory / path).unlink()
    for path, file in tree.items():
        target = directory / path
        if target.is_file() and target.read_bytes() == file.data:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.data)
        target.chmod(0o755 if file.executable else 0o644)


def tarball(tree: Tree, name: str) -> bytes:
    """The tree as NAME.tar.xz with all files in NAME/; the same bytes for the same tree."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, file in sorted(tree.items()):
            entry = tarfile.TarInfo(f"{name}/{path}")
            entry.size, entry.mtime = len(file.data), EPOCH
            entry.mode = 0o755 if file.executable else 0o644
            archive.addfile(entry, io.BytesIO(file.data))
    return lzma.compress(plain.getvalue(), preset=6)
