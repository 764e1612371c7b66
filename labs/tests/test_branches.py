# SPDX-License-Identifier: MIT
"""Branches: the same everywhere, in one chain, and nobody's work is lost."""
from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from grade.points import read_labs
from labs import trees
from labs.branches import make_branches
from labs.tests.conftest import Repository

NAMES = ["lab1-message", "lab1-message-solution", "lab2-port", "lab2-port-solution"]


def make(repository: Repository, force: bool = False) -> dict[str, str]:
    root = repository.root
    made = make_branches(root, read_labs(root), trees.read_commit(root), force)
    assert [branch.name for branch in made] == NAMES
    found = repository.branches()
    assert all(found[branch.name] == branch.commit for branch in made)
    return {branch.name: branch.commit for branch in made}


def work(repository: Repository, branch: str) -> str:
    """A commit of the student's on a branch."""
    repository.git("switch", "-q", branch)
    (repository.root / "ipc/port/port.c").write_text("my own\n")
    repository.commit("my own")
    repository.git("switch", "-q", "main")
    return repository.branches()[branch]


def test_the_same_everywhere(tmp_path: Path, repository: Repository, files,
                             monkeypatch: pytest.MonkeyPatch) -> None:
    first = make(repository)
    assert make(repository) == first
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Nobody")
    other = Repository(tmp_path / "other", files, "Someone-Else")
    other.git("config", "commit.gpgsign", "true")
    other.git("config", "core.autocrlf", "true")
    assert make(other) == first


def test_one_chain(repository: Repository) -> None:
    made = make(repository)
    history = repository.git("log", "--format=%H %s", NAMES[-1]).splitlines()
    assert [line.split()[0] for line in history] == [made[name] for name in reversed(NAMES)]
    assert history[-1].endswith("Lab 1, message: to do")
    assert "secret_port" not in repository.git("log", "-p", "lab2-port")
    assert "secret_message" not in repository.git("log", "-p", "lab1-message")
    assert "the answers" not in repository.git("log", "-p", NAMES[-1])


def test_index_and_work_tree_stay(repository: Repository) -> None:
    (repository.root / "README.md").write_text("# Changed\n")
    (repository.root / "new").touch()
    repository.git("add", "new")
    before = repository.git("status", "--porcelain=v2", "--branch"), (
        repository.root / ".git/index").read_bytes()
    make(repository)
    assert before == (repository.git("status", "--porcelain=v2", "--branch"),
                      (repository.root / ".git/index").read_bytes())


def test_what_was_made_before_is_moved(repository: Repository) -> None:
    first = make(repository)
    (repository.root / "Makefile").write_text("all: more\n")
    repository.commit("more")
    assert make(repository).items().isdisjoint(first.items())


def test_a_students_commits_stay(repository: Repository) -> None:
    make(repository)
    mine = work(repository, "lab2-port")
    (repository.root / "Makefile").write_text("all: more\n")
    repository.commit("more")
    before = repository.branches()
    with pytest.raises(trees.TreeError, match="lab2-port has commits of yours.*FORCE=1"):
        make(repository)
    assert repository.branches() == before and before["lab2-port"] == mine
    assert make(repository, force=True)["lab2-port"] != mine


def test_a_branch_of_that_name_by_somebody_else(repository: Repository) -> None:
    repository.git("branch", "lab1-message")
    with pytest.raises(trees.TreeError, match="lab1-message has commits of yours"):
        make(repository)
    assert list(repository.branches()) == ["lab1-message", "main"]


def test_a_branch_that_is_checked_out(repository: Repository, tmp_path: Path) -> None:
    make(repository)
    repository.git("worktree", "add", "-q", str(tmp_path / "elsewhere"), "lab2-port")
    make(repository)  # nothing moves
    (repository.root / "Makefile").write_text("all: more\n")
    repository.commit("more")
    before = repository.branches()
    for force in (False, True):
        with pytest.raises(trees.TreeError, match="lab2-port is checked out"):
            make(repository, force)
    assert repository.branches() == before


def test_carrying_a_lab_forward(repository: Repository) -> None:
    """The command of the handouts."""
    make(repository)
    repository.git("switch", "-q", "lab1-message")
    own = repository.root / "ipc/message/message.c"
    own.write_text("my own\n")
    repository.commit("done")
    repository.git("switch", "-q", "lab2-port")
    assert own.read_text() != "my own\n"
    repository.git("checkout", "lab1-message", "--", "ipc/message")
    assert own.read_text() == "my own\n"
    assert repository.git("diff", "--cached", "--name-only") == "ipc/message/message.c"


def test_no_repository(tmp_path: Path, repository: Repository) -> None:
    labs = read_labs(repository.root)
    tree = trees.read_commit(repository.root)
    for root in (tmp_path, repository.root / "ipc"):
        with pytest.raises(trees.TreeError):
            make_branches(root, labs, tree)


def test_without_git(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(trees.TreeError, match="^git: "):
        trees.read_commit(repository.root)


def test_the_repository_is_sound_afterwards(repository: Repository) -> None:
    make(repository)
    done = subprocess.run(["git", "fsck", "--strict"], cwd=repository.root, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stderr
