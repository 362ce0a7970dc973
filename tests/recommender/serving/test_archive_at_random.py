"""Zips changed at random, and entries called at random: refused, or a whole bundle; nothing appears anywhere else."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import BundleError
from recommender.serving.archive import unpack_bundle
from recommender.serving.bundle import SIGNATURE


def contents(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_an_archive_that_was_changed_anywhere_is_refused_or_unharmed(
    bundle: Path, good: Path, data: st.DataObject
) -> None:
    whole = bytearray(good.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        near_the_end = data.draw(st.booleans())
        low = max(0, len(whole) - 700) if near_the_end else 0
        whole[data.draw(st.integers(low, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "x.zip"
        archive.write_bytes(whole)
        try:
            unpack_bundle(archive, Path(folder) / "bundle")
        except BundleError:
            assert [entry.name for entry in Path(folder).iterdir()] == ["x.zip"]
        else:
            assert contents(Path(folder) / "bundle") == contents(bundle)


NAMES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
    st.lists(st.sampled_from(["..", ".", "", "a", "/", "\\", "C:", "table.npy"]), min_size=1, max_size=5).map("/".join),
)


@settings(max_examples=150, deadline=None)
@given(names=st.lists(NAMES, min_size=1, max_size=3))
def test_whatever_entries_are_called_nothing_appears_outside(bundle: Path, names: list[str]) -> None:
    entries = list(contents(bundle).items())
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name, payload in [*entries, *((name, b"stranger") for name in names)]:
            entry = zipfile.ZipInfo("placeholder")
            entry.filename = name
            if name not in target.NameToInfo:
                target.writestr(entry, payload)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "inner").mkdir()
        (Path(folder) / "x.zip").write_bytes(buffer.getvalue())
        strangers = set(names) - {name for name, _ in entries} - {SIGNATURE}  # without a key nobody reads it
        try:
            unpack_bundle(Path(folder) / "x.zip", Path(folder) / "inner" / "bundle")
        except BundleError:
            assert not list((Path(folder) / "inner").iterdir())
        else:
            assert not strangers
        assert {entry.name for entry in Path(folder).iterdir()} == {"inner", "x.zip"}
