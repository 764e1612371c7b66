#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Stands in for QEMU: writes what a scenario says to the two serial lines, and ends as it says.

The scenario is JSON in the file $FAKE_QEMU: {"case": {...}, "*": {...}}, chosen by the test case, the
second word after "--" on the kernel's command line ("linux" if that is Linux's). Keys: results, console,
stderr (text), status, signal, hang (seconds), echo_order (answer a permutation of n for the seed), pids
(append our pid to that file).
"""
import json
import os
import signal
import sys
import time

ANSWER_MARK = "@ORDER@"


def main() -> int:
    arguments = sys.argv[1:]
    if arguments == ["--version"]:
        print(f"QEMU emulator version {os.environ.get('FAKE_QEMU_VERSION', '7.2.0')}")
        return 0
    append = arguments[arguments.index("-append") + 1]
    before, _, words = append.partition("-- ")
    case = "linux" if "console=" in before else (words.split() + ["", ""])[1]
    with open(os.environ["FAKE_QEMU"], encoding="utf-8") as file:
        scenarios = json.load(file)
    scenario = scenarios.get(case, scenarios.get("*", {}))
    files = [a[len("file:"):] for a in arguments if a.startswith("file:")]
    if "pids" in scenario:
        with open(scenario["pids"], "a", encoding="ascii") as pids:
            pids.write(f"{os.getpid()}\n")
    results = scenario.get("results", "")
    if "echo_order" in scenario:
        sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
        from grade.challenge import Challenge

        seed = next(int(w[len("seed="):], 0) for w in before.split() if w.startswith("seed="))
        order = Challenge(seed).permutation(scenario["echo_order"])
        results = results.replace(ANSWER_MARK, ",".join(map(str, order)))
    for name, text in zip(files, (scenario.get("console", "Ponte\n"), results)):
        with open(name, "wb") as file:
            file.write(text.encode("latin-1"))
    sys.stderr.write(scenario.get("stderr", ""))
    sys.stderr.flush()
    time.sleep(scenario.get("hang", 0))
    if "signal" in scenario:
        signal.signal(scenario["signal"], signal.SIG_DFL)
        os.kill(os.getpid(), scenario["signal"])
    return scenario.get("status", 33)


if __name__ == "__main__":
    sys.exit(main())
