# SPDX-License-Identifier: MIT
"""Which tests a grading is about: what --lab and --test mean, and that lab.toml and pytest agree."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from grade.points import Lab


@dataclass(frozen=True)
class Selection:
    """`labs` to grade, `kernel`: the kernel's own tests too, `tests`: only these (None: all)."""

    labs: tuple[Lab, ...]
    kernel: bool
    tests: frozenset[str] | None


@dataclass(frozen=True)
class Place:
    """Where a pytest item belongs: a lab's number or None for the kernel, and the test's name."""

    lab: int | None
    id: str


def _words(text: str | None) -> list[str]:
    return [word for word in (text or "").replace(",", " ").split() if word]


def select(labs: list[Lab], lab: str | None, test: str | None) -> Selection:
    """What --lab ("2", "1,2", "kernel", "all"; nothing: all labs, not the kernel) and --test name.

    Raises pytest.UsageError for what is not there.
    """
    known = {str(one.number): one for one in labs}
    chosen: dict[str, Lab] = {}
    kernel = False
    for word in _words(lab) or list(known):
        if word == "all":
            chosen, kernel = dict(known), True
        elif word == "kernel":
            kernel = True
        elif word in known:
            chosen[word] = known[word]
        else:
            there = ", ".join(known) or "none"
            raise pytest.UsageError(f"there is no lab {word} (labs: {there}; also: kernel, all)")
    names = frozenset(_words(test)) or None
    if names and not kernel:
        have = [t.id for one in chosen.values() for t in one.tests]
        for name in sorted(names - set(have)):
            raise pytest.UsageError(f"there is no test {name} (tests: {', '.join(have)})")
    return Selection(tuple(chosen[key] for key in sorted(chosen, key=int)), kernel, names)


def place(item: pytest.Item) -> Place:
    """Where the item belongs. Raises pytest.UsageError for a marker that says nothing."""
    marker = item.get_closest_marker("lab")
    if marker is None:
        return Place(None, item.name.removeprefix("test_"))
    if len(marker.args) != 2 or marker.kwargs or not isinstance(marker.args[0], int):
        raise pytest.UsageError(f'{item.nodeid}: write @pytest.mark.lab(2, "fifo")')
    return Place(marker.args[0], str(marker.args[1]))


def disagreement(labs: Iterable[Lab], places: Iterable[tuple[str, Place]],
                 whole: bool) -> str | None:
    """What lab.toml and the pytest tests do not agree on, in one line, or None.

    places  node id and place of every collected test
    whole   all test files were collected, so that a test of lab.toml must be among them
    """
    by_number = {lab.number: lab for lab in labs}
    seen: dict[Place, str] = {}
    for node, where in places:
        if where.lab is None:
            continue
        lab = by_number.get(where.lab)
        if lab is None:
            return f"{node}: there is no lab {where.lab} in labs/"
        if lab.test(where.id) is None:
            return f'{node}: "{where.id}" is not in {lab.directory}/lab.toml'
        if where in seen:
            return f'{node}: "{where.id}" is already graded by {seen[where]}'
        seen[where] = node
    for lab in by_number.values() if whole else ():
        for test in lab.tests:
            if Place(lab.number, test.id) not in seen:
                return f'{lab.directory}/lab.toml: no pytest test grades "{test.id}"'
    return None
