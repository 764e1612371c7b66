# SPDX-License-Identifier: MIT
"""What is taken of a submission, and that nothing in one does harm."""
from __future__ import annotations

import io
import os
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from grade import handed_in
from grade.handed_in import SubmissionError, Taken

WANTED = ("ipc/port", "user/lib/mutex.c")
GIVEN = ("ipc/port/port.c", "ipc/port/port.h", "user/lib/mutex.c")
FILES = {"ipc/port/port.c": b"int port;\n", "user/lib/mutex.c": b"int mutex;\n", "Makefile": b"all: cheat\n",
         "grade/run.py": b"print('100/100')\n", "ipc/port/deep/x.c": b"no\n", "ipc/pipe/pipe.c": b"no\n"}
TAKEN = {name: FILES[name] for name in ("ipc/port/port.c", "user/lib/mutex.c")}


def take(name: Path | str, root: Path = Path(".")) -> Taken:
    return handed_in.take(handed_in.open_source(str(name), root), WANTED, GIVEN)


def directory(root: Path, files: dict[str, bytes]) -> Path:
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def tarred(path: Path, files: dict[str, bytes], *more: tarfile.TarInfo, mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        for entry in more:
            archive.addfile(entry)
    return path


def under(top: str) -> dict[str, bytes]:
    return {f"{top}{name}": data for name, data in FILES.items()}


@pytest.mark.parametrize("top", ["", "./", "ponte-main/", "a/b c/"])
def test_every_kind_of_submission(tmp_path: Path, top: str) -> None:
    """Whatever stands before the paths, the lab's own files are taken, and no others."""
    for made in (directory(tmp_path / "d", under(top)), zipped(tmp_path / "s.zip", under(top)),
                 tarred(tmp_path / "s.tgz", under(top)), tarred(tmp_path / "s.tar.xz", under(top), mode="w:xz"),
                 tarred(tmp_path / "s.tar", under(top), mode="w")):
        assert take(made).files == TAKEN, made


def test_a_commit(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments], cwd=tmp_path, check=True,
                       capture_output=True)
    git("init", "-q")
    directory(tmp_path, FILES)
    git("add", ".")
    git("commit", "-qm", "x")
    git("branch", "ada")
    (tmp_path / "ipc/port/port.c").write_bytes(b"later")
    assert take("ada", tmp_path).files == TAKEN
    with pytest.raises(SubmissionError, match="no commit"):
        take("--all", tmp_path)


def test_bare_files(tmp_path: Path) -> None:
    """Somebody uploads just the files."""
    made = directory(tmp_path, {"port.c": b"int p;\n", "mutex.c": b"int m;\n", "other.c": b"no\n"})
    assert take(made).files == {"ipc/port/port.c": b"int p;\n", "user/lib/mutex.c": b"int m;\n"}


def test_a_new_file_counts(tmp_path: Path) -> None:
    made = directory(tmp_path, {**FILES, "ipc/port/helper.c": b"int h;\n", "ipc/port/helper.h": b"int h;\n"})
    assert set(take(made).files) == {*TAKEN, "ipc/port/helper.c", "ipc/port/helper.h"}


BAD = {
    "port.o": b"\x7fELF", "x.S": b"hlt\n", ".hidden.c": b"int x;\n", "-o.c": b"int x;\n", "a b.c": b"int x;\n",
    "$(reboot).c": b"int x;\n", "binary.c": b"int x;\0", "large.c": b" " * (handed_in.FILE_LIMIT + 1),
}


@pytest.mark.parametrize("name", BAD)
def test_files_that_are_left_out(tmp_path: Path, name: str) -> None:
    """Each with one line that names it."""
    files = {**FILES, f"ipc/port/{name}": BAD[name]}
    for made in (directory(tmp_path / "d", files), zipped(tmp_path / "s.zip", files), tarred(tmp_path / "s.tgz", files)):
        taken = take(made)
        assert taken.files == TAKEN
        (remark,) = taken.remarks
        assert remark.startswith(f"ipc/port/{name}: ") and "\n" not in remark


def test_links_are_not_followed(tmp_path: Path) -> None:
    made = directory(tmp_path / "d", FILES)
    (made / "ipc/port/secret.c").symlink_to("/etc/passwd")
    (made / "ipc/port/loop.c").symlink_to("loop.c")
    os.mkfifo(made / "ipc/port/fifo.c")
    (made / "ipc/all").symlink_to("/")
    assert take(made).files == TAKEN and len(take(made).remarks) == 3

    link, hard, device = (tarfile.TarInfo(f"ipc/port/{name}.c") for name in ("link", "hard", "device"))
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    hard.type, hard.linkname = tarfile.LNKTYPE, "Makefile"
    device.type = tarfile.CHRTYPE
    taken = take(tarred(tmp_path / "s.tgz", FILES, link, hard, device))
    assert taken.files == TAKEN and len(taken.remarks) == 3

    info = zipfile.ZipInfo("ipc/port/link.c")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(zipped(tmp_path / "s.zip", FILES), "a") as archive:
        archive.writestr(info, "/etc/passwd")
    assert take(tmp_path / "s.zip").files == TAKEN


