import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data.errors import BundleError
from recommender.serving.bundle import MANIFEST, MAX_MANIFEST_BYTES, read_manifest, verify_bundle
from recommender.serving.load import load_bundle


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    """A bundle of one's own, to be damaged."""
    return Path(shutil.copytree(bundle, tmp_path / "bundle"))


def edit(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    change(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


def test_a_manifest_reads_back_what_was_written(bundle: Path) -> None:
    manifest = verify_bundle(bundle)
    assert manifest == read_manifest(bundle)
    assert set(manifest.files) == {
        "MODEL_CARD.md",
        "catalogue.sqlite",
        "student.onnx",
        "table.npy",
        "table_scale.npy",
    }
    assert manifest.files["table.npy"].bytes == (bundle / "table.npy").stat().st_size
    assert manifest.interests == ("animals", "building", "games", "music", "space", "trains")
    assert (manifest.width, manifest.max_history, manifest.currency) == (8, 20, "GBP")


@pytest.mark.parametrize("name", ["student.onnx", "table.npy", "table_scale.npy", "catalogue.sqlite", "MODEL_CARD.md"])
def test_a_truncated_file_is_named(copy: Path, name: str) -> None:
    whole = (copy / name).read_bytes()
    (copy / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BundleError, match=f"{name} is truncated: the manifest says {len(whole)} bytes"):
        load_bundle(copy)


def test_one_changed_bit_is_named(copy: Path) -> None:
    whole = bytearray((copy / "table.npy").read_bytes())
    whole[-1] ^= 1
    (copy / "table.npy").write_bytes(whole)
    with pytest.raises(BundleError, match=r"table\.npy was changed"):
        verify_bundle(copy)


def test_missing_and_surprising_files_are_named(copy: Path) -> None:
    (copy / "table.npy").unlink()
    (copy / "notes.txt").write_text("left here by accident", encoding="utf-8")
    (copy / "deep").mkdir()
    (copy / "deep" / "more.bin").write_bytes(b"x")
    with pytest.raises(BundleError) as error:
        verify_bundle(copy)
    for part in ("table.npy is missing.", "notes.txt is not in the manifest.", "deep/more.bin is not in the manifest."):
        assert part in str(error.value)


def test_a_link_is_no_file_of_a_bundle(copy: Path, tmp_path: Path) -> None:
    (copy / "table.npy").rename(tmp_path / "elsewhere.npy")
    (copy / "table.npy").symlink_to(tmp_path / "elsewhere.npy")
    with pytest.raises(BundleError, match=r"table\.npy must be a plain file"):
        verify_bundle(copy)


@pytest.mark.parametrize(
    "name",
    ["../outside", "/etc/passwd", "a/../../b", "a\\b", "C:evil", "", ".", "a//b", "./table.npy", "a\0b", "\ud800"],
)
def test_no_path_may_leave_the_folder(copy: Path, name: str) -> None:
    edit(copy, lambda manifest: manifest["files"].update({name: {"sha256": "0" * 64, "bytes": 1}}))
    with pytest.raises(BundleError, match="relative paths inside the bundle"):
        read_manifest(copy)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda m: m.update(format=2), "format 2, this toyguide reads up to 1"),
        (lambda m: m.update(format=10**30, model=None), "Update toyguide, or build the bundle with this version"),
        (lambda m: m.update(format="1"), "field 'format' must be an int"),
        (lambda m: m.update(format=True), "field 'format' must be an int"),
        (lambda m: m.pop("model"), "field 'model' must be a string"),
        (lambda m: m.update(model="xyz"), "field 'model' must be at least 16 hex digits"),
        (lambda m: m.update(files=[]), "field 'files' must be an object"),
        (lambda m: m.pop("metrics"), "field 'metrics' must be an object"),
        (lambda m: m["files"].pop("student.onnx"), r"a list with student\.onnx"),
        (lambda m: m["files"].pop("table.npy"), r"a list with table\.npy"),
        (lambda m: m["files"].pop("table_scale.npy"), r"a list with table_scale\.npy"),
        (lambda m: m["files"].pop("catalogue.sqlite"), r"a list with catalogue\.sqlite"),
        (lambda m: m["files"].update({"table.npy": {"sha256": "zz", "bytes": 1}}), "a SHA-256 and a size"),
        (lambda m: m["files"].update({"table.npy": {"sha256": "0" * 64, "bytes": -1}}), "a SHA-256 and a size"),
        (lambda m: m["files"].update({"manifest.sig": m["files"]["table.npy"]}), "without manifest and signature"),
        (lambda m: m["files"].update({"Manifest.json": m["files"]["table.npy"]}), "without manifest and signature"),
        (lambda m: m["files"].update({"TABLE.npy": m["files"]["table.npy"]}), "files of their own on every system"),
        (lambda m: m["files"].update({"table.npy/a": m["files"]["table.npy"]}), "files of their own on every system"),
        (lambda m: m["student"].update(max_history=0), r"student\.max_history"),
        (lambda m: m["files"].update({"table.npy": {"bytes": 1}}), "a SHA-256 and a size"),
        (lambda m: m["files"].update({"table.npy": {"sha256": "0" * 64, "bytes": "1"}}), "a SHA-256 and a size"),
        (lambda m: m.update(currency=826), "field 'currency' must be a string or null"),
        (lambda m: m.update(features=["music"]), "field 'features' must be an object"),
        (lambda m: m["student"].update(scale=float("nan")), r"student\.scale"),
        (lambda m: m["student"].update(scale=10**400), r"student\.scale"),
        (lambda m: m["features"].update(interests="music"), "a list of strings"),
        (lambda m: m.update(opset="20"), "field 'opset'"),
    ],
)
def test_a_manifest_that_is_not_right_is_refused(
    copy: Path, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    edit(copy, change)
    with pytest.raises(BundleError, match=said):
        read_manifest(copy)


def test_a_manifest_is_not_read_beyond_its_bound(copy: Path) -> None:
    whole = (copy / MANIFEST).read_bytes()
    (copy / MANIFEST).write_bytes(whole + b" " * (MAX_MANIFEST_BYTES - len(whole)))
    assert read_manifest(copy)
    (copy / MANIFEST).write_bytes(whole + b" " * (MAX_MANIFEST_BYTES - len(whole) + 1))
    with pytest.raises(
        BundleError, match=rf"must be at most {MAX_MANIFEST_BYTES} bytes. It has {MAX_MANIFEST_BYTES + 1}"
    ):
        read_manifest(copy)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_a_manifest_that_is_no_json_object_is_refused(copy: Path, text: bytes) -> None:
    (copy / MANIFEST).write_bytes(text)
    with pytest.raises(BundleError, match=MANIFEST):
        read_manifest(copy)


def test_what_is_no_bundle_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="does not exist"):
        load_bundle(tmp_path / "nowhere")
    with pytest.raises(BundleError, match=r"it has no manifest\.json"):
        load_bundle(tmp_path)
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(BundleError, match="It is a file"):
        load_bundle(tmp_path / "file")
