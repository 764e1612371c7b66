# SPDX-License-Identifier: MIT
"""The page that a run of GitHub Actions shows."""
from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from grade import summary

SCRIPT = Path(summary.__file__)


def test(id: str, score: int, points: int, outcome: str = "pass", output: str = "", lab: int = 2) -> dict[str, Any]:
    return {"name": f"lab {lab} {id}: a title", "score": score, "max_score": points, "output": output,
            "tags": [outcome], "status": "passed" if outcome == "pass" else "failed"}


test.__test__ = False  # type: ignore[attr-defined]


def test_a_table() -> None:
    text = summary.page({"score": 7, "max_score": 12, "tests": [
        test("create", 5, 5, lab=1), test("fifo", 2, 2), test("lost_wakeup", 0, 4, "dead-lock", "who waits"),
        test("cycle", 0, 1, "not attempted", "Exercise")]})
    assert text.startswith("## 7 of 12 points\n")
    assert "| lab 1 | 1 of 1 | 5/5 |" in text and "| lab 2 | 1 of 3 | 2/7 |" in text
    assert "| lab 2 lost_wakeup: a title | dead-lock | 0/4 |" in text
    assert "<summary>lab 2 lost_wakeup: a title</summary>\n\n```text\nwho waits\n```" in text
    assert "<summary>lab 2 cycle" not in text and "| lab 2 cycle: a title | not attempted | 0/1 |" in text


def test_all_is_well() -> None:
    text = summary.page({"score": 2, "max_score": 2, "tests": [test("fifo", 2, 2)]})
    assert "did not pass" not in text and "<details>" not in text and "INCOMPLETE" not in text
    beneath = {**test("boot", 0, 0), "name": "kernel boot: a title"}
    assert "| kernel | 1 of 1 | 0/0 |" in summary.page({"tests": [beneath]})


def test_what_could_not_be_run_is_no_pass() -> None:
    """It costs no points, so the points alone would look like a good end."""
    text = summary.page({"score": 2, "max_score": 2, "extra_data": {"incomplete": True}, "tests": [
        test("fifo", 2, 2), test("empty", 0, 0, "infrastructure", "QEMU died")]})
    assert "**INCOMPLETE:**" in text and "| lab 2 | 1 of 2 | 2/2 |" in text
    assert "| lab 2 empty: a title | infrastructure | 0/0 |" in text and "QEMU died" in text


def test_output_cannot_leave_its_place() -> None:
    text = summary.page({"tests": [test("a", 0, 1, "fail", "```\n# big\n````x\n</details>")]})
    assert "`````text\n```\n# big\n````x\n</details>\n`````" in text
    assert "a \\| b &lt;i>" in summary.page({"tests": [{**test("a", 0, 1, "fail"), "name": "lab 1 x: a | b <i>"}]})


def test_not_too_long() -> None:
    text = summary.page({"tests": [test(f"t{i}", 0, 1, "fail", "x" * 9000) for i in range(100)]})
    assert len(text) <= summary.LIMIT + 100 and text.endswith("artifact.\n")
    assert text.count("<details>") == text.count("</details>")


def test_nothing_there(tmp_path: Path) -> None:
    (tmp_path / "cut").write_text('{"score": ')
    for name in ("nowhere", "cut"):
        done = subprocess.run([sys.executable, str(SCRIPT), str(tmp_path / name)], text=True, capture_output=True, check=False)
        assert done.returncode == 0 and done.stdout.startswith("## Nothing was graded")
    (tmp_path / "r.json").write_text(json.dumps({"score": 1, "max_score": 1, "tests": []}))
    done = subprocess.run([sys.executable, str(SCRIPT), str(tmp_path / "r.json")], text=True, capture_output=True, check=False)
    assert done.stdout.startswith("## 1 of 1 points")
