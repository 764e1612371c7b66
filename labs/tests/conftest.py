# SPDX-License-Identifier: MIT
"""A small tree with exercises of two labs, and a repository that has it."""
from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from grade.points import Lab, read_labs
from labs import trees

LAB_HEAD = '''[lab]
number = {number}
name = "{name}"
title = "Lab {name}"
handout = "README.md"
'''
LAB_TEST = '''
[[test]]
id = "t{n}"
exercise = "{name}.{n}"
points = 25
handout = "#x"
title = "test {n}"
'''
HEAD = '/* SPDX-License-Identifier: MIT */\n#include "ipc/{name}/{name}.h"\n\n#include "kernel/lib/list.h"\n'
BODY = '''
status_t {name}_f{n}(struct x *x)
{{
    /*@ {name}.{n} Do thing {n}. */
    int secret_{name}_{n} = 0;
    return secret_{name}_{n};
    /*@ end => return lab_todo("{name}.{n}"); */
}}
'''


def lab_files(number: int, name: str) -> dict[str, str]:
    """Four exercises in one file, four tests, a handout."""
    rows = "".join(f"| {name}.{n} | `{name}_f{n}` | t{n} |\n" for n in range(1, 5))
    return {
        f"labs/lab{number}-{name}/lab.toml": LAB_HEAD.format(number=number, name=name)
        + "".join(LAB_TEST.format(name=name, n=n) for n in range(1, 5)),
        f"labs/lab{number}-{name}/README.md": f"# Lab {number}\n\n{rows}"
        + ("\ngit checkout lab1-message -- ipc/message\n" if number == 2 else ""),
        f"labs/lab{number}-{name}/instructor/answers.md": "the answers\n",
        f"labs/lab{number}-{name}/mutants/wrong.patch": "a known mistake\n",
        f"ipc/{name}/{name}.c": HEAD.format(name=name)
        + "".join(BODY.format(name=name, n=n) for n in range(1, 5)),
    }


@pytest.fixture
def files() -> dict[str, str]:
    """The tree's texts by path; a test may change them before it asks for anything else."""
    return {"README.md": "# Ponte\n\nText.\n", "labs/labs.py": "the tool\n", "Makefile": "all:\n",
            "ipc/ipc.h": "/* nothing to do here */\n",
            **lab_files(1, "message"), **lab_files(2, "port")}


def write(root: Path, files: dict[str, str]) -> None:
    """Writes the files; run.sh can be executed."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
        (root / path).chmod(0o755 if path.endswith(".sh") else 0o644)


def as_tree(files: dict[str, str]) -> trees.Tree:
    return {path: trees.File(text.encode(), path.endswith(".sh")) for path, text in sorted(files.items())}


@pytest.fixture
def labs(tmp_path: Path, files: dict[str, str]) -> list[Lab]:
    write(tmp_path / "for-labs", files)
    return read_labs(tmp_path / "for-labs")


class Repository:
    """A git repository in a directory of its own, and someone who works in it."""

    def __init__(self, root: Path, files: dict[str, str], who: str = "Someone") -> None:
        self.root = root
        root.mkdir()
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", who)
        self.git("config", "user.email", f"{who}@example.org")
        write(root, files)
        self.commit("all")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.root, text=True, capture_output=True,
                              check=True)
        return done.stdout.strip()

    def commit(self, message: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def branches(self) -> dict[str, str]:
        """The commit of each branch."""
        listed = self.git("for-each-ref", "--format=%(refname:short) %(objectname)", "refs/heads")
        return dict(line.split() for line in listed.splitlines())


@pytest.fixture
def repository(tmp_path: Path, files: dict[str, str]) -> Repository:
    return Repository(tmp_path / "a repository", files)
