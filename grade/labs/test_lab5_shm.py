# SPDX-License-Identifier: MIT
"""Lab 5, shared memory. Each docstring tells a student what the test did; points are in labs/lab5-shm/lab.toml."""
from __future__ import annotations

import pytest

from grade.challenge import Challenge, fnv1a64
from grade.harness import Ponte

PAGE = 4096
SHORT = 100_000  # ns: with turns so short, threads that never wait still take turns often enough


@pytest.mark.lab(5, "create")
def test_create(ponte: Ponte) -> None:
    """Made regions of 0, 2^64 - 1, 2^64 - 101, 2^40 bytes, and of 1, 4096 and 4097."""
    ponte.run("shm", "create").expect_pass()


@pytest.mark.lab(5, "zeroed")
def test_zeroed(ponte: Ponte) -> None:
    """Filled 600 pages, gave them back, and looked for what was left of it in new shared memory."""
    ponte.run("shm", "zeroed").expect_pass()


@pytest.mark.lab(5, "same_memory")
def test_same_memory(ponte: Ponte) -> None:
    """Mapped one region at three addresses and wrote through one of them."""
    run = ponte.run("shm", "same_memory")
    run.expect_pass()
    run.expect_answer("hash", fnv1a64(run.challenge.bytes(3 * PAGE)))


@pytest.mark.lab(5, "places")
def test_places(ponte: Ponte) -> None:
    """Mapped to twenty places where nothing can be mapped, and right beside what was there."""
    ponte.run("shm", "places").expect_pass()


@pytest.mark.lab(5, "rights")
def test_rights(ponte: Ponte) -> None:
    """Mapped with handles that lack a right, and tried to gain it by vm_protect."""
    ponte.run("shm", "rights").expect_pass()


@pytest.mark.lab(5, "mapping_stays")
def test_mapping_stays(ponte: Ponte) -> None:
    """Closed the last handle and went on using the mapping, while others took all the frames they could."""
    run = ponte.run("shm", "mapping_stays")
    run.expect_pass()
    run.expect_answer("hash", fnv1a64(run.challenge.bytes(3 * PAGE)))


@pytest.mark.lab(5, "parts")
def test_parts(ponte: Ponte) -> None:
    """Unmapped the middle, the ends and the holes of a mapping, and mapped another part into a hole."""
    ponte.run("shm", "parts").expect_pass()


@pytest.mark.lab(5, "private_beside")
def test_private_beside(ponte: Ponte) -> None:
    """Unmapped a range in which private memory lay beside shared, by either call."""
    ponte.run("shm", "private_beside").expect_pass()


@pytest.mark.lab(5, "large")
def test_large(ponte: Ponte) -> None:
    """Mapped 10 MiB across six page tables, wrote to every page, and mapped it elsewhere."""
    ponte.run("shm", "large").expect_pass()


@pytest.mark.lab(5, "two_processes")
def test_two_processes(ponte: Ponte) -> None:
    """Let another process fill a region at an address of its own, and read it here."""
    for cpus in (1, 2):
        run = ponte.run("shm_process", "two_processes", cpus=cpus)
        run.expect_pass()
        run.expect_answer("hash", fnv1a64(Challenge(run.seed & 0xFFFFFFFF).bytes(16 * PAGE)))


@pytest.mark.lab(5, "outlives_maker")
def test_outlives_maker(ponte: Ponte) -> None:
    """Received a region from a process that had ended by then, and closed its handle."""
    ponte.run("shm_process", "outlives_maker").expect_pass()


@pytest.mark.lab(5, "killed")
def test_killed(ponte: Ponte) -> None:
    """Killed eight processes in the middle of writing to regions that nobody else had."""
    ponte.run("shm_process", "killed").expect_pass()
    ponte.run("shm_process", "killed", cpus=4, exact=False).expect_pass()


@pytest.mark.lab(5, "faults")
def test_faults(ponte: Ponte) -> None:
    """Wrote to, executed, and read what a mapping does not allow: each time the program is ended."""
    ponte.run("shm_process", "faults").expect_pass()


@pytest.mark.lab(5, "shoot_down")
def test_shoot_down(ponte: Ponte) -> None:
    """Unmapped regions under three threads that wrote to them, and looked whether the frames' next owner saw it."""
    ponte.run("shm_race", "unmap_while_writing", cpus=2, slice=3000).expect_pass()
    for cpus in (2, 4):
        ponte.run("shm_race", "unmap_while_writing", cpus=cpus, slice=SHORT, exact=False).expect_pass()
    ponte.run("shm_race", "unmap_many", cpus=1, slice=2000).expect_pass()


@pytest.mark.lab(5, "store_faults")
def test_store_faults(ponte: Ponte) -> None:
    """Unmapped a page to which a thread on another CPU stored without a pause."""
    ponte.run("shm_race", "store_faults", cpus=2).expect_pass()
    for cpus in (2, 4):
        ponte.run("shm_race", "store_faults", cpus=cpus, exact=False).expect_pass()


@pytest.mark.lab(5, "protect")
def test_protect(ponte: Ponte) -> None:
    """Made a page read-only under a thread that wrote to it, 60 times."""
    ponte.run("shm_race", "protect_while_writing", cpus=2, slice=3000).expect_pass()
    ponte.run("shm_race", "protect_while_writing", cpus=4, slice=SHORT, exact=False).expect_pass()


@pytest.mark.lab(5, "all_unmap")
def test_all_unmap(ponte: Ponte) -> None:
    """Let four threads map and unmap at once, so that each waits for the others' CPUs."""
    ponte.run("shm_race", "all_unmap", cpus=2, slice=3000).expect_pass()
    for cpus in (2, 4):
        ponte.run("shm_race", "all_unmap", cpus=cpus, slice=SHORT, exact=False).expect_pass()


@pytest.mark.lab(5, "no_leak")
def test_no_leak(ponte: Ponte) -> None:
    """Went through every success and every error, out of memory included, and compared the kernel's figures."""
    ponte.run("shm", "no_leak").expect_pass()
    ponte.run("shm", "exhaustion").expect_pass()
    ponte.run("shm", "table_full").expect_pass()