def test_a_directory_that_is_a_link(tmp_path: Path) -> None:
    made = directory(tmp_path / "d", {"user/lib/mutex.c": b"int m;\n"})
    elsewhere = directory(tmp_path / "e", {"port.c": b"secret"})
    (made / "ipc").mkdir()
    (made / "ipc/port").symlink_to(elsewhere)
    assert set(take(made).files) == {"user/lib/mutex.c"}


@pytest.mark.parametrize("path", ["../ipc/port/port.c", "/ipc/port/port.c", "x/../ipc/port/port.c", "..\\ipc\\port\\x.c"])
def test_paths_that_lead_out(tmp_path: Path, path: str) -> None:
    for made in (zipped(tmp_path / "s.zip", {path: b"x"}), tarred(tmp_path / "s.tgz", {path: b"x"})):
        with pytest.raises(SubmissionError, match="nothing of this lab"):
            take(made)


def test_which_is_meant(tmp_path: Path) -> None:
    """The one nearest to the top; two as near are a question."""
    files = {**under("mine/"), **under("mine/old/backup/")}
    assert take(directory(tmp_path / "a", files)).files == TAKEN
    with pytest.raises(SubmissionError, match="which is meant, a/ or b/"):
        take(directory(tmp_path / "b", {**under("a/"), **under("b/")}))


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match="no directory, no archive"):
        take(tmp_path / "nowhere")
    (tmp_path / "text").write_text("hello")
    with pytest.raises(SubmissionError, match="neither a zip nor a tar"):
        take(tmp_path / "text")
    whole = tarred(tmp_path / "s.tgz", {**FILES, "ipc/port/big.c": os.urandom(100_000)}).read_bytes()
    (tmp_path / "cut.tgz").write_bytes(whole[:len(whole) // 2])
    with pytest.raises(SubmissionError, match="cannot be read"):
        take(tmp_path / "cut.tgz")
    cut = zipped(tmp_path / "s.zip", FILES).read_bytes()
    (tmp_path / "bad.zip").write_bytes(cut.replace(b"int port;", b"int p0rt;"))
    with pytest.raises(SubmissionError, match="cannot be read"):
        take(tmp_path / "bad.zip")
    with pytest.raises(SubmissionError, match="nothing of this lab"):
        take(directory(tmp_path / "empty", {"README": b"sorry"}))


def test_other_encodings(tmp_path: Path) -> None:
    """It counts, with a line that says what became of it."""
    made = directory(tmp_path, {**FILES, "ipc/port/port.c": b"int port;\n// caf\xe9\n"})
    taken = take(made)
    assert taken.files["ipc/port/port.c"].decode() == "int port;\n// caf\ufffd\n"
    (remark,) = taken.remarks
    assert "line 2 is not UTF-8" in remark


def test_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too large, before and after unpacking, and of more files than anybody writes."""
    lying = tmp_path / "zeros.zip"
    with zipfile.ZipFile(lying, "w", zipfile.ZIP_DEFLATED) as zeros:
        zeros.writestr("ipc/port/port.c", b" " * (64 << 20))
        zeros.writestr("user/lib/mutex.c", b"int m;\n")
    assert "larger than" in take(lying).remarks[0]
    monkeypatch.setattr(handed_in, "ARCHIVE_LIMIT", 100)
    with pytest.raises(SubmissionError, match="s.tar is larger than"):
        take(tarred(tmp_path / "s.tar", FILES, mode="w"))
    monkeypatch.setattr(handed_in, "ENTRY_LIMIT", 3)
    with pytest.raises(SubmissionError, match="more than 3 files"):
        take(directory(tmp_path / "many", FILES))


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("where", ["in a file", "in a header"])
def test_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str, where: str) -> None:
    """A few kilobytes that unpack to a disk full of zeros. tarfile reads a header whole, however long it is."""
    monkeypatch.setattr(handed_in, "UNPACKED_LIMIT", 4 << 20)
    zeros = tarfile.TarInfo("ipc/port/zeros.c")
    zeros.size = 8 << 20
    zeros.type = tarfile.REGTYPE if where == "in a file" else tarfile.XHDTYPE
    with tarfile.open(tmp_path / "bomb", mode) as archive:  # type: ignore[call-overload]
        archive.addfile(zeros, io.BytesIO(bytes(zeros.size)))
    assert (tmp_path / "bomb").stat().st_size < 64 << 10
    with pytest.raises(SubmissionError, match="unpacks to more than 4 MiB"):
        take(tmp_path / "bomb")
