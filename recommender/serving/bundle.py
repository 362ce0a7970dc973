"""The bundle's manifest: what a bundle says of itself, and whether that is true.

A bundle is one read-only directory: `manifest.json`, the files that it names, each with size and SHA-256, and perhaps
the manifest's signature (`keys.py`). `distillation.package` writes it; what a file holds is told where it is read.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from data.atomic import atomic_file
from data.errors import BundleError
from recommender.serving.graph import check_graph
from recommender.serving.names import clash, is_inside

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"
SIGNATURE_BYTES: Final = 64
STUDENT: Final = "student.onnx"
MOBILE: Final = "student-mobile.onnx"
TABLE: Final = "table.npy"
TABLE_SCALE: Final = "table_scale.npy"
TABLE_BITS: Final = (8, 4)
"""How many bits a number of the stored table may have. What is absent from a manifest is 8."""
CATALOGUE: Final = "catalogue.sqlite"
NEEDED: Final = (STUDENT, TABLE, TABLE_SCALE, CATALOGUE)
"""Without these no kiosk runs; a bundle may hold more (toy encoder, model card)."""
MAX_MANIFEST_BYTES: Final = 4 * 2**20
_CHUNK: Final = 2**20
_HEX: Final = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class FileEntry:
    """What the manifest says of one file: SHA-256 as 64 hex digits, size in bytes."""

    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle says of itself.

    model: hex digest over weights, config and data, at least 16 digits
    student: `width` (columns of the table), `max_history` (newest toys fed to the graph), `scale`, `table_bits`, …
    features: `interests`, the names of a profile's interest columns, in order
    metrics: by protocol and part
    """

    model: str
    files: Mapping[str, FileEntry]
    dataset: Mapping[str, Any]
    teacher: Mapping[str, Any]
    student: Mapping[str, Any]
    features: Mapping[str, Any]
    metrics: Mapping[str, Any] = field(default_factory=dict)
    currency: str | None = None
    opset: int = 20
    created: str = ""
    toyguide: str = ""
    format: int = FORMAT

    @property
    def interests(self) -> tuple[str, ...]:
        """Names of a profile's interest columns, in order."""
        return tuple(self.features["interests"])

    @property
    def max_history(self) -> int:
        """How many of the newest toys are fed to the student."""
        return int(self.student["max_history"])

    @property
    def width(self) -> int:
        """Columns of the toy table."""
        return int(self.student["width"])

    @property
    def table_bits(self) -> int:
        """Bits of a number of the stored table: one of `TABLE_BITS`."""
        return int(self.student.get("table_bits", 8))

    @property
    def student_files(self) -> tuple[str, ...]:
        """What counts as the student: its graph, and all files that begin with "table" (codes, scales, side tables)."""
        return tuple(name for name in self.files if name == STUDENT or name.startswith("table"))


