"""Bundles as zips: real archives, honest and hostile."""

from __future__ import annotations

import json
import os
import shutil
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from data.errors import BundleError, DataError, ToyGuideError
from recommender.serving import archive as archives
from recommender.serving.archive import Limits, unpack_bundle, zip_bundle
from recommender.serving.bundle import MANIFEST, SIGNATURE, sign_bundle, verify_bundle
from recommender.serving.keys import make_keys
from recommender.serving.load import load_bundle


def contents(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def made(archive: Path, entries: list[tuple[str | zipfile.ZipInfo, bytes]], method: int = zipfile.ZIP_STORED) -> Path:
    """A zip of just these entries, whatever they are called."""
    with zipfile.ZipFile(archive, "w", method) as target:
        for entry, data in entries:
            target.writestr(entry, data)
    return archive


def with_entries(bundle: Path, *more: tuple[str | zipfile.ZipInfo, bytes]) -> list[tuple[str | zipfile.ZipInfo, bytes]]:
    return [*contents(bundle).items(), *more]


def refused(archive: Path, folder: Path, said: str, limits: Limits = archives.LIMITS) -> None:
    """The archive is refused in one sentence that names it, and nothing is left of it anywhere."""
    before = sorted(folder.parent.rglob("*"))
    with pytest.raises(BundleError, match=said) as error:
        unpack_bundle(archive, folder, limits=limits)
    assert str(archive) in str(error.value)
    assert ".unfinished" not in str(error.value)
    assert sorted(folder.parent.rglob("*")) == before


def test_a_bundle_comes_out_as_it_went_in(bundle: Path, good: Path, tmp_path: Path) -> None:
    manifest = unpack_bundle(good, tmp_path / "new" / "bundle")
    assert contents(tmp_path / "new" / "bundle") == contents(bundle)
    assert manifest == verify_bundle(bundle)
    assert load_bundle(tmp_path / "new" / "bundle").recommend(k=3).items
    assert [entry.name for entry in (tmp_path / "new").iterdir()] == ["bundle"]


def test_the_same_bundle_is_the_same_bytes(bundle: Path, good: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    for file in sorted(bundle.iterdir(), reverse=True):
        Path(shutil.copyfile(file, tmp_path / "copy" / file.name)).chmod(0o600)
        os.utime(tmp_path / "copy" / file.name, (0, 1_000_000_000))
    zip_bundle(tmp_path / "copy", tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == good.read_bytes()
    with zipfile.ZipFile(good) as source:
        assert source.namelist() == sorted(source.namelist())
        assert {entry.date_time for entry in source.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_signature_travels_with_its_bundle(bundle: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(bundle, tmp_path / "signed"))
    public = make_keys(tmp_path / "shop")
    zip_bundle(folder, tmp_path / "unsigned.zip")
    sign_bundle(folder, tmp_path / "shop")
    zip_bundle(folder, tmp_path / "signed.zip")
    unpack_bundle(tmp_path / "signed.zip", tmp_path / "out", public)
    assert (tmp_path / "out" / SIGNATURE).read_bytes() == (folder / SIGNATURE).read_bytes()
    with pytest.raises(BundleError, match=r"unsigned\.zip must be signed by the key"):
        unpack_bundle(tmp_path / "unsigned.zip", tmp_path / "out", public)
    assert (tmp_path / "out" / SIGNATURE).exists()


def test_what_others_zip_is_read_too(bundle: Path, tmp_path: Path) -> None:
    unpack_bundle(made(tmp_path / "x.zip", with_entries(bundle), zipfile.ZIP_DEFLATED), tmp_path / "out")
    assert contents(tmp_path / "out") == contents(bundle)


@pytest.mark.parametrize(
    "name",
    ["../outside", "/etc/cron.d/x", "a/../../b", "..\\b", "C:\\b", "pictures/", "a//b", "./a", "a\0b", "x" * 300],
)
def test_no_entry_leaves_the_folder(bundle: Path, tmp_path: Path, name: str) -> None:
    entry = zipfile.ZipInfo("placeholder")
    entry.filename = name  # as it is written; the constructor would mend it
    archive = made(tmp_path / "x.zip", with_entries(bundle, (entry, b"x")))
    refused(archive, tmp_path / "bundle", "a relative path inside the bundle")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK, stat.S_IFDIR])
def test_only_plain_files_are_unpacked(bundle: Path, tmp_path: Path, kind: int) -> None:
    entries = contents(bundle)
    entry = zipfile.ZipInfo("table.npy")
    entry.create_system, entry.external_attr = 3, (kind | 0o777) << 16
    del entries["table.npy"]
    archive = made(tmp_path / "x.zip", [*entries.items(), (entry, b"/etc/passwd")])
    refused(archive, tmp_path / "bundle", r"'table\.npy' must be a plain file")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["table.npy", "TABLE.npy", "table.npy/inner", "Manifest.json"])
def test_no_two_entries_are_one_file(bundle: Path, tmp_path: Path, name: str) -> None:
    refused(made(tmp_path / "x.zip", with_entries(bundle, (name, b"x"))), tmp_path / "bundle", "are one file on some")


def test_only_what_the_manifest_names_is_unpacked(bundle: Path, tmp_path: Path) -> None:
    archive = made(tmp_path / "x.zip", with_entries(bundle, ("notes.txt", b"x")))
    refused(archive, tmp_path / "bundle", r"holds 'notes\.txt', which its manifest does not name")
    refused(
        made(tmp_path / "y.zip", [("a/" + n, d) for n, d in contents(bundle).items()]),
        tmp_path / "bundle",
        "at its top",
    )
    short = contents(bundle)
    del short["table.npy"]
    refused(made(tmp_path / "z.zip", list(short.items())), tmp_path / "bundle", r"table\.npy is missing")


def test_a_file_that_is_not_the_manifests_is_named(bundle: Path, tmp_path: Path) -> None:
    for change, said in (
        (lambda data: data[:-1], "is truncated: the manifest says"),
        (lambda data: data + b"x", "is longer than it may be"),
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "was changed"),
    ):
        entries = contents(bundle)
        entries["table.npy"] = change(entries["table.npy"])
        refused(made(tmp_path / "x.zip", list(entries.items())), tmp_path / "bundle", rf"table\.npy {said}")


