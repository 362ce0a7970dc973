"""Publishing at the end of a retraining: what will fail is said before it, and what fails after it loses nothing."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli.shelf import Shelf
from data.atomic import alone_in
from data.errors import ToyGuideError
from data.schema import Toy
from recommender.serving.bundle import sign_bundle, verify_bundle
from recommender.serving.keys import make_keys
from recommender.serving.publish import CURRENT, in_force, publish

NEW = "b" * 64


@pytest.fixture
def out(tmp_path: Path, toys: list[Toy], make_bundle: Callable[..., Path]) -> Path:
    """A retraining's folder with its new bundle in it."""
    make_bundle(tmp_path / "out" / "bundle", toys, seed=1, model=NEW)
    return tmp_path / "out"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "published").mkdir()
    return tmp_path / "published"


def test_a_new_bundle_is_signed_and_takes_the_place_of_the_one_that_it_was_judged_against(
    bundle: Path, out: Path, folder: Path, tmp_path: Path
) -> None:
    public = make_keys(tmp_path / "shop.key")
    publish(bundle, folder)
    shelf = Shelf(folder, tmp_path / "shop.key")
    shelf.check(bundle, tmp_path / "nothing yet")
    place = shelf.put(out / "bundle", verify_bundle(bundle).model)
    assert verify_bundle(place, public).model == NEW == in_force(folder)
    shelf.check(bundle, out)  # the same retraining again: what it published itself is in nobody's way
    assert shelf.put(out / "bundle", verify_bundle(bundle).model) == place


def test_a_key_is_read_before_the_training(bundle: Path, out: Path, folder: Path, tmp_path: Path) -> None:
    public = make_keys(tmp_path / "shop.key")
    with pytest.raises(ToyGuideError, match=r"must hold a private Ed25519 key.*It holds a public key"):
        Shelf(folder, public).check(bundle, out)
    with pytest.raises(ToyGuideError, match=r"The key .*nowhere cannot be read"):
        Shelf(folder, tmp_path / "nowhere").check(bundle, out)


def test_who_signs_no_more_is_told_before(
    bundle: Path, out: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_keys(tmp_path / "shop.key")
    signed = Path(shutil.copytree(bundle, tmp_path / "signed"))
    sign_bundle(signed, tmp_path / "shop.key")
    Shelf(folder).check(signed, out)
    assert "without --key the new bundle will not be" in " ".join(capsys.readouterr().err.split())
    Shelf(folder, tmp_path / "shop.key").check(signed, out)
    Shelf(folder).check(bundle, out)
    assert capsys.readouterr().err == ""


def test_another_bundle_in_force_is_said_before_and_after(
    bundle: Path, out: Path, folder: Path, tmp_path: Path, toys: list[Toy], make_bundle: Callable[..., Path]
) -> None:
    other = make_bundle(tmp_path / "other", toys, seed=2, model="c" * 64)
    shelf = Shelf(folder)
    shelf.check(bundle, out)
    publish(other, folder)
    with pytest.raises(
        ToyGuideError, match=rf"the model cccccccccccc is in force.*bundle publish {re.escape(str(bundle))} --to"
    ):
        shelf.check(bundle, out)
    with pytest.raises(ToyGuideError, match=r"cccccccccccc was published meanwhile.*kept in .*by hand: toyguide bun"):
        shelf.put(out / "bundle", verify_bundle(bundle).model)
    assert in_force(folder) == "c" * 64
    (folder / CURRENT).write_text("nonsense", encoding="utf-8")
    shelf.check(bundle, out)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere; tests/system has a disk that nobody may")
def test_a_folder_that_may_not_be_written(bundle: Path, out: Path, folder: Path) -> None:
    folder.chmod(0o500)
    with pytest.raises(ToyGuideError, match=r"a folder that can be written \(Permission denied\)"):
        Shelf(folder).check(bundle, out)


def test_a_folder_that_goes_away_during_the_training_costs_nothing_but_a_command(
    bundle: Path, out: Path, folder: Path, tmp_path: Path
) -> None:
    make_keys(tmp_path / "shop.key")
    shelf = Shelf(folder, tmp_path / "shop.key")
    shelf.check(bundle, out)
    folder.rmdir()
    with pytest.raises(ToyGuideError) as told:
        shelf.put(out / "bundle", verify_bundle(bundle).model)
    assert str(told.value) == (
        f"The folder to publish to must be there. {folder} is not: is its disk mounted? The new bundle is kept in "
        f"{out}/bundle, and is not published; by hand: toyguide bundle publish {out}/bundle --to {folder}"
    )
    verify_bundle(out / "bundle", tmp_path / "shop.key.pub")
    (tmp_path / "shop.key").unlink()
    with pytest.raises(
        ToyGuideError, match=rf"by hand: toyguide bundle sign {re.escape(str(out))}/bundle --key .*, toyguide bundle p"
    ):
        shelf.put(out / "bundle", verify_bundle(bundle).model)


def test_of_two_that_end_at_once_one_publishes(bundle: Path, out: Path, folder: Path) -> None:
    with alone_in(folder, "publishing"), pytest.raises(ToyGuideError, match=r"Another publishing is at work.*by hand"):
        Shelf(folder).put(out / "bundle", verify_bundle(bundle).model)
    Shelf(folder).put(out / "bundle", verify_bundle(bundle).model)
    assert in_force(folder) == NEW
