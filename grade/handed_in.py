# SPDX-License-Identifier: MIT
"""What somebody has handed in: a directory, an archive or a commit, of which a few small files are read.

Nothing is unpacked, no link is followed, and nothing is read but the files that are asked for: what else is in there can
do no harm.
"""
from __future__ import annotations

import bz2
import gzip
import lzma
import os
import re
import stat
import subprocess
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

FILE_LIMIT = 256 * 1024  # bytes of one file
ENTRY_LIMIT = 20_000  # files that are looked at
ARCHIVE_LIMIT = 64 << 20  # bytes of an archive
UNPACKED_LIMIT = 256 << 20  # bytes that a compressed tar unpacks to
SOURCE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.[ch]")


class SubmissionError(Exception):
    """It cannot be graded; one line says why."""


@dataclass(frozen=True)
class Entry:
    """A file's path from the top, with slashes; whether it is an ordinary file; its size in bytes."""

    path: str
    plain: bool
    size: int


@dataclass
class Taken:
    """What is taken for a lab: contents by path from the tree's root, and what there is to say about the rest."""

    files: dict[str, bytes] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


class Directory:
    """A directory. .git and build are not looked at."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self) -> Iterable[Entry]:
        for directory, names, files in os.walk(self.path):
            names[:] = [name for name in names if name not in (".git", "build")]
            for name in files:
                path = Path(directory, name)
                status = path.lstat()
                yield Entry(path.relative_to(self.path).as_posix(), stat.S_ISREG(status.st_mode), status.st_size)

    def read(self, path: str) -> bytes:
        """O_NOFOLLOW: nobody may put a link there since it was looked at."""
        with open(os.open(self.path / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            return file.read(FILE_LIMIT + 1)


class Zip:
    """A .zip file."""

    def __init__(self, path: Path) -> None:
        self.archive = zipfile.ZipFile(path)

    def entries(self) -> Iterable[Entry]:
        for info in self.archive.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            if not info.is_dir():
                yield Entry(info.filename, kind in (0, stat.S_IFREG), info.file_size)

    def read(self, path: str) -> bytes:
        with self.archive.open(path) as file:
            return file.read(FILE_LIMIT + 1)


def _plain_tar(path: Path) -> IO[bytes]:
    """The tar archive without its compression, in a file that has no name. SubmissionError if it is too large.

    tarfile would unpack as it goes, and some headers into memory, however long they are.
    """
    plain = tempfile.TemporaryFile()
    for opener in (gzip.open, bz2.open, lzma.open, open):
        plain.seek(0)
        plain.truncate()
        try:
            with opener(path, "rb") as packed:
                while chunk := packed.read(1 << 20):
                    plain.write(chunk)
                    if plain.tell() > UNPACKED_LIMIT:
                        raise SubmissionError(f"the archive unpacks to more than {UNPACKED_LIMIT >> 20} MiB")
            break
        except (gzip.BadGzipFile, lzma.LZMAError):
            continue
        except OSError as error:  # bz2's way to say that it is none
            if error.errno is not None:
                raise
    plain.seek(0)
    return plain


class Tar:
    """A .tar, .tar.gz, .tar.bz2 or .tar.xz file."""

    def __init__(self, path: Path) -> None:
        self.archive = tarfile.open(fileobj=_plain_tar(path), mode="r:")

    def entries(self) -> Iterable[Entry]:
        for member in self.archive:
            if not member.isdir():
                yield Entry(member.name, member.isreg(), member.size)

    def read(self, path: str) -> bytes:
        file = self.archive.extractfile(path)
        return file.read(FILE_LIMIT + 1) if file else b""


class Commit:
    """A commit of the repository in `root`."""

    def __init__(self, root: Path, name: str) -> None:
        self.root, self.name = root, name

    def _git(self, *arguments: str) -> bytes:
        done = subprocess.run(["git", *arguments], cwd=self.root, capture_output=True, check=False)
        if done.returncode:
            raise SubmissionError(f"git cannot read {self.name}")
        return done.stdout

    def entries(self) -> Iterable[Entry]:
        for row in self._git("ls-tree", "-r", "-z", "-l", "--full-tree", self.name).split(b"\0"):
            if found := re.fullmatch(rb"(\d+) blob \w+ +(\d+)\t(.*)", row, re.DOTALL):
                yield Entry(found[3].decode("utf-8", "replace"), found[1] in (b"100644", b"100755"), int(found[2]))

    def read(self, path: str) -> bytes:
        return self._git("cat-file", "blob", f"{self.name}:{path}")


def open_source(name: str, root: Path) -> Directory | Zip | Tar | Commit:
    """A directory, an archive, or else a commit of the repository in `root`. SubmissionError."""
    path = Path(name)
    try:
        if path.is_dir():
            return Directory(path)
        if path.is_file():
            if path.stat().st_size > ARCHIVE_LIMIT:
                raise SubmissionError(f"{name} is larger than {ARCHIVE_LIMIT >> 20} MiB")
            return Zip(path) if zipfile.is_zipfile(path) else Tar(path)
    except tarfile.ReadError:
        raise SubmissionError(f"{name} is neither a zip nor a tar archive") from None
    except (OSError, EOFError, zipfile.BadZipFile, tarfile.TarError, zlib.error) as error:
        raise SubmissionError(f"{name} cannot be read: {error}") from None
    if not name.startswith("-"):
        try:
            found = subprocess.run(["git", "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"],
                                   cwd=root, text=True, capture_output=True, check=False)
        except OSError:
            found = None
        if found and found.returncode == 0:
            return Commit(root, found.stdout.strip())
    raise SubmissionError(f"{name} is no directory, no archive, and no commit of this repository")


def _listed(source: Directory | Zip | Tar | Commit) -> dict[str, Entry]:
    """All entries whose path is an honest one, by path."""
    found: dict[str, Entry] = {}
    for number, entry in enumerate(source.entries()):
        if number >= ENTRY_LIMIT:
            raise SubmissionError(f"there are more than {ENTRY_LIMIT} files in it")
        path = entry.path.removeprefix("./")
        if not path.startswith("/") and ".." not in path.split("/") and "\\" not in path:
            found.setdefault(path, entry)
    return found


def _top(paths: Collection[str], wanted: tuple[str, ...]) -> str | None:
    """What stands before the lab's own paths: "", or "somebody-ponte-3f2a/"; None if they are nowhere.

    Of several places the one nearest to the top counts. SubmissionError if two are as near.
    """
    tops = set()
    for own in wanted:
        inside = "" if own.endswith((".c", ".h")) else "/[^/]+"
        place = re.compile(f"(.*/|){re.escape(own)}{inside}")
        tops.update(found[1] for path in paths if (found := place.fullmatch(path)))
    if not tops:
        return None
    nearest = sorted(tops, key=lambda top: (top.count("/"), top))
    same = [top for top in nearest if top.count("/") == nearest[0].count("/")]
    if len(same) > 1:
        raise SubmissionError(f"which is meant, {same[0]} or {same[1]}? Both have {wanted[0]}")
    return nearest[0]


def _belongs(path: str, wanted: tuple[str, ...]) -> bool:
    """Whether it lies right in one of the lab's directories, or is one of its files."""
    return any(path == own or path.rpartition("/")[0] == own for own in wanted)


