# SPDX-License-Identifier: MIT
"""The site: it is built without a warning, has no dead end, fetches nothing; and a page that is wrong stops it."""
from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from docs.book import check, links, quote
from docs.book.source import ROOT, SourceError


def build(root: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """What `make docs` does, without its check."""
    if shutil.which("mkdocs") is None:
        pytest.fail("mkdocs is not installed: run `make setup`")
    return subprocess.run(["mkdocs", "build", "--quiet", "--strict", "-f", "docs/book/mkdocs.yml", "-d", str(site)],
                          cwd=root, text=True, capture_output=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("docs") / "site"
    done = build(ROOT, made)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return made


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A tree to put mistakes into."""
    root = tmp_path / "my tree"
    for part in ("docs", "kernel", "ipc", "user", "grade", "labs"):
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Makefile", root)
    return root


def test_no_dead_end(site: Path) -> None:
    assert check.check(site) == []


def test_every_page_is_there(site: Path) -> None:
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")} - {"README"}
    assert pages <= {path.stem for path in site.glob("*.html")}
    labs = {path.parent.name for path in ROOT.glob("labs/*/README.md")}
    assert labs == {path.parent.name for path in site.glob("labs/*/index.html")}
    menu = (site / "locks.html").read_text().split("<h1")[0]
    assert all(f'href="{page}.html"' in menu for page in pages - {"locks"})
    assert all(f'href="labs/{lab}/index.html"' in menu for lab in labs)


def test_only_pages_are_published(site: Path) -> None:
    assert [path for path in site.rglob("*") if path.suffix in (".py", ".yml", ".md", ".pyc")] == []


def test_the_reference_names_all(site: Path) -> None:
    anchors = check.Page((site / "abi.html").read_text()).anchors
    calls = re.findall(r"SYSCALL\(\d+, (\w+), \d\)", (ROOT / "kernel/abi/syscalls.h").read_text())
    errors = re.findall(r"ERROR\((ERR_\w+), ", (ROOT / "kernel/abi/status.h").read_text())
    assert len(calls) > 40 and len(errors) > 20
    assert set(calls) - anchors == set() and set(errors) - anchors == set()


def test_quotations_are_filled_in(site: Path) -> None:
    locks = (site / "locks.html").read_text()
    for rank in re.findall(r"RANK\((\w+), \"", (ROOT / "kernel/sync/spinlock.h").read_text()):
        assert f"RANK_{rank}" in locks
    for page in site.glob("*.html"):
        assert not re.search(r"<p>(Code|Head|List|Header|Calls|Section): ", page.read_text()), page.name


@pytest.mark.parametrize(("page", "old", "new", "said"), [
    ("docs/boot.md", "[boot_main]", "[boot_mian]", "kernel/main.c: nothing is called boot_mian"),
    ("docs/locks.md", "[RANK_LIST]", "[SPINLOCK_INIT]", "is no list"),
    ("docs/guide.md", "Section: [What the sketch forgets](../labs/lab3", "Section: [What it forgets](../labs/lab3", "no section"),
    ("docs/students.md", "(../ipc/ipc.h)", "(../ipc/icp.h)", "which is not there"),
    ("docs/README.md", "(students.md)", "(pupils.md)", "which is not there"),
    ("docs/boot.md", "Code: [boot_main](../kernel/main.c)", "Code: [boot_main](../kernel/main.c).", "not understood"),
])
def test_a_wrong_page_stops_it(copy: Path, page: str, old: str, new: str, said: str) -> None:
    path = copy / page
    text = path.read_text()
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new))
    done = build(copy, copy / "build/docs/site")
    assert done.returncode != 0 and said in done.stderr, done.stderr
    assert "Traceback" not in done.stderr


def test_an_undocumented_call_stops_it(copy: Path) -> None:
    header = copy / "user/lib/ponte.h"
    header.write_text(header.read_text().replace("/* Sleeps until the deadline. */\n", ""))
    done = build(copy, copy / "build/docs/site")
    assert done.returncode != 0 and "sys_thread_sleep has no contract" in done.stderr


def test_dead_ends_are_found(copy: Path) -> None:
    students = copy / "docs/students.md"
    students.write_text(students.read_text().replace("debugging.md#reading-a-panic", "debugging.md#reading-a-joke"))
    yml = copy / "docs/book/mkdocs.yml"
    yml.write_text(yml.read_text().replace("highlightjs: false", "highlightjs: true"))
    made = copy / "build/docs/site"
    assert build(copy, made).returncode == 0
    (made / "locks.html").unlink()
    (made / "book/book.css").write_text("body { background: url(https://example.org/x.png) }")
    found = check.check(made)
    assert "students.html: debugging.html#reading-a-joke: the page has no such anchor" in found
    assert "index.html: locks.html: there is no such file" in found
    assert any(line.startswith("index.html: fetches https://") for line in found)
    assert "book/book.css: fetches https://example.org/x.png" in found
    assert check.check(copy / "ipc") == [f"{(copy / 'ipc').resolve()}: no pages"]


def test_links_lead_to_places_in_the_site() -> None:
    text = ("[a](../ipc/ipc.h) [b](locks.md#ranks) [c](../labs/lab2-port/README.md#rights) [d](https://x.org) [e](#here) "
            "[`f`](../user/bin)\n\n```\n[g](../nowhere)\n```\n")
    assert links.rewrite("docs/guide.md", text) == (
        "[a](source/ipc/ipc.h.md) [b](locks.md#ranks) [c](labs/lab2-port/README.md#rights) [d](https://x.org) [e](#here) "
        "`f`\n\n```\n[g](../nowhere)\n```\n")
    assert links.rewrite("labs/lab2-port/README.md", "[a](../../docs/locks.md) [b](../lab1-message/README.md)") == (
        "[a](../../locks.md) [b](../lab1-message/README.md)")
    assert links.rebase("labs/lab2-port/README.md", "[a](#rights) [b](../../ipc/ipc.h)", "docs/guide.md") == (
        "[a](../labs/lab2-port/README.md#rights) [b](../ipc/ipc.h)")


def test_quotations() -> None:
    page = quote.expand("docs/x.md", "Code: [`waitq_wake_all`](../kernel/sched/waitq.c)\n\n    Code: [a](b)\n\n```\nCode: [x](y)\n```\n")
    assert "```c\nuint32_t waitq_wake_all(struct waitq *wq)\n{" in page
    assert "    Code: [a](b)" in page and "```\nCode: [x](y)\n```" in page
    with pytest.raises(SourceError, match="not understood"):
        quote.expand("docs/x.md", "Code: [waitq_wake_all] (../kernel/sched/waitq.c)")
