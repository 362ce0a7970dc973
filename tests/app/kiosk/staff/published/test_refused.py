"""What is published and bad is refused, and what is not there yet or cannot be read is waited for."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings, create_app
from data.errors import DataError
from recommender.serving.bundle import sign_bundle
from recommender.serving.keys import make_keys
from recommender.serving.publish import CURRENT, publish
from tests.app.kiosk.staff.published.conftest import (
    FIRST,
    SECOND,
    Headers,
    changes,
    kiosk_of,
    look,
    pickup_of,
    told,
    warnings,
)


def test_a_copy_that_is_not_whole_yet_is_waited_for(
    client: TestClient, manager: Headers, newer: Path, shelf: Path, tmp_path: Path
) -> None:
    place = publish(newer, shelf)
    whole = Path(shutil.move(place, tmp_path / "whole"))
    assert look(client) == FIRST
    assert warnings(client) == ["publish_waits"]
    assert "not there, or not yet" in told(client, manager)["problem"]
    place.mkdir()
    for name in ("manifest.json", "student.onnx"):
        shutil.copy(whole / name, place / name)
    assert look(client) == FIRST
    assert "cannot be read" in told(client, manager)["problem"]
    shutil.copytree(whole, place, dirs_exist_ok=True)
    (place / "table.npy").write_bytes((whole / "table.npy").read_bytes()[:100])
    assert look(client) == FIRST
    (refused,) = told(client, manager)["refused"]
    assert (refused["model"], "table.npy is truncated" in refused["why"]) == (SECOND, True)
    assert warnings(client) == ["publish_refused"]
    shutil.copy(whole / "table.npy", place / "table.npy")
    assert look(client) == SECOND
    assert told(client, manager)["refused"] == []
    assert warnings(client) == []


def test_a_broken_bundle_is_refused_once_also_after_a_restart(
    client: TestClient,
    manager: Headers,
    settings: KioskSettings,
    newer: Path,
    shelf: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = publish(newer, shelf)
    (place / "table.npy").write_bytes(b"x" * (place / "table.npy").stat().st_size)
    assert look(client) == FIRST
    tried: list[Path] = []
    monkeypatch.setattr("app.kiosk.published.take_published", lambda *told: tried.append(told[1]))
    assert look(client) == FIRST
    with TestClient(create_app(settings)) as again:
        assert look(again) == FIRST
        assert warnings(again) == ["publish_refused"]
    assert tried == []
    monkeypatch.undo()
    publish(newer, shelf)
    assert look(client) == SECOND
    assert changes(client, manager)[0]["details"]["before"] == FIRST


def test_another_model_than_was_said_is_refused(client: TestClient, manager: Headers, newer: Path, shelf: Path) -> None:
    publish(newer, shelf)
    said = json.loads((shelf / CURRENT).read_text(encoding="utf-8"))
    (shelf / CURRENT).write_text(json.dumps({**said, "model": "c" * 64}), encoding="utf-8")
    assert look(client) == FIRST
    (refused,) = told(client, manager)["refused"]
    assert "must be of model cccc" in refused["why"]


def test_what_nobody_signed_is_refused_until_it_is_signed(
    settings: KioskSettings, bundle: Path, newer: Path, shelf: Path, tmp_path: Path
) -> None:
    key = tmp_path / "shop"
    public = make_keys(key)
    mine = Path(shutil.copytree(bundle, tmp_path / "mine"))
    sign_bundle(mine, key)
    with TestClient(create_app(settings.model_copy(update={"verify_key": public, "bundle": mine}))) as client:
        place = publish(newer, shelf)
        assert look(client) == FIRST
        assert warnings(client) == ["publish_refused"]
        refused = pickup_of(client).status().refused
        assert refused is not None
        assert "must be signed by the key" in refused.why
        sign_bundle(place, key)
        assert look(client) == SECOND


def test_nonsense_is_said_and_changes_nothing(client: TestClient, manager: Headers, newer: Path, shelf: Path) -> None:
    publish(newer, shelf)
    good = (shelf / CURRENT).read_bytes()
    (shelf / CURRENT).write_bytes(good[:-20])
    assert look(client) == FIRST
    assert warnings(client) == ["publish_waits"]
    assert "current.json cannot be used" in told(client, manager)["problem"]
    (shelf / CURRENT).write_bytes(good)
    assert look(client) == SECOND


def test_links_and_pipes_are_not_followed(
    client: TestClient, manager: Headers, newer: Path, shelf: Path, tmp_path: Path
) -> None:
    place = publish(newer, shelf)
    moved = shutil.move(place, tmp_path / "elsewhere")
    place.symlink_to(moved)
    assert look(client) == FIRST
    assert "not there, or not yet" in told(client, manager)["problem"]
    (shelf / CURRENT).unlink()
    os.mkfifo(shelf / CURRENT)
    assert look(client) == FIRST
    assert "must be a plain file" in told(client, manager)["problem"]


def test_a_folder_that_is_gone_is_said_once_and_looked_for_again(
    client: TestClient, newer: Path, shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    away = shelf.rename(tmp_path / "away")
    for _ in range(3):
        assert look(client) == FIRST
    assert capsys.readouterr().out.count("what is published cannot be taken") == 1
    assert pickup_of(client).status().failures == 3
    assert "toyguide_publish_failures 3.0" in client.get("/metrics").text
    away.rename(shelf)
    publish(newer, shelf)
    assert look(client) == SECOND
    assert "toyguide_publish_failures 0.0" in client.get("/metrics").text


def test_a_disk_that_is_full_or_a_change_under_way_is_waited_out(
    client: TestClient,
    manager: Headers,
    newer: Path,
    shelf: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kiosk = kiosk_of(client)
    publish(newer, shelf)
    with kiosk.changing:
        assert look(client) == FIRST
    assert pickup_of(client).status().failures == 1
    assert warnings(client) == [], "it is over in a moment"

    def full(*_told: object) -> str:
        raise DataError("no room") from OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(kiosk.bundles, "take", full)
        assert look(client) == FIRST
    assert told(client, manager)["problem"] == "no room."
    assert look(client) == SECOND
    assert (told(client, manager)["problem"], told(client, manager)["refused"]) == (None, [])
