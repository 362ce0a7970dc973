"""What is published is read with suspicion, and what was made of it is remembered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.kiosk.store.published import (
    MEMORY,
    MOST_REFUSED,
    Memory,
    Picked,
    Publication,
    Refused,
    files_stamp,
    read_current,
    read_memory,
    write_memory,
)
from recommender.serving.publish import CURRENT

GOOD = {"name": "2026-03-01T12-00-00Z-bbbb", "model": "b" * 64, "published": "2026-03-01T12:00:00.000+00:00"}


def test_nothing_published_is_no_mistake_and_no_folder_is_one(tmp_path: Path) -> None:
    assert read_current(tmp_path) is None
    with pytest.raises(FileNotFoundError, match="is its disk mounted"):
        read_current(tmp_path / "gone")
    (tmp_path / CURRENT).write_text(json.dumps(GOOD), encoding="utf-8")
    assert read_current(tmp_path) == Publication(**GOOD)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"", "cannot be used"),
        (b"\xff\xfe", "cannot be used"),
        (b"[" * 4000, "cannot be used"),
        (b" " * 5000, "at most 4096 bytes"),
        (b"[]", "must be an object"),
        (b'{"name": "a", "model": "0123456789abcdef"}', "must be an object"),
        ({"more": "x"}, "nothing else"),
        ({"name": 7}, "must be text"),
        ({"name": None}, "must be text"),
        ({"name": ""}, "and no path"),
        ({"name": ".."}, "and no path"),
        ({"name": "../made"}, "and no path"),
        ({"name": "/etc"}, "and no path"),
        ({"name": ".incoming"}, "and no path"),
        ({"name": "bundle\u200b"}, "and no path"),
        ({"model": "second"}, "model must be a digest"),
        ({"published": "yesterday"}, "cannot be used"),
        ({"published": "2026-03-01T12:00:00"}, "with an offset"),
    ],
)
def test_nonsense_is_one_sentence(tmp_path: Path, said: bytes | dict[str, Any], why: str) -> None:
    file = tmp_path / CURRENT
    file.write_bytes(said if isinstance(said, bytes) else json.dumps({**GOOD, **said}).encode())
    with pytest.raises(ValueError, match=why) as error:
        read_current(tmp_path)
    assert str(error.value).startswith(str(file))


def test_files_have_another_stamp_when_anything_of_them_changes(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.svg").write_bytes(b"123")
    (tmp_path / "table.npy").write_bytes(b"123")
    stamps = [files_stamp(tmp_path), files_stamp(tmp_path)]
    assert len(set(stamps)) == 1
    (tmp_path / "table.npy").write_bytes(b"1234")
    stamps.append(files_stamp(tmp_path))
    (tmp_path / "pictures" / "b.svg").touch()
    stamps.append(files_stamp(tmp_path))
    (tmp_path / "table.npy").chmod(0o600)
    stamps.append(files_stamp(tmp_path))
    assert len(set(stamps)) == 4


def test_what_was_written_is_read_and_what_is_broken_is_nothing(tmp_path: Path) -> None:
    one, other = Publication(**GOOD), Publication("a", "a" * 64, GOOD["published"])
    memory = Memory().with_picked(Picked(one, 5, "c" * 64, 2)).with_refused(Refused(other, 7, "为什么", "stamp"))
    assert read_memory(tmp_path) == Memory()
    assert write_memory(tmp_path, memory)
    assert read_memory(tmp_path) == memory
    assert memory.refusal(other) == Refused(other, 7, "为什么", "stamp")
    assert memory.with_picked(Picked(other, 9, None)) == Memory(Picked(other, 9, None))
    for broken in (b"", b"[]", b"{}", b'{"picked": {"more": 1}, "refused": []}', b"[" * 10**5):
        (tmp_path / MEMORY).write_bytes(broken)
        assert read_memory(tmp_path) == Memory()


def test_refusals_are_not_kept_without_end() -> None:
    memory = Memory()
    for number in range(MOST_REFUSED + 5):
        memory = memory.with_refused(Refused(Publication(f"n{number}", "a" * 64, GOOD["published"]), number, "bad"))
    again = memory.with_refused(Refused(Publication("n9", "a" * 64, GOOD["published"]), 99, "still bad"))
    assert [each.at_ms for each in again.refused] == [*range(5, 9), *range(10, MOST_REFUSED + 5), 99]
