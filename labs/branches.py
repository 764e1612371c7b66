# SPDX-License-Identifier: MIT
"""Local branches for students: labN-name and labN-name-solution, in one chain.

    lab1-message -> lab1-message-solution -> lab2-port -> lab2-port-solution -> ...

They are made of the files of a commit, with names and times that are always the same, so that
everybody who has that commit gets the same hashes. Nothing but objects and branches is written: index and
work tree stay as they are.
"""
from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from grade.points import Lab
from labs import trees
from labs.trees import EPOCH, Tree, TreeError, git

NAME, EMAIL = "Ponte", "ponte@invalid"
IDENTITY = {f"GIT_{who}_{what}": value
            for who in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", NAME), ("EMAIL", EMAIL), ("DATE", f"{EPOCH} +0000"))}
SIGNATURE = f"{NAME} <{EMAIL}> {EPOCH} +0000"


@dataclass(frozen=True)
class Branch:
    """A branch to be made: its name, its commit."""

    name: str
    commit: str
    before: str  # where it is now; empty: nowhere


def _write_tree(root: Path, tree: Tree, known: dict[bytes, str], index: Path) -> str:
    """The hash of the tree. `known`: the blobs written so far, by their bytes."""
    rows = []
    for path, file in tree.items():
        if file.data not in known:
            known[file.data] = git(root, "hash-object", "-w", "--stdin", input=file.data).decode().strip()
        rows.append(f"{'100755' if file.executable else '100644'} {known[file.data]}\t{path}\n")
    private = {"GIT_INDEX_FILE": str(index)}
    git(root, "read-tree", "--empty", environment=private)
    git(root, "update-index", "--index-info", input="".join(rows).encode(), environment=private)
    return git(root, "write-tree", environment=private).decode().strip()


def _commits(root: Path, tree: Tree, labs: list[Lab]) -> list[tuple[str, str]]:
    """(name, hash) of each branch, in order; the commits are written."""
    made: list[tuple[str, str]] = []
    known: dict[bytes, str] = {}
    with tempfile.TemporaryDirectory() as private:
        for lab in labs:
            name = f"lab{lab.number}-{lab.name}"
            for branch, files, message in (
                    (name, trees.starter(tree, labs, lab), f"Lab {lab.number}, {lab.name}: to do"),
                    (f"{name}-solution", trees.solution(tree, labs, lab),
                     f"Lab {lab.number}, {lab.name}: a solution")):
                hash = _write_tree(root, files, known, Path(private, "index"))
                parent = ["-p", made[-1][1]] if made else []
                commit = git(root, "commit-tree", "--no-gpg-sign", hash, *parent,
                             input=f"{message}\n".encode(), environment=IDENTITY)
                made.append((branch, commit.decode().strip()))
    return made


def _now(root: Path, branch: str) -> str:
    """The commit of the branch, empty if there is none."""
    return git(root, "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}").decode().strip()


def _ours(root: Path, commit: str) -> bool:
    """Whether this tool made the commit: nobody has committed on top of it."""
    text = git(root, "cat-file", "commit", commit).decode("utf-8", "replace").split("\n\n")[0]
    return all(f"{who} {SIGNATURE}" in text.split("\n") for who in ("author", "committer"))


def _checked_out(root: Path) -> set[str]:
    """The branches that some work tree is on."""
    listed = git(root, "worktree", "list", "--porcelain").decode().splitlines()
    return {line.removeprefix("branch refs/heads/") for line in listed if line.startswith("branch ")}


def make_branches(root: Path, labs: list[Lab], tree: Tree, force: bool = False) -> list[Branch]:
    """Makes or moves all branches, or none.

    tree   the reference's files
    force  branches with commits of a student's are moved too, and these commits lost
    TreeError if that is needed, or if a branch to be moved is checked out.
    """
    if git(root, "rev-parse", "--show-prefix").strip():
        raise TreeError(f"{root} is not the top of a git repository")
    branches = [Branch(name, commit, _now(root, name)) for name, commit in _commits(root, tree, labs)]
    moving = [branch for branch in branches if branch.before not in ("", branch.commit)]
    in_use = _checked_out(root)
    for branch in moving:
        if branch.name in in_use:
            raise TreeError(f"{branch.name} is checked out: switch to another branch first")
        if not force and not _ours(root, branch.before):
            raise TreeError(f"{branch.name} has commits of yours: rename it (git branch -m {branch.name} "
                            "NAME), or lose them with FORCE=1; no branch was changed")
    zero = "0" * len(branches[0].commit) if branches else ""
    git(root, "update-ref", "--stdin", "-m", "make branches", input="".join(
        f"update refs/heads/{b.name} {b.commit} {b.before or zero}\n" for b in branches).encode())
    return branches


def uncommitted(root: Path) -> bool:
    """Whether the work tree has changes that the branches will not have."""
    environment = {"GIT_OPTIONAL_LOCKS": "0"} if "GIT_OPTIONAL_LOCKS" not in os.environ else None
    return bool(git(root, "status", "--porcelain", "-uno", environment=environment).strip())
