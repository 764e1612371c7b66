# SPDX-License-Identifier: MIT
"""The profile: what of QEMU's log counts, and what a function's share is."""
from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from grade import profiling

LOG = b"""\
Trace 0: 0x7f6394000100 [0000000000000000/ffffffff80100000/00c0c2b0/ff020201] start
Trace 0: 0x7f6394000100 [0000000000000000/ffffffff80100002/00c0c2b0/ff020201] start
Stopped execution of TB chain before 0x7f6394000100 [ffffffff80100002] start
Trace 0: 0x7f6394000100 [0000000000000000/ffffffff80100002/00c0c2b0/ff020201] start
Trace 0: 0x7f63940f6c80 [0000000000000000/ffffffff80100010/00c0c290/ff020201] device
cpu_io_recompile: rewound execution of TB to ffffffff80100010
Trace 0: 0x7f63940f6f80 [0000000000000000/ffffffff80100010/00c0c290/ff038201] device
Trace 0: 0x7f63940f6f80 [0000000000000000/0000000000400000/00c0c290/ff038201]
"""


class Table(profiling.Symbols):
    """Symbols without a file."""

    def __init__(self, found: dict[int, str]) -> None:
        self.starts, self.names = sorted(found), [found[start] for start in sorted(found)]


def test_what_was_not_run_does_not_count() -> None:
    counts = profiling.count_lines(LOG.splitlines(keepends=True))
    assert counts == {0xFFFFFFFF80100000: 1, 0xFFFFFFFF80100002: 1, 0xFFFFFFFF80100010: 1, 0x400000: 1}


def test_table() -> None:
    kernel = Table({0xFFFFFFFF80100000: "start", 0xFFFFFFFF80100010: "device"})
    totals = profiling.by_function(profiling.count_lines(LOG.splitlines()), kernel, Table({0x400000: "main"}))
    assert totals == {"start": (2, 1), "device": (1, 1), "user: main": (1, 1)}
    lines = profiling.table(totals, 1, 2)
    assert lines[0].split() == ["4", "instructions"] and lines[2].split() == ["2", "50.0%", "1", "start"]
    assert len(lines) == 4  # of three functions, the two that were asked for
    assert profiling.table(totals, 2, 9)[2].split() == ["1.0", "50.0%", "0.5", "start"]


def test_addresses_below_every_function() -> None:
    totals = profiling.by_function(profiling.count_lines([b"Trace 0: 0 [0/00000000000f0000/0/0]\n"]),
                                   Table({}), Table({0x400000: "main"}))
    assert list(totals) == ["(firmware, and starting the kernel)"]


@pytest.mark.skipif(not (shutil.which("gcc") and shutil.which("nm")), reason="no compiler")
def test_symbols_of_a_program(tmp_path: Path) -> None:
    subprocess.run(["gcc", "-c", "-x", "c", "-", "-o", str(tmp_path / "a.o")], check=True, text=True,
                   input="int one(void) { return 1; }\nint two(void) { return 2; }\n")
    symbols = profiling.Symbols(tmp_path / "a.o")
    assert sorted(symbols.names) == ["one", "two"]
    assert symbols.find(symbols.starts[1] + 1) == (symbols.names[1], symbols.starts[1])
    with pytest.raises(profiling.ProfileError):
        profiling.Symbols(tmp_path / "missing.o")
