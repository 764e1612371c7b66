# SPDX-License-Identifier: MIT
"""Submissions for lab 1 of this very tree: what its guards refuse, and that half of the work gets what it earns.

One test, for it builds the kernel: the tree is built once, and each submission changes a file or two of it.
"""
from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from grade import submission
from grade.handed_in import Taken
from labs import trees
from labs.labs import ROOT

SOURCE, HEADER = "ipc/message/message.c", "ipc/message/message.h"
DECLARED = """
void console_write(void *console, const char *text, unsigned long length);
void *console_object(int line);
static inline void boast(void)
{
    console_write(console_object(1), "KTAP version 1\\n", 15);
}
"""
BOAST = f"{DECLARED}void boast_now(void);\nvoid boast_now(void)\n{{\n    boast();\n}}\n"
# What is added to which file, and what is said of it.
REFUSED = {
    "writes to the results line": (SOURCE, BOAST, f"{SOURCE}: uses console_write"),
    "from another file": (HEADER, f"{DECLARED}#define list_init(x) (boast(), list_init(x))\n",
                          "uses console_write"),
    "takes the reference": (HEADER, '#pragma GCC system_header\n#include "../../../../ipc/message/message.c"\n',
                            "message.c, which is not Ponte's"),
    "reads a secret": (SOURCE, '#include "/etc/passwd"\n', "includes /etc/passwd"),
    "splices a word": (SOURCE, 'void stop(void);\nvoid stop(void)\n{\n    __as\\ \nm__("hlt");\n}\n', "__asm__"),
}


class Yard:
    """The starter of lab 1, built; `hand_in` changes it, judges, and puts it back."""

    def __init__(self, directory: Path) -> None:
        self.tree = trees.read_directory(ROOT)
        self.labs = trees.labs_of(self.tree)
        self.lab, self.directory = self.labs[0], directory
        trees.write_directory(trees.starter(self.tree, self.labs, self.lab), directory)
        self.names = submission.build_given(directory)

    def hand_in(self, files: dict[str, bytes]) -> None:
        """Failure, if it is refused."""
        changed = submission.put_in(Taken(dict(files)), self.directory, self.lab)
        try:
            submission.check_and_build(self.directory, self.lab, changed, self.names)
        finally:
            for path, given in changed.items():
                (self.directory / path).write_bytes(given)

    def refusals(self) -> Iterator[tuple[str, str, str]]:
        """(which, what should be said, what is said)"""
        for name, (path, added, said) in REFUSED.items():
            try:
                self.hand_in({path: (self.directory / path).read_bytes() + added.encode()})
                yield name, said, "nothing"
            except submission.Failure as failure:
                yield name, said, str(failure)

    def half(self) -> tuple[int, int]:
        """Points that the first exercises earn: by lab.toml, and by the grader."""
        done = {"message.1", "message.2"}
        made = trees.variant(self.tree, self.lab, done)
        self.hand_in({path: made[path].data for path in submission.own_files(self.directory, self.lab)})
        assert submission.grade(self.directory, self.lab, 2) == submission.LOST
        document = json.loads((self.directory / "build/grade/results.json").read_text())
        return sum(test.points for test in self.lab.tests if test.exercise in done), document["score"]


def test_this_tree(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    yard = Yard(tmp_path / "tree")
    for name, said, heard in yard.refusals():
        assert said in heard and "root:" not in heard, (name, heard)
    due, got = yard.half()
    assert 0 < due < 100 and got == due
