import shutil
from pathlib import Path

import numpy as np
import pytest

from data.errors import BundleError, ToyGuideError
from recommender.serving.bundle import read_manifest, write_manifest
from recommender.serving.load import load_bundle
from recommender.serving.table import dequantise, pack, read_table, unpack


def stored_in(folder: Path, bundle: Path, codes: np.ndarray, scale: np.ndarray, bits: int | None) -> Path:
    """A copy of `bundle` with this table; `bits` None is a manifest that says nothing of them."""
    shutil.copytree(bundle, folder)
    np.save(folder / "table.npy", codes)
    np.save(folder / "table_scale.npy", scale)
    manifest = read_manifest(bundle)
    facts = {name: getattr(manifest, name) for name in ("model", "opset", "dataset", "teacher", "features")}
    student = dict(manifest.student) | ({} if bits is None else {"table_bits": bits})
    write_manifest(folder, **facts, student=student, metrics={}, currency=None)
    return folder


def codes_of(bits: int, rows: int = 13, width: int = 8) -> np.ndarray:
    highest = 2 ** (bits - 1) - 1
    codes = np.random.default_rng(0).integers(-highest, highest + 1, (rows, width)).astype(np.int8)
    codes[0] = 0
    return codes


def test_every_int4_code_comes_back_from_its_half_byte() -> None:
    codes = np.arange(-8, 8, dtype=np.int8)[None]
    packed = pack(codes, 4)
    assert packed.dtype == np.uint8
    assert packed.tolist() == [[low | (low + 8) << 4 for low in range(8)]]  # columns j and 8 + j share byte j
    assert unpack(packed, 4, 16).tolist() == codes.tolist()


@pytest.mark.parametrize("width", [1, 7, 8])
@pytest.mark.parametrize(("bits", "bytes_a_row"), [(8, {1: 1, 7: 7, 8: 8}), (4, {1: 1, 7: 4, 8: 4})])
def test_what_is_packed_is_unpacked(width: int, bits: int, bytes_a_row: dict[int, int]) -> None:
    codes = codes_of(bits, width=width)
    packed = pack(codes, bits)
    assert packed.nbytes == 13 * bytes_a_row[width]
    back = unpack(packed, bits, width)
    assert back.dtype == np.int8
    np.testing.assert_array_equal(back, codes)


def test_codes_and_bits_that_cannot_be_stored_are_refused() -> None:
    with pytest.raises(ToyGuideError, match=r"'bits' parameter of a stored table must be 8 or 4\. Got 6"):
        pack(codes_of(4), 6)
    with pytest.raises(ToyGuideError, match=r"within -8 … 7. Got '-8 … 8'"):
        pack(np.array([[-8, 8]], np.int8), 4)


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_a_stored_table_is_read_to_float32(bundle: Path, tmp_path: Path, bits: int, kind: type) -> None:
    codes, scale = codes_of(bits), np.linspace(0.01, 0.2, 13).astype(kind)
    folder = stored_in(tmp_path / "b", bundle, pack(codes, bits), scale, bits)
    table = read_table(folder, read_manifest(folder))
    assert table.dtype == np.float32
    np.testing.assert_array_equal(table, codes * scale.astype(np.float32)[:, None])
    np.testing.assert_array_equal(table, dequantise(codes, scale))
    assert len(load_bundle(folder).recommend(k=3).items) == 3


def test_a_bundle_that_says_nothing_of_bits_has_8(bundle: Path, tmp_path: Path) -> None:
    assert "table_bits" not in read_manifest(bundle).student
    codes = codes_of(8)
    folder = stored_in(tmp_path / "b", bundle, codes, np.ones(13, np.float32), None)
    np.testing.assert_array_equal(read_table(folder, read_manifest(folder)), codes)


@pytest.mark.parametrize(
    ("codes", "bits", "said"),
    [
        (codes_of(8), 4, r"table\.npy must hold uint8 of shape \(-1, 4\). Got int8 of \(13, 8\)"),
        (pack(codes_of(4), 4), 8, r"table\.npy must hold int8 of shape \(-1, 8\). Got uint8 of \(13, 4\)"),
        (pack(codes_of(4), 4)[:, :3], 4, r"of shape \(-1, 4\). Got uint8 of \(13, 3\)"),
        (pack(codes_of(4), 4)[:5], 4, "one finite scale a row. Got 5 rows and 13 scales"),
        (np.full((13, 4), 0x99, np.uint8), 4, "row 0 is padding and must be zeros"),
    ],
)
def test_a_table_that_is_not_what_the_manifest_says_is_refused(
    bundle: Path, tmp_path: Path, codes: np.ndarray, bits: int, said: str
) -> None:
    folder = stored_in(tmp_path / "b", bundle, codes, np.ones(13, np.float16), bits)
    with pytest.raises(BundleError, match=said):
        load_bundle(folder)


def test_scales_of_another_type_are_refused(bundle: Path, tmp_path: Path) -> None:
    folder = stored_in(tmp_path / "b", bundle, codes_of(8), np.ones(13), 8)
    with pytest.raises(BundleError, match=r"table_scale\.npy must hold float16 or float32 of shape \(-1,\). Got float"):
        load_bundle(folder)


@pytest.mark.parametrize(("bits", "said"), [(2, "2 bits a number, this toyguide reads 8 and 4"), ("4", "an int")])
def test_bits_of_a_later_toyguide_are_refused_by_name(bundle: Path, tmp_path: Path, bits: object, said: str) -> None:
    with pytest.raises(BundleError, match=said):
        stored_in(tmp_path / "b", bundle, codes_of(8), np.ones(13, np.float32), bits)  # type: ignore[arg-type]
