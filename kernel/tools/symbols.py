#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write the kernel's symbol tables (kernel/lib/symbols.h) as a C file.

usage: symbols.py KERNEL.elf NM OBJDUMP ADDR2LINE > symbols.c
       symbols.py --empty > symbols.c        (for the first link)
"""
import os
import subprocess
import sys

HEAD = '#include "kernel/lib/symbols.h"\n'


def run(*command: str, text: str = "") -> str:
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def text_symbols(elf: str, nm: str) -> tuple[int, list[tuple[int, str]]]:
    """Where the text starts, and (address, name) of every function, sorted."""
    symbols: dict[int, str] = {}
    bounds = {}
    for line in run(nm, elf).splitlines():
        fields = line.split()
        if len(fields) == 3 and fields[1] in "tTW" and not fields[2].startswith("."):
            symbols.setdefault(int(fields[0], 16), fields[2])
        if len(fields) == 3 and fields[2] in ("kernel_text_start", "kernel_text_end"):
            bounds[fields[2]] = int(fields[0], 16)
    start, end = bounds["kernel_text_start"], bounds["kernel_text_end"]
    return start, sorted((a, n) for a, n in symbols.items() if start <= a < end)


def return_addresses(elf: str, objdump: str) -> list[int]:
    """The address after every call instruction: what a backtrace shows."""
    addresses, after_call = [], False
    for line in run(objdump, "-d", "--no-show-raw-insn", elf).splitlines():
        head, colon, rest = line.partition(":")
        try:
            address = int(head, 16)
        except ValueError:
            continue
        if after_call:
            addresses.append(address)
        after_call = rest.split()[:1] in (["call"], ["callq"])
    return addresses


def lines_of(elf: str, addr2line: str, addresses: list[int]) -> list[tuple[str, int]]:
    """File and line of each call (the return address less one lies inside it)."""
    asked = "".join(f"{a - 1:x}\n" for a in addresses)
    root = os.getcwd() + "/"
    result = []
    for line in run(addr2line, "-e", elf, text=asked).splitlines():
        name, _, number = line.split(" ")[0].rpartition(":")
        if name.startswith(root):
            name = name[len(root):]
        result.append((name.removeprefix("./"), int(number) if number.isdigit() else 0))
    return result


class Text:
    """All strings in one block, each once."""

    def __init__(self) -> None:
        self.offsets: dict[str, int] = {}
        self.size = 0

    def add(self, s: str) -> int:
        if s not in self.offsets:
            self.offsets[s] = self.size
            self.size += len(s) + 1
        return self.offsets[s]

    def literal(self) -> str:
        return "\n".join(f'    "{s}\\0"' for s in self.offsets)


def emit(functions: list[str], lines: list[str], text: str) -> None:
    print(HEAD)
    print(f"const uint32_t symbol_function_count = {len(functions)}, "
          f"symbol_line_count = {len(lines)};")
    print("const struct symbol_function symbol_functions[] = {")
    print("\n".join(functions) or "    { 0, 0 },")
    print("};\nconst struct symbol_line symbol_lines[] = {")
    print("\n".join(lines) or "    { 0, 0, 0 },")
    print("};")
    print("const char symbol_text[] =\n" + (text or '    ""') + ";")


def main() -> None:
    if sys.argv[1:] == ["--empty"]:
        emit([], [], "")
        return
    elf, nm, objdump, addr2line = sys.argv[1:]
    start, symbols = text_symbols(elf, nm)
    text = Text()
    functions = [f"    {{ {a - start}, {text.add(n)} }}," for a, n in symbols]
    addresses = [a for a in return_addresses(elf, objdump) if a >= start]
    lines = [
        f"    {{ {a - start}, {text.add(name)}, {number} }},"
        for a, (name, number) in zip(addresses, lines_of(elf, addr2line, addresses))
        if number
    ]
    emit(functions, lines, text.literal())


if __name__ == "__main__":
    main()
