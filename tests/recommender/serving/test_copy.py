"""A bundle copied from a folder that is trusted in nothing."""

import os
import shutil
from pathlib import Path

import pytest

from data.errors import BundleError, ToyGuideError
from recommender.serving.archive import Limits, copy_bundle
from recommender.serving.bundle import sign_bundle, verify_bundle
from recommender.serving.keys import make_keys


@pytest.fixture
def source(bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle, tmp_path / "stick" / "bundle"))


def test_a_copy_is_the_same_bundle_and_what_else_lies_there_stays(source: Path, tmp_path: Path) -> None:
    (source / "notes.txt").write_text("not of the bundle")
    manifest = copy_bundle(source, tmp_path / "copy")
    assert verify_bundle(tmp_path / "copy") == manifest
    assert not (tmp_path / "copy" / "notes.txt").exists()
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith(".")] == []


def test_a_signature_comes_along_and_is_asked_for(source: Path, tmp_path: Path) -> None:
    public = make_keys(tmp_path / "shop")
    with pytest.raises(BundleError, match="must be signed by the key"):
        copy_bundle(source, tmp_path / "copy", public)
    sign_bundle(source, tmp_path / "shop")
    copy_bundle(source, tmp_path / "copy", public)
    verify_bundle(tmp_path / "copy", public)


def longer(source: Path) -> None:
    with (source / "table.npy").open("ab") as stream:
        stream.write(b"x")


def pipe(source: Path) -> None:
    (source / "table.npy").unlink()
    os.mkfifo(source / "table.npy")


def link(source: Path) -> None:
    (source / "table.npy").rename(source.parent / "table.npy")
    (source / "table.npy").symlink_to(source.parent / "table.npy")


def changed(source: Path) -> None:
    (source / "table.npy").write_bytes(bytes((source / "table.npy").stat().st_size))


def missing(source: Path) -> None:
    (source / "table.npy").unlink()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (longer, "table.npy is longer than it may be"),
        (pipe, "table.npy must be a plain file"),
        (link, "table.npy cannot be read"),
        (changed, "table.npy was changed"),
        (missing, "table.npy cannot be read: No such file"),
    ],
)
def test_what_is_not_right_is_refused_and_what_was_there_stays(source: Path, tmp_path: Path, spoil, said: str) -> None:
    before = copy_bundle(source, tmp_path / "copy")
    spoil(source)
    with pytest.raises(BundleError, match=said) as raised:
        copy_bundle(source, tmp_path / "copy")
    assert str(source) in str(raised.value)
    assert verify_bundle(tmp_path / "copy") == before


def test_limits_and_other_peoples_folders(source: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="must have at most 10 bytes"):
        copy_bundle(source, tmp_path / "copy", limits=Limits(bytes=10))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary").write_text("x")
    with pytest.raises(ToyGuideError, match="must be new, empty or a bundle"):
        copy_bundle(source, tmp_path / "mine")
