# SPDX-License-Identifier: MIT
"""Each rule of lint.py fires where it should, and only there."""
from __future__ import annotations

from pathlib import Path

import pytest

from grade.lint import compile_header, lint

SPDX = "/* SPDX-License-Identifier: MIT */\n"
HEADER = SPDX + "#pragma once\n"


def found(tmp_path: Path, files: dict[str, str], tools: bool = False) -> list[str]:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return lint(tmp_path, tools)


def including(path: str, *targets: str) -> dict[str, str]:
    head = HEADER if path.endswith(".h") else SPDX
    return {path: head + "".join(f'#include "{target}"\n' for target in targets)}


@pytest.mark.parametrize("path, target", [
    ("kernel/lib/a.c", "kernel/abi/a.h"),
    ("kernel/mm/a.c", "kernel/mm/b.h"),
    ("kernel/mm/a.c", "kernel/arch/b.h"),
    ("kernel/syscall/sys_a.c", "ipc/port/port.h"),
    ("kernel/main.c", "kernel/syscall/a.h"),
    ("ipc/port/port.c", "kernel/object/object.h"),
    ("ipc/port/port.c", "ipc/port/rights.h"),
    ("ipc/pipe/pipe.c", "ipc/message/message.h"),
    ("ipc/channel/channel.c", "ipc/port/port.h"),
    ("ipc/ipc.h", "ipc/port/port.h"),
    ("user/bin/a.c", "user/lib/ponte.h"),
    ("user/bin/a.c", "kernel/abi/status.h"),
])
def test_layers_allow(tmp_path: Path, path: str, target: str) -> None:
    assert found(tmp_path, including(path, target)) == []


@pytest.mark.parametrize("path, target", [
    ("kernel/abi/a.h", "kernel/lib/a.h"),
    ("kernel/lib/a.c", "kernel/arch/a.h"),
    ("kernel/arch/a.c", "kernel/sched/a.h"),
    ("kernel/sync/a.c", "kernel/drivers/a.h"),
    ("kernel/mm/a.c", "kernel/sched/a.h"),
    ("kernel/object/a.c", "ipc/port/port.h"),
    ("ipc/port/port.c", "kernel/syscall/a.h"),
    ("kernel/syscall/a.c", "kernel/start.h"),
    ("ipc/port/port.c", "ipc/channel/channel.h"),
    ("ipc/pipe/pipe.c", "ipc/port/port.h"),
    ("ipc/message/message.c", "ipc/port/port.h"),
    ("ipc/port/port.c", "ipc/ipc.h"),
    ("kernel/mm/a.c", "user/lib/ponte.h"),
    ("kernel/mm/a.c", "b.h"),
    ("user/bin/a.c", "kernel/sched/thread.h"),
    ("user/bin/a.c", "ipc/port/port.h"),
])
def test_layers_refuse(tmp_path: Path, path: str, target: str) -> None:
    finding, = found(tmp_path, including(path, target))
    assert finding.startswith(f"{path}:{3 if path.endswith('.h') else 2}: ")


def test_a_library_that_is_not_there(tmp_path: Path) -> None:
    assert len(found(tmp_path, {"kernel/lib/a.c": SPDX + "#include <stdio.h>\n"})) == 1
    assert not found(tmp_path, {"kernel/lib/a.c": SPDX + "#include <stdint.h>\n"})


def test_includes_in_comments_do_not_count(tmp_path: Path) -> None:
    assert not found(tmp_path, {"kernel/abi/a.h": HEADER + '/*\n#include "ipc/port/port.h"\n*/\n'})


@pytest.mark.parametrize("path, allowed", [
    ("ipc/port/sys_port.c", True), ("kernel/mm/usercopy.h", True), ("kernel/mm/space.c", True),
    ("kernel/syscall/sys_vm.c", True), ("ipc/port/port.c", False), ("kernel/object/handle.c", False),
])
def test_user_addresses(tmp_path: Path, path: str, allowed: bool) -> None:
    head = HEADER if path.endswith(".h") else SPDX
    text = head + "/* uaddr_t */\nstatic uaddr_t x;\n"
    assert (found(tmp_path, {path: text}) == []) is allowed


def test_assembly(tmp_path: Path) -> None:
    asm = SPDX + 'void f(void)\n{\n    __asm__ volatile("hlt");\n}\n'
    assert not found(tmp_path, {"kernel/arch/a.c": asm, "user/test/a.c": asm})
    assert len(found(tmp_path, {"kernel/mm/a.c": asm})) == 1
    assert len(found(tmp_path, {"kernel/mm/a.c": SPDX + "/* asm */ int masm;\n",
                                "kernel/mm/b.S": SPDX, "user/lib/b.S": SPDX})) == 1


def test_port_io(tmp_path: Path) -> None:
    text = SPDX + "int f(void)\n{\n    return inb (4);\n}\n"
    assert not found(tmp_path, {"kernel/arch/a.c": text, "kernel/drivers/a.c": text})
    assert len(found(tmp_path, {"kernel/sched/a.c": text})) == 1


def test_head(tmp_path: Path) -> None:
    assert found(tmp_path, {"kernel/lib/a.c": "int a;\n"})
    assert found(tmp_path, {"kernel/lib/a.c": SPDX, "kernel/lib/a.h": SPDX})
    assert not found(tmp_path, {"kernel/lib/a.c": SPDX + '#include "kernel/lib/a.h"\n',
                                "kernel/lib/a.h": HEADER})
    script = "#!/bin/sh\n# SPDX-License-Identifier: MIT\n"
    assert not found(tmp_path, {"grade/a.sh": script})
    assert found(tmp_path, {"grade/a.sh": "#!/bin/sh\n"})


def test_own_header_first(tmp_path: Path) -> None:
    files = {"kernel/mm/a.h": HEADER, "kernel/mm/b.h": HEADER}
    files["kernel/mm/a.c"] = SPDX + '#include "kernel/mm/b.h"\n#include "kernel/mm/a.h"\n'
    finding, = found(tmp_path, files)
    assert "kernel/mm/a.h must be included first" in finding


def test_blanks(tmp_path: Path) -> None:
    for text in ("int\ta;\n", "int a; \n", "int a;", "int a;\n\n"):
        assert len(found(tmp_path, {"kernel/lib/a.c": SPDX + text})) == 1, text


def test_sizes(tmp_path: Path) -> None:
    fits = "void f(void)\n{\n" + "    ;\n" * 58 + "}\n"
    assert not found(tmp_path, {"kernel/lib/a.c": SPDX + fits})
    assert len(found(tmp_path, {"kernel/lib/a.c": SPDX + fits.replace("{\n", "{\n    ;\n")})) == 1
    assert not found(tmp_path, {"kernel/lib/a.c": SPDX + "int a;\n" * 399})
    assert len(found(tmp_path, {"kernel/lib/a.c": SPDX + "int a;\n" * 400})) == 1
    python = "# SPDX-License-Identifier: MIT\ndef f():\n" + "    pass\n" * 60
    assert len(found(tmp_path, {"kernel/lib/a.c": SPDX, "grade/a.py": python})) == 1


def test_headers_compile_alone(tmp_path: Path) -> None:
    found(tmp_path, {"kernel/lib/good.h": HEADER + "#include <stdint.h>\nuint32_t f(void);\n",
                     "kernel/lib/bad.h": HEADER + "uint32_t f(void);\n"})
    assert compile_header(tmp_path, "kernel/lib/good.h") is None
    assert "does not compile alone" in str(compile_header(tmp_path, "kernel/lib/bad.h"))
