# SPDX-License-Identifier: MIT
"""Where mkdocs calls the book's tools (mkdocs.yml, `hooks`).

Pages of docs/ are taken as they are; here their quotations are filled in, their links led to places in the site,
and what they link to outside docs/ is made part of it.
"""
from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True  # nothing is written outside the build directory
sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from pygments.formatters import HtmlFormatter

from docs.book import links, quote, source
from docs.book.source import ROOT, SourceError

STYLE = "pygments.css"
OTHERS = "Working with it"  # where pages go that mkdocs.yml lists nowhere


def _generated(config: Any) -> Path:
    """The directory, beside the site, of what is made for it."""
    return Path(config["site_dir"]).parent / "generated"


def on_config(config: Any) -> Any:
    """The navigation's labs are those that there are, and no page is left out; the colours of code come from Pygments."""
    listed = str(config["nav"])
    pages = sorted(path.name for path in Path(config["docs_dir"]).glob("*.md"))
    for entry in config["nav"]:
        if OTHERS in entry:
            entry[OTHERS] += [page for page in pages if f"'{page}'" not in listed]
        if "Labs" in entry:
            entry["Labs"] += [path.relative_to(ROOT).as_posix() for path in sorted(ROOT.glob("labs/*/README.md"))]
    config["extra_css"].append(STYLE)
    style = _generated(config) / STYLE
    style.parent.mkdir(parents=True, exist_ok=True)
    style.write_text(HtmlFormatter().get_style_defs(".codehilite"), encoding="utf-8")
    return config


def _show(path: str, into: Path) -> None:
    """A page that shows a file."""
    page = into / f"{links.SHOWN}{path}.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    text = source.read(path).rstrip("\n")
    page.write_text(f"# {path}\n\n{quote.fenced(text, quote.language(path))}\n", encoding="utf-8")


def _linked_files(pages: list[str]) -> set[str]:
    """What these pages link to, by their site's names, with what they quote."""
    found = set()
    for page in pages:
        for path in links.links(page, quote.expand(page, source.read(page))):
            found.add((links.site_path(path), path))
    return {path for name, path in found if name and name.startswith(links.SHOWN)}


def on_files(files: Files, config: Any) -> Files:
    """Of docs/ pages and style only, no tools; the theme; the handouts; and the files that pages link to."""
    into = _generated(config)
    docs = Path(config["docs_dir"])
    kept = [file for file in files if file.src_path.endswith((".md", ".css"))
            or docs not in Path(file.abs_src_path).parents]
    handouts = [path.relative_to(ROOT).as_posix() for path in sorted(ROOT.glob("labs/*/README.md"))]
    texts = [f"docs/{file.src_path}" for file in kept if file.src_path.endswith(".md")] + handouts
    try:
        shown = sorted(_linked_files(texts))
        for path in shown:
            _show(path, into)
    except SourceError as error:
        raise PluginError(str(error)) from None
    made = [File(f"{links.SHOWN}{path}.md", str(into), config["site_dir"], False) for path in shown]
    made += [File(path, str(ROOT), config["site_dir"], False) for path in handouts]
    return Files([*kept, *made, File(STYLE, str(into), config["site_dir"], False)])


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Quotations and links."""
    name = page.file.src_path
    if name.startswith(links.SHOWN):
        return markdown
    path = name if name.startswith("labs/") else f"docs/{name}"
    try:
        return links.rewrite(path, quote.expand(path, markdown))
    except SourceError as error:
        raise PluginError(str(error)) from None


def on_post_build(config: Any) -> None:
    """No pages that only a web server would find use for."""
    for name in ("404.html", "sitemap.xml", "sitemap.xml.gz"):
        (Path(config["site_dir"]) / name).unlink(missing_ok=True)
