# SPDX-License-Identifier: MIT
"""Where a link of a page leads in the site.

On GitHub a page of docs/ links to files of the tree: `../ipc/port/port.h`. The site has no tree beside it, so it brings
along what is linked to: a lab's handout becomes a page, any other file a page that shows it.
"""
from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from docs.book.source import ROOT, SourceError

LINK = re.compile(r"(?<![!`])\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
ELSEWHERE = re.compile(r"[a-z]+:|#")
HANDOUT = re.compile(r"labs/[^/]+/README\.md")
FENCE = re.compile(r"(^ *(`{3,}|~{3,}).*?^ *\2[`~]*[ ]*$)", re.MULTILINE | re.DOTALL)
SHOWN = "source/"  # the site's directory of files that are shown


def outside_fences(text: str, change: Callable[[str], str]) -> str:
    """Applies `change` to all of a page but its fenced blocks."""
    parts = FENCE.split(text)  # text, block, its fence, text, ...
    return "".join(change(part) if i % 3 == 0 else part for i, part in enumerate(parts) if i % 3 != 2)


def target(page: str, link: str) -> tuple[str, str]:
    """The file of the tree that a link in `page` (from the root: docs/abi.md) leads to, and the anchor."""
    path, _, anchor = link.partition("#")
    there = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
    if there.startswith("..") or not (ROOT / there).exists():
        raise SourceError(f"{page}: links to {link}, which is not there")
    return there, f"#{anchor}" if anchor else ""


def site_path(path: str) -> str | None:
    """The page of the site for a file of the tree, as mkdocs names it; None: a directory, which has none."""
    if path.startswith("docs/") and path.endswith(".md"):
        return path[len("docs/"):]
    if HANDOUT.fullmatch(path):
        return path
    if (ROOT / path).is_dir():
        return f"{path}/README.md" if HANDOUT.fullmatch(f"{path}/README.md") and \
            (ROOT / path / "README.md").exists() else None
    return f"{SHOWN}{path}.md"


def links(page: str, text: str) -> list[str]:
    """The files of the tree that a page links to."""
    found: list[str] = []

    def note(part: str) -> str:
        found.extend(target(page, match[2])[0] for match in LINK.finditer(part) if not ELSEWHERE.match(match[2]))
        return part

    outside_fences(text, note)
    return found


def rewrite(page: str, text: str) -> str:
    """The page with its links leading to where things are in the site."""
    here = posixpath.dirname(site_path(page) or "")

    def one(match: re.Match[str]) -> str:
        if ELSEWHERE.match(match[2]):
            return match[0]
        path, anchor = target(page, match[2])
        there = site_path(path)
        if there is None:
            return match[1]
        return f"[{match[1]}]({posixpath.relpath(there, here or '.')}{anchor})"

    return outside_fences(text, lambda part: LINK.sub(one, part))


def rebase(page: str, text: str, to: str) -> str:
    """Text of one page, to stand in another: its links lead where they did."""
    def one(match: re.Match[str]) -> str:
        if re.match(r"[a-z]+:", match[2]):
            return match[0]
        path, anchor = (page, match[2]) if match[2].startswith("#") else target(page, match[2])
        return f"[{match[1]}]({posixpath.relpath(path, posixpath.dirname(to))}{anchor})"

    return outside_fences(text, lambda part: LINK.sub(one, part))
