# SPDX-License-Identifier: MIT
"""The gates' own parts; what they are for is tested by running them."""
from __future__ import annotations

from pathlib import Path

import pytest

from labs import gates
from labs.gates import GateError, Yard
from labs.trees import File


def test_one_at_a_time(tmp_path: Path) -> None:
    first = Yard(tmp_path / "gates", 2)
    first.lock()
    first.build({"Makefile": File(b"all:\n")})  # which removes what is not in the tree
    with pytest.raises(GateError, match="somebody else is at work in .*gates"):
        Yard(tmp_path / "gates", 2).lock()
    Yard(tmp_path / "others", 2).lock()


def test_a_warning_is_an_error(tmp_path: Path) -> None:
    yard = Yard(tmp_path, 2)
    yard.build({"Makefile": File(b"all:\n\t@test '$(CI)' = true\n")})
    with pytest.raises(GateError, match="unused variable"):
        yard.build({"Makefile": File(b"all:\n\t@echo 'x.c:1: unused variable' >&2; false\n")})


def test_what_is_not_as_it_should_be(labs) -> None:
    """A test that passes too early, and one that does not pass when it should."""
    lab = labs[1]
    ids = [test.id for test in lab.tests]
    exercise = {test.id: test.exercise for test in lab.tests}
    early = dict.fromkeys(((2, id) for id in ids), "not attempted")
    assert list(gates._judge(lab, set(), early, "starter")) == []
    early[2, ids[0]] = "pass"
    (said,) = gates._judge(lab, set(), early, "starter")
    assert ids[0] in said and "not written" in said
    early[2, ids[0]] = "panic"
    assert len(list(gates._judge(lab, set(), early, "starter"))) == 1
    early[2, ids[0]] = "fail"
    assert len(list(gates._judge(lab, {exercise[ids[0]]}, early, "one"))) >= 1
    assert "lab 1" in next(iter(gates._judge(lab, set(), {(1, "fifo"): "fail"}, "starter")))
