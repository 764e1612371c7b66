# SPDX-License-Identifier: MIT
"""Submissions that a grader must see through, made of the starter: part of `make gates`.

Each gets the points that its lab's own files earn, and no more.
"""
from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grade.points import Lab
from labs import gradescope, trees
from labs.trees import File, Tree


@dataclass(frozen=True)
class Submission:
    """What is handed in for a lab, what it must get, and a word that must be said."""

    name: str
    tree: Tree
    points: int
    said: str = ""


def _changed(tree: Tree, path: str, old: str, new: str) -> Tree:
    text = trees.text_of(tree[path])
    assert old in text, f"{path} has no {old!r}"
    return {**tree, path: File(text.replace(old, new, 1).encode())}


OBLIGING = {
    "Makefile": "grade:\n\techo lab 1 message: 100/100\n",
    "grade/run.py": "print('lab 1 message: 100/100')\n",
    "grade/submission.py": "print('lab 1 message: 100/100')\n",
    "grade/labs/test_lab1_message.py": "",
    "user/test/message.c": "int main(void) { return 0; }\n",
    "user/lib/test.c": "",
}
PASSES = r'''
#include "kernel/lib/log.h"
static void boast(void)
{
    log("%s", "KTAP version 1\n1..1\nok 1 user/test/message.c:1 passed\n# end 1\n");
}
'''
FORGES = r'''
static void boast(void)
{
    for (const char *c = "KTAP version 1\n1..1\nok 1 x:1 y\n# end 1\n"; *c; c++)
        __asm__ volatile("outb %0, %1" : : "a"(*c), "Nd"((unsigned short)0x2f8));
}
'''
SHUTS_DOWN = r'''
extern _Noreturn void machine_shutdown(unsigned code);
static void boast(void)
{
    machine_shutdown(0x10);
}
'''
STUB = 'return lab_todo("message.1");'


def submissions(tree: Tree, labs: list[Lab]) -> Iterator[Submission]:
    """For lab 1."""
    lab = labs[0]
    starter, solution = trees.starter(tree, labs, lab), trees.solution(tree, labs, lab)
    source = "ipc/message/message.c"
    yield Submission("the starter", starter, 0, "not attempted")
    yield Submission("the solution", solution, 100)
    yield Submission("graders that say 100", {**starter, **{path: File(text.encode()) for path, text in OBLIGING.items()}},
                     0, "not attempted")
    boast = _changed(starter, source, STUB, "boast(); " + STUB)
    top = '#include "ipc/message/message.h"\n'
    yield Submission("a kernel that prints the pass lines", _changed(boast, source, top, top + PASSES), 0, "not attempted")
    yield Submission("one that writes them to the results line", _changed(boast, source, top, top + FORGES), 0, "__asm__")
    yield Submission("one that ends the machine as if it had passed", _changed(boast, source, top, top + SHUTS_DOWN), 0,
                     "uses machine_shutdown")
    yield Submission("one that includes what is elsewhere", _changed(
        starter, source, top, top + '#include "/etc/hostname"\n'), 0)
    yield Submission("one that does not build", _changed(starter, source, STUB, "return 1 +;"), 0, "does not build")


def judge(root: Path, one: Submission, directory: Path) -> str | None:
    """What is wrong with how it is graded, or None."""
    trees.write_directory(one.tree, directory / "handed in")
    results = directory / "results.json"
    done = subprocess.run([sys.executable, str(root / "grade" / "submission.py"), "1", str(directory / "handed in"),
                           "--results", str(results), "--build", str(directory / "build")],
                          text=True, capture_output=True, check=False, env={**os.environ, "CI": ""})
    if not results.exists():
        return f"{one.name}: no results.json: {done.stdout[-1000:]}{done.stderr[-1000:]}"
    score = json.loads(results.read_text())["score"]
    if score != one.points:
        return f"{one.name}: {score} points instead of {one.points}"
    if one.said not in done.stdout:
        return f"{one.name}: nothing is said of {one.said}"
    return None


def autograder(tree: Tree, labs: list[Lab], directory: Path) -> str | None:
    """What is wrong with Gradescope's autograder for lab 1, given a solution, or None."""
    lab = labs[0]
    gradescope.unpack(gradescope.package(tree, labs, lab), directory)
    done = gradescope.run(directory, "setup.sh")
    if done.returncode:
        return f"gradescope: setup.sh: {done.stdout[-1000:]}{done.stderr[-1000:]}"
    trees.write_directory(trees.solution(tree, labs, lab), directory / "submission")
    done = gradescope.run(directory, "run_autograder")
    score = gradescope.results(directory)["score"]
    return None if score == 100 else f"gradescope: {score} points: {done.stdout[-1000:]}{done.stderr[-1000:]}"


def check(root: Path, tree: Tree, labs: list[Lab], build: Path) -> Iterator[str]:
    """What is not as it should be. `build`: a directory for what is made meanwhile."""
    build.mkdir(parents=True, exist_ok=True)
    for one in submissions(tree, labs):
        with tempfile.TemporaryDirectory(dir=build) as directory:
            if wrong := judge(root, one, Path(directory)):
                yield wrong
    with tempfile.TemporaryDirectory(dir=build) as directory:
        if wrong := autograder(tree, labs, Path(directory)):
            yield wrong