def write_manifest(
    folder: Path,
    *,
    model: str,
    opset: int,
    dataset: Mapping[str, Any],
    teacher: Mapping[str, Any],
    student: Mapping[str, Any],
    features: Mapping[str, Any],
    metrics: Mapping[str, Any],
    currency: str | None,
    created: str | None = None,
) -> Manifest:
    """Digest every file in `folder` and write `manifest.json` beside them: the last step of building a bundle.

    `created` is an ISO 8601 time in UTC, by default now. A signature of a manifest before is taken away. Raises
    BundleError if the result would not be read back.
    """
    files = {
        name: FileEntry(_sha256(folder / name), (folder / name).stat().st_size)
        for name in sorted(_files_in(folder))
        if name not in (MANIFEST, SIGNATURE)
    }
    manifest = Manifest(
        model=model,
        files=files,
        dataset=dataset,
        teacher=teacher,
        student=student,
        features=features,
        metrics=metrics,
        currency=currency,
        opset=opset,
        created=created or datetime.now(UTC).isoformat(timespec="seconds"),
        toyguide=_version(),
    )
    _check(asdict(manifest), folder / MANIFEST)
    text = json.dumps(asdict(manifest), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    (folder / SIGNATURE).unlink(missing_ok=True)
    with atomic_file(folder / MANIFEST) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return manifest


def read_manifest(folder: Path, verify_key: Path | None = None) -> Manifest:
    """The manifest of the bundle in `folder`, its form checked; the files themselves are not (see `verify_bundle`).

    verify_key: a public key's file; with one, the manifest must be signed by it. Nothing unsigned is even parsed.
    Raises BundleError with one sentence: no such folder, not a bundle, not signed by that key, a broken manifest, a
    format that is too new. ToyGuideError if the key cannot be read.
    """
    file, told = folder / MANIFEST, _manifest_bytes(folder)
    if verify_key is not None:
        from recommender.serving.keys import check_signature  # cryptography is 6 MB: held only where a key is set

        check_signature(file, told, folder / SIGNATURE, verify_key)
    try:
        raw = json.loads(told.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        raise BundleError(f"{file} cannot be read as JSON: {error}. Copy or build the bundle again.") from error
    _check(raw, file)
    entries = {name: FileEntry(entry["sha256"], entry["bytes"]) for name, entry in raw["files"].items()}
    known = {key: value for key, value in raw.items() if key in Manifest.__dataclass_fields__}
    return Manifest(**{**known, "files": entries})


def _manifest_bytes(folder: Path) -> bytes:
    if not folder.exists():
        raise BundleError(f"{folder} does not exist. Build a bundle with 'toyguide bundle build' or 'toyguide demo'.")
    if not folder.is_dir():
        raise BundleError(f"{folder} must be a bundle's directory. It is a file.")
    file = folder / MANIFEST
    if not file.is_file():
        raise BundleError(f"{folder} is not a bundle: it has no {MANIFEST}. Build one with 'toyguide bundle build'.")
    if file.stat().st_size > MAX_MANIFEST_BYTES:
        raise BundleError(f"{file} must be at most {MAX_MANIFEST_BYTES} bytes. It has {file.stat().st_size}.")
    return file.read_bytes()


def verify_bundle(folder: Path, verify_key: Path | None = None) -> Manifest:
    """The manifest of the bundle in `folder`, every file compared with it by presence, size and SHA-256.

    verify_key: as for `read_manifest`, whose errors it raises; and BundleError naming each file that is missing,
    truncated, changed, or not in the manifest, or a graph that has part of itself outside the bundle.
    """
    manifest = read_manifest(folder, verify_key)
    problems = _file_problems(folder, manifest)
    if problems:
        more = f" And {len(problems) - 3} more." if len(problems) > 3 else ""
        raise BundleError(f"The bundle in {folder} is damaged: {' '.join(problems[:3])}{more} Copy or build it again.")
    for name in manifest.files:
        if name.lower().endswith(".onnx"):
            check_graph((folder / name).read_bytes(), str(folder / name))
    return manifest


def sign_bundle(folder: Path, private_key: Path) -> Manifest:
    """Write `manifest.sig`: the signature of the manifest's bytes as they are, and so of every file by its digest.

    Raises BundleError if the bundle is not whole, ToyGuideError if the key cannot be used.
    """
    from recommender.serving.keys import sign

    told = _manifest_bytes(folder)
    manifest = verify_bundle(folder)
    with atomic_file(folder / SIGNATURE) as temporary:
        temporary.write_bytes(sign(told, private_key))
    return manifest


def _file_problems(folder: Path, manifest: Manifest) -> list[str]:
    problems = []
    for name, entry in manifest.files.items():
        file = folder / name
        if file.is_symlink() or (file.exists() and not file.is_file()):
            problems.append(f"{name} must be a plain file.")
        elif not file.exists():
            problems.append(f"{name} is missing.")
        elif (size := file.stat().st_size) != entry.bytes:
            what = "truncated" if size < entry.bytes else "too long"
            problems.append(f"{name} is {what}: the manifest says {entry.bytes} bytes, it has {size}.")
        elif _sha256(file) != entry.sha256:
            problems.append(f"{name} was changed: its SHA-256 is not the manifest's.")
    problems += [f"{name} must be a plain file." for name in (MANIFEST, SIGNATURE) if (folder / name).is_symlink()]
    surprises = sorted(_files_in(folder) - set(manifest.files) - {MANIFEST, SIGNATURE})
    return problems + [f"{name} is not in the manifest." for name in surprises]


def _check(raw: Any, file: Path) -> None:
    """Raise BundleError unless `raw` has a manifest's form."""

    def need(condition: bool, name: str, must_be: str, got: object) -> None:
        if not condition:
            raise BundleError(f"{file}: field '{name}' must be {must_be}. Got {str(got)[:80]!r}.")

    need(isinstance(raw, dict), ".", "an object", raw)
    form = raw.get("format")
    need(_is_int(form) and form >= 1, "format", f"an int in [1, {FORMAT}]", form)
    if form > FORMAT:
        raise BundleError(
            f"{file}: the bundle has format {form}, this toyguide reads up to {FORMAT}. Update toyguide, or build the "
            "bundle with this version."
        )
    for name in ("created", "toyguide", "model"):
        need(isinstance(raw.get(name), str), name, "a string", raw.get(name))
    need(len(raw["model"]) >= 16 and set(raw["model"]) <= _HEX, "model", "at least 16 hex digits", raw["model"])
    need(_is_int(raw.get("opset")), "opset", "an int", raw.get("opset"))
    for name in ("files", "dataset", "teacher", "student", "features", "metrics"):
        need(isinstance(raw.get(name), dict), name, "an object", raw.get(name))
    need(raw.get("currency") is None or isinstance(raw["currency"], str), "currency", "a string or null", raw)
    for name in ("width", "max_history"):
        value = raw["student"].get(name)
        need(_is_int(value) and 1 <= value <= 65536, f"student.{name}", "an int in [1, 65536]", value)
    bits = raw["student"].get("table_bits", 8)
    need(_is_int(bits), "student.table_bits", "an int", bits)
    if bits not in TABLE_BITS:
        raise BundleError(
            f"{file}: the table has {bits} bits a number, this toyguide reads {' and '.join(map(str, TABLE_BITS))}. "
            "Update toyguide, or build the bundle with this version."
        )
    scale = raw["student"].get("scale", 1.0)
    # Compared, for an int that no float holds has no isfinite; NaN fails every comparison.
    finite = isinstance(scale, int | float) and abs(scale) <= sys.float_info.max
    need(finite, "student.scale", "a finite number", scale)
    interests = raw["features"].get("interests")
    need(
        isinstance(interests, list | tuple) and all(isinstance(name, str) for name in interests),
        "features.interests",
        "a list of strings",
        interests,
    )
    for name, entry in raw["files"].items():
        need(is_inside(name), "files", "relative paths inside the bundle", name)
        need(name.lower() not in (MANIFEST, SIGNATURE), "files", "a list without manifest and signature", name)
        good = isinstance(entry, dict) and isinstance(entry.get("sha256"), str) and _is_int(entry.get("bytes"))
        need(
            good and len(entry["sha256"]) == 64 and set(entry["sha256"]) <= _HEX and entry["bytes"] >= 0,
            f"files.{name}",
            "a SHA-256 and a size",
            entry,
        )
    two = clash(raw["files"])
    need(two is None, "files", "a list of names that are files of their own on every system", two)
    for name in NEEDED:
        need(name in raw["files"], "files", f"a list with {name}", sorted(raw["files"]))


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _files_in(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_symlink() or not file.is_dir()}


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _version() -> str:
    try:
        return version("toyguide")
    except PackageNotFoundError:
        return "unknown"
