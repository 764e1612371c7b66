# SPDX-License-Identifier: MIT
"""Whether markers, lab.toml, handouts and tests tell the same story."""
from __future__ import annotations

import re
from collections.abc import Iterator

from grade.points import Lab
from labs import markers, trees
from labs.markers import Exercise, Problem

FEWEST, MOST = 4, 8  # exercises of a lab
MAKES_TODO = re.compile(r"lib/(todo|log)\.[ch]$")  # where lab_todo itself is
ROW = re.compile(r"\| *([a-z_]+\.[0-9]+) *\| *(.*?) *\| *(.*?) *\|")


def _names(exercises: list[Exercise], labs: list[Lab]) -> Iterator[Problem]:
    """Each exercise once, in a lab that there is, in one of the lab's own directories."""
    seen: dict[str, Exercise] = {}
    by_name = {lab.name: lab for lab in labs}
    for exercise in exercises:
        if exercise.id in seen:
            first = seen[exercise.id]
            yield Problem(exercise.path, exercise.first,
                          f"{exercise.id} is marked twice; also {first.path}:{first.first}")
        seen.setdefault(exercise.id, exercise)
        lab = by_name.get(exercise.family)
        if lab is None:
            yield Problem(exercise.path, exercise.first,
                          f"{exercise.id}: there is no lab {exercise.family} in labs/")
        elif not any(exercise.path == own or exercise.path.startswith(f"{own}/") for own in lab.files):
            yield Problem(exercise.path, exercise.first,
                          f"{exercise.id} is not in the lab's files ({', '.join(lab.files)})")


def _lab(lab: Lab, exercises: list[Exercise]) -> Iterator[Problem]:
    """Numbered from 1 without a gap, not too few, not too many, and each with its tests."""
    where = f"{lab.directory}/lab.toml"
    own = sorted((e for e in exercises if e.family == lab.name), key=lambda e: e.number)
    numbers = [exercise.number for exercise in own]
    if sorted(set(numbers)) != list(range(1, len(set(numbers)) + 1)):
        missing = next(n for n in range(1, max(numbers) + 1) if n not in numbers)
        yield Problem(own[-1].path, own[-1].first, f"{own[-1].id}: there is no {lab.name}.{missing}")
    if not FEWEST <= len(set(numbers)) <= MOST:
        yield Problem(where, 1, f"{len(set(numbers))} exercises are marked; a lab has {FEWEST} to {MOST}")
    marked = {exercise.id for exercise in own}
    for test in lab.tests:
        if test.exercise not in marked:
            yield Problem(where, 1, f'the test "{test.id}" is for {test.exercise}, which is not marked')
    tested = {test.exercise for test in lab.tests}
    for exercise in own:
        if exercise.id not in tested:
            yield Problem(exercise.path, exercise.first, f"no test in {where} is for {exercise.id}")


def _handout(lab: Lab, exercises: list[Exercise], text: str) -> Iterator[Problem]:
    """The handout's table of exercises names the functions and the tests."""
    where = f"{lab.directory}/{lab.handout}"
    rows = {match[1]: (number, match) for number, line in enumerate(text.splitlines(), 1)
            if (match := ROW.fullmatch(line))}
    own = {exercise.id: exercise for exercise in exercises if exercise.family == lab.name}
    for id in sorted(set(own) - set(rows)):
        yield Problem(where, 1, f"its table of exercises has no row for {id}")
    for id, (number, row) in rows.items():
        if id not in own:
            yield Problem(where, number, f"{id} is not marked anywhere")
            continue
        if f"`{own[id].function}`" not in row[2]:
            yield Problem(where, number, f"{id} is the function {own[id].function}")
        told = {name.strip() for name in row[3].split(",")}
        tests = {test.id for test in lab.tests if test.exercise == id}
        if told != tests:
            yield Problem(where, number, f"{id}: lab.toml and this row do not name the same tests: "
                          f"{', '.join(sorted(told ^ tests))}")


def _forward(lab: Lab, labs: list[Lab], text: str) -> Iterator[Problem]:
    """The handout tells how to go on with one's own earlier labs, and names all their files."""
    earlier = [other for other in labs if other.number < lab.number]
    if earlier:
        files = " ".join(dict.fromkeys(own for other in earlier for own in other.files))
        command = f"git checkout lab{earlier[-1].number}-{earlier[-1].name} -- {files}"
        if command not in text.splitlines():
            yield Problem(f"{lab.directory}/{lab.handout}", 1, f"it does not tell to go on by: {command}")


def _given(tree: trees.Tree, labs: list[Lab]) -> Iterator[Problem]:
    """What is given after a lab is so after one that there is."""
    names = {lab.name for lab in labs}
    for path, file in tree.items():
        if path.endswith(".c") and markers.ANY in trees.text_of(file):
            for one in markers.read(path, trees.text_of(file))[0]:
                if one.given and one.id not in names:
                    yield Problem(path, one.first, f"there is no lab {one.id} in labs/")


def check(tree: trees.Tree, labs: list[Lab]) -> list[Problem]:
    """All that is wrong; nothing if the list is empty."""
    exercises, problems = trees.exercises_of(tree)
    if not exercises and not problems:
        return [Problem("ipc", 1, "no exercise is marked: this is not the reference")]
    problems += _names(exercises, labs)
    problems += _given(tree, labs)
    for lab in labs:
        problems += _lab(lab, exercises)
        handout = tree.get(f"{lab.directory}/{lab.handout}")
        text = trees.text_of(handout) if handout else ""
        problems += [*_handout(lab, exercises, text), *_forward(lab, labs, text)]
    for path, file in tree.items():
        if path.endswith((".c", ".h")) and not MAKES_TODO.search(path):
            problems += _strays(path, trees.text_of(file))
    return problems


def _strays(path: str, text: str) -> Iterator[Problem]:
    """A call of lab_todo outside a marker: a stub that was forgotten in the reference."""
    for number, line in enumerate(text.splitlines(), 1):
        if "lab_todo(" in line and markers.ANY not in line:
            yield Problem(path, number, "a stub stands in the reference")
