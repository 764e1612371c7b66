# SPDX-License-Identifier: MIT
"""docs/book/source.py finds what the book quotes, and says so if it does not."""
from __future__ import annotations

import pytest

from docs.book import quote, source
from docs.book.source import SourceError

SAMPLE = """\
/* SPDX-License-Identifier: MIT */
/*
 * sample.c: a sample.
 *
 *     drawn
 */
#include "x.h"

#define LIMIT 7 /* at most */

/* [I] set at creation */
struct box {
    int n; /* [I] */
};

status_t box_fill(struct box *box);

/* Fills it; see box_fill. */
static inline __attribute__((always_inline)) status_t
box_fill(struct box *box) HOLDS(box->lock)
{
    /*@ box.1 Fill it,
     * to the brim. */
    secret();
    return OK;
    /*@ end => return lab_todo("box.1"); */
}

int not_near(void)
{
    return box_fill(0);
}

void wait(void)
{
    /*@ after futex The kernel's own wait. */
    futex_way();
    /*@ end => kernel_way(); */
}
"""


@pytest.fixture
def sample(tmp_path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(source, "ROOT", tmp_path)
    (tmp_path / "sample.c").write_text(SAMPLE)
    return "sample.c"


def test_a_function_comes_with_its_comment(sample: str) -> None:
    piece = source.find(sample, "box_fill")
    assert piece.kind == "function" and piece.line == 18
    assert piece.text.startswith("/* Fills it") and piece.text.endswith("}")
    assert "not_near" not in piece.text


def test_a_solution_is_never_shown(sample: str) -> None:
    text = source.find(sample, "box_fill").text
    assert "secret" not in text and "@" not in text
    assert "/* Exercise box.1: Fill it,\n     * to the brim. */" in text
    assert 'return lab_todo("box.1");' in text


def test_what_is_given_is_shown_as_it_is(sample: str) -> None:
    assert source.find(sample, "wait").text == "void wait(void)\n{\n    futex_way();\n}"


def test_types_macros_and_the_head(sample: str) -> None:
    assert source.find(sample, "struct box").text.splitlines()[0] == "/* [I] set at creation */"
    assert source.find(sample, "LIMIT").text == "#define LIMIT 7 /* at most */"
    assert source.find(sample, "not_near").text.startswith("int not_near")
    assert source.head(sample) == "sample.c: a sample.\n\n    drawn"


def test_what_is_not_there_is_an_error(sample: str, tmp_path) -> None:
    with pytest.raises(SourceError, match="nothing is called box_empty"):
        source.find(sample, "box_empty")
    with pytest.raises(SourceError, match="no such file"):
        source.find("other.c", "box_fill")
    with pytest.raises(SourceError, match="no such file"):
        source.read("../passwd")
    (tmp_path / "sample.c").write_text(SAMPLE + "\nint not_near(int n)\n{\n}\n")
    with pytest.raises(SourceError, match="more than one"):
        source.find(sample, "not_near")


def test_labels_in_assembly(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "ROOT", tmp_path)
    (tmp_path / "e.S").write_text("/* one */\nfirst:\n1:      nop\n\n/* two */\n        .global second\nsecond:\n        ret\n")
    assert source.find("e.S", "second").text == "/* two */\n        .global second\nsecond:\n        ret"
    assert source.find("e.S", "second").line == 5
    with pytest.raises(SourceError):
        source.find("e.S", "third")


@pytest.mark.parametrize("path", ["kernel/sched/waitq.c", "kernel/sync/spinlock.h", "ipc/port/port.c", "user/lib/ponte.h"])
def test_pieces_are_all_of_a_file(path: str) -> None:
    """Nothing is lost between pieces, and no function swallows the next."""
    text = source.read(path)
    pieces = list(source.pieces(text))
    kept = "\n".join(piece.text for piece in pieces)
    assert [line for line in text.split("\n") if line.strip()] == [line for line in kept.split("\n") if line.strip()]
    assert all(piece.text.count("\n{\n") <= 1 for piece in pieces if piece.kind == "function")


def test_a_label_is_where_it_is_defined(sample: str, tmp_path) -> None:
    """And not where it is called, or another begins with its name."""
    (tmp_path / "x.S").write_text("/* One. */\none:\n    call two\n\n/* Two's other. */\ntwo_more:\n    ret\n\n"
                                  "/* Two. */\ntwo:\n    ret\n")
    assert source.find("x.S", "two").text == "/* Two. */\ntwo:\n    ret"
    with pytest.raises(source.SourceError, match="nothing is called three"):
        source.find("x.S", "three")


def test_fences_that_hold_what_is_in_them() -> None:
    assert quote.fenced("a", "c") == "```c\na\n```"
    assert quote.fenced("a ```` b", "c") == "`````c\na ```` b\n`````"
