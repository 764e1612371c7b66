#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Looks for dead ends in a site on disk: links to files and anchors that are not there, and what a browser would fetch from elsewhere.

usage: check.py DIRECTORY

Prints one line for each and exits with 1 if there are any. Links that a reader may follow out of the site are left alone.
"""
from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

FETCHED = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src", "object": "data"}
CSS_URL = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")


class Page(HTMLParser):
    """What a page links to, what it makes a browser fetch, and the anchors it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.anchors = {"", "top"}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.anchors |= {value for name, value in attrs if name in ("id", "name") and value}
        if tag == "a" and given.get("href") is not None:
            self.links.append(given["href"] or "")
        if (attribute := FETCHED.get(tag)) and given.get(attribute):
            self.fetched.append(given[attribute] or "")


def _dead(page: Path, link: str, pages: dict[Path, Page]) -> str | None:
    """Why a link leads nowhere, or None."""
    url = urlsplit(link)
    if url.scheme or url.netloc:
        return None
    there = (page.parent / unquote(url.path)).resolve() if url.path else page
    if not there.is_file():
        return "there is no such file"
    if url.fragment and there in pages and unquote(url.fragment) not in pages[there].anchors:
        return "the page has no such anchor"
    return None


def check(site: Path) -> list[str]:
    """All findings."""
    site = site.resolve()
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    findings = [] if pages else [f"{site}: no pages"]
    fetched = [(path, link) for path, page in pages.items() for link in page.fetched]
    for style in sorted(site.rglob("*.css")):
        fetched += [(style, a or b) for a, b in CSS_URL.findall(style.read_text(encoding="utf-8"))]
    for path, link in fetched:
        if urlsplit(link).netloc:
            findings.append(f"{path.relative_to(site)}: fetches {link}")
    local = [*fetched, *((path, link) for path, page in pages.items() for link in page.links)]
    for path, link in local:
        if not link.startswith("data:") and (why := _dead(path, link, pages)):
            findings.append(f"{path.relative_to(site)}: {link}: {why}")
    return findings


def main() -> int:
    site = Path(sys.argv[1])
    findings = check(site)
    print("\n".join(findings) or f"docs: {len(list(site.rglob('*.html')))} pages, no dead link: {site}/index.html")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
