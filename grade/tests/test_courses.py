# SPDX-License-Identifier: MIT
"""The container and the workflow name what is there: nothing else would notice before a student does."""
from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

from grade.tests.conftest import GRADE, Tree

ROOT = GRADE.parent
CONTAINERFILE = (ROOT / "Containerfile").read_text()
WORKFLOW = (ROOT / ".github/workflows/grade.yml").read_text()


def test_the_image_has_all_that_set_up_needs() -> None:
    """setup.sh is copied without the tree, so whatever it calls beside it must come along."""
    copied = re.findall(r"^COPY (.*) /tmp/ponte/grade/$", CONTAINERFILE, re.MULTILINE)[0].split()
    assert all((ROOT / path).is_file() for path in copied)
    called = re.findall(r"\$here/([\w./]+)", (GRADE / "setup.sh").read_text())
    assert called and {f"grade/{name}" for name in called} | {"grade/setup.sh"} == set(copied)


def test_the_development_container_is_that_image() -> None:
    directory = ROOT / ".devcontainer"
    document = json.loads((directory / "devcontainer.json").read_text())
    assert Path(os.path.normpath(directory / document["build"]["dockerfile"])) == ROOT / "Containerfile"
    assert Path(os.path.normpath(directory / document["build"]["context"])) == ROOT
    assert re.findall(r"^USER (.*)$", CONTAINERFILE, re.MULTILINE) == [document["remoteUser"]]
    assert targets(document["postCreateCommand"]) <= rules()


def rules() -> set[str]:
    return set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def targets(text: str) -> set[str]:
    return set(re.findall(r"\bmake ([a-z-]+)", text))


def test_the_workflow_may_read_and_nothing_else() -> None:
    assert re.findall(r"^( *)permissions:\n((?:\1 +.*\n)+)", WORKFLOW, re.MULTILINE) == [("", "  contents: read\n")]
    assert "secrets" not in WORKFLOW and "pull_request_target" not in WORKFLOW
    used = re.findall(r"uses: (.*)", WORKFLOW)
    assert used and all(re.fullmatch(r"actions/[\w-]+@v\d+", action) for action in used)
    assert re.search(r"^on:\n  push:\n", WORKFLOW, re.MULTILINE)
    assert targets(WORKFLOW) == {"setup", "grade"} and targets(WORKFLOW) <= rules()


def test_the_workflow_shows_what_a_grading_leaves(tree: Tree, tmp_path: Path) -> None:
    """Its own command, on a grading's own results."""
    command = re.findall(r"run: (.*GITHUB_STEP_SUMMARY.*)", WORKFLOW)[0]
    kept = re.findall(r"path: (.*)", WORKFLOW)[0]

    def shown() -> str:
        page = tmp_path / "page"
        page.unlink(missing_ok=True)
        subprocess.run(["sh", "-ec", command], cwd=tree.root, check=True,
                       env={**tree.environment, "GITHUB_STEP_SUMMARY": str(page)})
        return page.read_text()

    assert shown().startswith("## Nothing was graded")
    assert tree.grade()[0] == 0
    assert shown().startswith("## 100 of 100 points") and (tree.root / kept / "results.json").is_file()
    tree.scenario(second={"status": 1})
    assert tree.grade()[0] == 3
    assert "INCOMPLETE" in shown() and "second: the second thing | infrastructure |" in shown()