def test_the_manifest_is_judged_as_in_a_folder(bundle: Path, tmp_path: Path) -> None:
    entries = contents(bundle)
    facts = json.loads(entries[MANIFEST])
    for changed, said in (
        (facts | {"format": 2}, "has format 2, this toyguide reads up to 1"),
        ([], "must be an object"),
    ):
        entries[MANIFEST] = json.dumps(changed).encode()
        refused(
            made(tmp_path / "x.zip", list(entries.items())), tmp_path / "bundle", rf"x\.zip/manifest\.json: .*{said}"
        )
    entries[MANIFEST] = b" " * (archives.MAX_MANIFEST_BYTES + 1)
    refused(
        made(tmp_path / "x.zip", list(entries.items())), tmp_path / "bundle", r"manifest\.json is longer than it may"
    )


def bomb(bundle: Path, archive: Path, size: int) -> Path:
    """A bundle whose manifest honestly names a file of `size` zeros: a thousandth of it in the archive."""
    entries = contents(bundle)
    facts = json.loads(entries[MANIFEST])
    facts["files"]["zeros.bin"] = {"sha256": "0" * 64, "bytes": size}
    entries[MANIFEST] = json.dumps(facts).encode()
    return made(archive, [*entries.items(), ("zeros.bin", bytes(size))], zipfile.ZIP_DEFLATED)


