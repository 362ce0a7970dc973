"""The folder that kiosks look into: a bundle is whole there before it is named, and a way back is left."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.main import app
from data.errors import BundleError, ToyGuideError
from data.schema import Toy
from recommender.serving.bundle import sign_bundle, verify_bundle
from recommender.serving.keys import make_keys
from recommender.serving.publish import CURRENT, publish

runner = CliRunner()


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    folder = tmp_path / "published"
    folder.mkdir()
    return folder


def current(shelf: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((shelf / CURRENT).read_text(encoding="utf-8"))
    return found


def test_publishing_the_older_one_again_goes_back(
    bundle: Path, toys: list[Toy], make_bundle: Callable[..., Path], tmp_path: Path, shelf: Path
) -> None:
    newer = make_bundle(tmp_path / "newer", toys, seed=1, model="b" * 64)
    first = publish(bundle, shelf)
    second = publish(newer, shelf)
    assert (current(shelf)["name"], current(shelf)["model"]) == (second.name, "b" * 64)
    assert second.name.endswith("Z-bbbbbbbbbbbb")
    files = {file: file.stat().st_ino for file in first.iterdir()}
    assert publish(first, shelf) == first, "from the folder itself"
    assert current(shelf)["model"] == verify_bundle(first).model
    assert {file: file.stat().st_ino for file in first.iterdir()} == files, "it was there whole"


def test_the_time_is_told_in_utc_and_to_the_millisecond(bundle: Path, shelf: Path) -> None:
    noon = datetime(2026, 11, 25, 12, 0, 0, 250_000, timezone(timedelta(hours=8)))
    publish(bundle, shelf, lambda: noon)
    assert current(shelf)["published"] == "2026-11-25T04:00:00.250+00:00"
    assert datetime.fromisoformat(current(shelf)["published"]) == noon.astimezone(UTC)


def test_what_was_signed_since_or_damaged_there_is_copied_again(bundle: Path, tmp_path: Path, shelf: Path) -> None:
    mine, key = Path(shutil.copytree(bundle, tmp_path / "mine")), tmp_path / "shop"
    public = make_keys(key)
    with pytest.raises(BundleError, match=r"no manifest\.sig"):
        publish(mine, shelf, verify_key=public)
    assert list(shelf.iterdir()) == []
    place = publish(mine, shelf)
    sign_bundle(mine, key)
    assert publish(mine, shelf, verify_key=public) == place
    assert verify_bundle(place, public).model == verify_bundle(mine).model
    (place / "table.npy").write_bytes(b"")
    publish(mine, shelf)
    verify_bundle(place, public)


def test_what_is_not_whole_or_has_no_place_is_not_published(bundle: Path, tmp_path: Path, shelf: Path) -> None:
    publish(bundle, shelf)
    before = current(shelf)
    broken = Path(shutil.copytree(bundle, tmp_path / "broken"))
    (broken / "table.npy").unlink()
    with pytest.raises(BundleError, match=r"table\.npy is missing"):
        publish(broken, shelf)
    with pytest.raises(ToyGuideError, match="is its disk mounted"):
        publish(bundle, tmp_path / "gone")
    assert not (tmp_path / "gone").exists()
    assert current(shelf) == before


def test_the_command(bundle: Path, tmp_path: Path, shelf: Path) -> None:
    done = runner.invoke(app, ["bundle", "publish", str(bundle), "--to", str(shelf)])
    assert done.exit_code == 0, done.output
    assert current(shelf)["name"] in done.stdout.replace("\n", "")
    make_keys(tmp_path / "shop")
    unsigned = ["bundle", "publish", str(bundle), "--to", str(shelf), "--key", str(tmp_path / "shop.pub")]
    refused = runner.invoke(app, unsigned)
    assert (refused.exit_code, "Refused:" in refused.stderr) == (4, True)