def _utf8(taken: Taken, target: str, data: bytes) -> bytes:
    """The text as UTF-8. An accent in a comment, from an old editor, must not cost anybody a lab."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        taken.remarks.append(f"{target}: line {data.count(bytes([10]), 0, error.start) + 1} is not UTF-8: what cannot be read "
                             "there counts as \ufffd")
        return data.decode("utf-8", "replace").encode()
    return data


def _accept(taken: Taken, target: str, entry: Entry, source: Directory | Zip | Tar | Commit) -> None:
    """Takes a file, or says why not."""
    if not entry.plain:
        taken.remarks.append(f"{target}: not an ordinary file: left out")
    elif not SOURCE.fullmatch(target.rpartition("/")[2]):
        taken.remarks.append(f"{target}: not a .c or .h file: left out")
    else:
        data = source.read(entry.path) if entry.size <= FILE_LIMIT else b""
        if entry.size > FILE_LIMIT or len(data) > FILE_LIMIT:
            taken.remarks.append(f"{target}: larger than {FILE_LIMIT >> 10} KiB: left out")
        elif b"\0" in data:
            taken.remarks.append(f"{target}: not a text: left out")
        else:
            taken.files[target] = _utf8(taken, target, data)


def take(source: Directory | Zip | Tar | Commit, wanted: tuple[str, ...], given: Iterable[str]) -> Taken:
    """The lab's own files.

    wanted  the lab's `files`: directories, of which all .c and .h files count, and single files
    given   the paths of these files in the pristine tree: files that lie at the top, without any directory, are
            taken for those of the same name
    Raises SubmissionError if there is nothing of the lab in it.
    """
    try:
        entries = _listed(source)
        top = _top(entries, wanted)
        taken = Taken()
        if top is None:
            by_name = {path.rpartition("/")[2]: path for path in given}
            chosen = {by_name[path]: entry for path, entry in entries.items() if path in by_name}
        else:
            chosen = {path[len(top):]: entry for path, entry in entries.items()
                      if path.startswith(top) and _belongs(path[len(top):], wanted)}
        for target, entry in sorted(chosen.items()):
            _accept(taken, target, entry, source)
    except (OSError, EOFError, RuntimeError, NotImplementedError, KeyError, ValueError,
            zipfile.BadZipFile, tarfile.TarError, zlib.error) as error:  # RuntimeError: a zip with a password
        raise SubmissionError(f"it cannot be read: {error}") from None
    if not taken.files:
        raise SubmissionError("there is nothing of this lab in it: " + ", ".join(wanted) +
                              "".join(f"; {remark}" for remark in taken.remarks))
    return taken
