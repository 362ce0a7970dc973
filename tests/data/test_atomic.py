"""Files and folders appear whole or not at all, whatever ends their writer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from data import atomic
from data.atomic import UNFINISHED, atomic_file, atomic_folder
from data.errors import ToyGuideError

HANG = """
import sys, time
from pathlib import Path
from data.atomic import atomic_file, atomic_folder
with {kind}(Path(sys.argv[1])) as temporary:
    (temporary / "half" if temporary.is_dir() else temporary).write_text("half")
    print("writing", flush=True)
    time.sleep(60)
"""


def write_folder(path: Path, text: str) -> None:
    with atomic_folder(path) as temporary:
        (temporary / "deep").mkdir()
        (temporary / "deep" / "file").write_text(text)


def write_half(path: Path, then: BaseException) -> None:
    with atomic_folder(path) as temporary:
        (temporary / "half").write_text("half")
        raise then


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_a_folder_takes_the_place_of_what_was_there(tmp_path):
    target = tmp_path / "new" / "folder"
    for text in ("first", "second"):
        write_folder(target, text)
        assert (target / "deep" / "file").read_text() == text
    assert names(target.parent) == ["folder"]


@pytest.mark.parametrize("way", ["exchange", "aside"])
def test_a_failure_leaves_what_was_there(tmp_path, monkeypatch, way):
    if way == "aside":
        monkeypatch.setattr(atomic, "_exchange", lambda one, other: False)
    target = tmp_path / "folder"
    write_folder(target, "kept")
    with pytest.raises(KeyboardInterrupt):
        write_half(target, KeyboardInterrupt())
    assert (target / "deep" / "file").read_text() == "kept"
    assert names(tmp_path) == ["folder"]
    write_folder(target, "new")
    assert (target / "deep" / "file").read_text() == "new"
    assert names(tmp_path) == ["folder"]


def test_without_an_exchange_an_interrupt_between_two_renames_brings_the_old_one_back(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic, "_exchange", lambda one, other: False)
    target = tmp_path / "folder"
    write_folder(target, "kept")
    rename = Path.rename

    def interrupted(self: Path, to: Path) -> Path:
        if self.name.endswith(UNFINISHED) and not target.exists():
            raise KeyboardInterrupt
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_folder(target, "new")
    assert (target / "deep" / "file").read_text() == "kept"
    assert names(tmp_path) == ["folder"]


@pytest.mark.parametrize("kind", ["atomic_file", "atomic_folder"])
def test_what_a_killed_writer_left_is_told_by_its_name_and_cleared_away_by_the_next(tmp_path, kind):
    target = tmp_path / "a[b].txt"
    code = HANG.format(kind=kind)
    with subprocess.Popen([sys.executable, "-c", code, str(target)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"writing\n"
        (left,) = tmp_path.iterdir()
        assert left.name.startswith(".a[b].txt.")
        assert left.name.endswith(UNFINISHED)
        with atomic_file(tmp_path / "a[b].txt") as temporary:  # while the first still writes, its work is left alone
            temporary.write_text("second")
        assert left.exists()
        target.unlink()
        writer.send_signal(signal.SIGKILL)
    assert names(tmp_path) == [left.name]
    with atomic_file(target) as temporary:
        temporary.write_text("third")
    assert names(tmp_path) == ["a[b].txt"]
    assert target.read_text() == "third"


def test_what_sqlite_kept_beside_the_file_of_a_killed_writer_goes_with_it(tmp_path):
    left = f".a[b].0123abcd{UNFINISHED}"
    for name in (left, f"{left}-wal", f"{left}-shm", "a[b]-wal"):
        (tmp_path / name).write_text("half")
    with atomic_file(tmp_path / "a[b]") as temporary:
        log = temporary.with_name(f"{temporary.name}-journal")
        log.write_text("of one that still writes")
        with atomic_file(tmp_path / "a[b]"):
            pass
        assert log.exists()
        log.unlink()
    assert names(tmp_path) == ["a[b]", "a[b]-wal"]


def test_only_a_plain_file_is_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name, what in (("pipe", "a device or the like"), ("folder", "a folder")):
        with (
            pytest.raises(ToyGuideError, match=rf"{name} must be a new or a plain file. It is {what}\."),
            atomic_file(tmp_path / name),
        ):
            raise AssertionError("it was opened")
    assert (tmp_path / "pipe").is_fifo()
    assert names(tmp_path) == ["folder", "pipe"]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_folder(tmp_path / "link", "new")
    (tmp_path / "there").write_text("old")
    (tmp_path / "here").symlink_to(tmp_path / "there")
    with atomic_file(tmp_path / "here") as temporary:
        temporary.write_text("new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "here").is_symlink()
    assert (tmp_path / "real" / "deep" / "file").read_text() == (tmp_path / "there").read_text() == "new"
    assert names(tmp_path) == ["here", "link", "real", "there"]


@pytest.mark.parametrize("write", [atomic_file, atomic_folder])
@pytest.mark.parametrize("name", ["file/below", "n" * 300])
def test_what_the_file_system_refuses_is_one_sentence(tmp_path, write, name):
    (tmp_path / "file").write_text("a file")
    said = r"cannot be written: (Not a directory|File exists|File name too long)\."
    with pytest.raises(ToyGuideError, match=said), write(tmp_path / name):
        raise AssertionError("it was opened")
    assert names(tmp_path) == ["file"]


def test_a_full_disk_is_one_sentence(tmp_path):
    with pytest.raises(ToyGuideError, match=r"full cannot be written: No space left on device\."):
        write_half(tmp_path / "full", OSError(28, "No space left on device"))
    assert names(tmp_path) == []