def test_a_zip_bomb_does_not_go_off(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = bomb(bundle, tmp_path / "x.zip", 20 * 2**20)
    assert archive.stat().st_size < 2**18
    written = []
    chunks = archives._Source._chunks
    monkeypatch.setattr(
        archives._Source, "_chunks", lambda self, name: (written.append(len(c)) or c for c in chunks(self, name))
    )
    refused(archive, tmp_path / "bundle", r"must not unpack to so much more than it is: zeros\.bin")
    assert sum(written) < 100 * archive.stat().st_size + 2 * 2**20


def test_what_an_archive_says_of_its_sizes_is_checked_and_not_believed(bundle: Path, tmp_path: Path) -> None:
    archive = bomb(bundle, tmp_path / "x.zip", 1_234_567)
    refused(
        archive,
        tmp_path / "bundle",
        r"must unpack to at most 500000 bytes\. It says that it has",
        Limits(bytes=500_000),
    )
    data = archive.read_bytes()
    claim = struct.pack("<L", 1_234_567)
    assert data.count(claim) == 2  # once before the file, once in the directory
    archive.write_bytes(data.replace(claim, struct.pack("<L", 1000)))
    refused(archive, tmp_path / "bundle", "cannot be unpacked: .*CRC")
    directory = data.rindex(b"PK\x01\x02")
    crowd = archive.with_name("y.zip")
    crowd.write_bytes(data[:directory] + data[directory:].replace(claim, struct.pack("<L", 2**31 - 1)))
    refused(crowd, tmp_path / "bundle", "must unpack to at most")


def test_many_entries_are_refused_before_they_are_read(bundle: Path, tmp_path: Path) -> None:
    archive = made(tmp_path / "x.zip", with_entries(bundle, *((f"{n}.txt", b"") for n in range(30))))
    refused(archive, tmp_path / "bundle", "at most 20 files. It says", Limits(entries=20))
    data = bytearray(archive.read_bytes())
    data[-14:-10] = struct.pack("<2H", 1, 1)  # it says that it holds one
    archive.write_bytes(data)
    refused(archive, tmp_path / "bundle", r"at most 20 files\. It holds 3\d", Limits(entries=20))
    refused(archive, tmp_path / "bundle", "its list of files is too long", Limits(entries=1))


def test_encrypted_and_exotic_entries_are_refused(good: Path, bundle: Path, tmp_path: Path) -> None:
    archive = tmp_path / "x.zip"
    for flag in (0x1, 0x40):
        data = bytearray(good.read_bytes())
        first = data.index(b"PK\x01\x02")
        data[first + 8] |= flag
        archive.write_bytes(data)
        refused(archive, tmp_path / "bundle", "must be a file that is not encrypted")
    refused(made(archive, with_entries(bundle), zipfile.ZIP_BZIP2), tmp_path / "bundle", "must be stored or deflated")
    data = bytearray(good.read_bytes())
    data[-22:-22] = b"PK\x06\x07" + bytes(16)  # a zip of more than 4 GiB would have this
    archive.write_bytes(data)
    refused(archive, tmp_path / "bundle", "It says that it holds more")


@pytest.mark.parametrize("share", [0, 0.001, 0.3, 0.9, 0.999])
def test_a_truncated_archive_is_one_sentence(good: Path, tmp_path: Path, share: float) -> None:
    whole = good.read_bytes()
    (tmp_path / "x.zip").write_bytes(whole[: int(len(whole) * share)])
    refused(tmp_path / "x.zip", tmp_path / "bundle", "does not end as a zip does")


def test_what_is_no_archive_is_said_so(tmp_path: Path) -> None:
    refused(tmp_path / "nowhere.zip", tmp_path / "bundle", "There is no such file")
    (tmp_path / "folder.zip").mkdir()
    os.mkfifo(tmp_path / "pipe.zip")
    for name in ("folder", "pipe"):
        refused(tmp_path / f"{name}.zip", tmp_path / "bundle", "It is a folder or a device")


def test_the_bundle_before_stays_when_anything_fails(bundle: Path, good: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    unpack_bundle(good, folder)
    cut = tmp_path / "cut.zip"
    cut.write_bytes(good.read_bytes()[:-30])
    refused(cut, folder, "does not end")
    refused(bomb(bundle, tmp_path / "bomb.zip", 20 * 2**20), folder, "so much more")
    assert load_bundle(folder).recommend(k=3).items


def test_a_full_disk_is_said_and_leaves_what_was(good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpack_bundle(good, tmp_path / "bundle")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archives._Source, "copy", full)
    with pytest.raises(DataError, match="cannot be written: No space left"):
        unpack_bundle(good, tmp_path / "bundle")
    assert verify_bundle(tmp_path / "bundle")
    assert [entry.name for entry in tmp_path.iterdir()] == ["bundle"]


def test_a_bundle_is_replaced_and_nothing_else_is(good: Path, tmp_path: Path) -> None:
    unpack_bundle(good, tmp_path / "bundle")
    unpack_bundle(good, tmp_path / "bundle")
    (tmp_path / "papers").mkdir()
    unpack_bundle(good, tmp_path / "papers")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("kept", encoding="utf-8")
    for place in (tmp_path / "home", tmp_path / "home" / "letter.txt"):
        with pytest.raises(ToyGuideError, match="'folder' parameter of unpack_bundle must be new, empty or a bundle"):
            unpack_bundle(good, place)
    assert (tmp_path / "home" / "letter.txt").read_text(encoding="utf-8") == "kept"


@pytest.mark.parametrize("damage", [lambda f: (f / "table.npy").unlink(), lambda f: (f / "notes.txt").touch()])
def test_only_a_whole_bundle_is_zipped(bundle: Path, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    folder = Path(shutil.copytree(bundle, tmp_path / "bundle"))
    damage(folder)
    with pytest.raises(BundleError, match="is damaged"):
        zip_bundle(folder, tmp_path / "x.zip")
    assert not (tmp_path / "x.zip").exists()


def test_a_zip_is_not_written_into_its_bundle_nor_larger_than_can_be_unpacked(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(bundle, tmp_path / "bundle"))
    with pytest.raises(ToyGuideError, match="must be a file outside the bundle"):
        zip_bundle(folder, folder / "x.zip")
    for limits in (Limits(entries=5), Limits(bytes=1000)):
        monkeypatch.setattr(archives, "LIMITS", limits)
        with pytest.raises(BundleError, match="to be one zip"):
            zip_bundle(folder, tmp_path / "x.zip")
    assert verify_bundle(folder)
