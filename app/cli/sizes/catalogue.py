"""A catalogue of any size around a bundle's own toys, kept in a folder under a name that says what it is of."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.cli.sizes.grow import NEIGHBOURS, Growth
from app.cli.sizes.ways import BUILD_BEAM, CONNECTIVITY, INDEX_DTYPE, build_index, read_index
from data.atomic import atomic_file
from recommender.serving.table import dequantise

if TYPE_CHECKING:
    from usearch.index import Index

_VERSION = 1
"""Of how toys are grown: what is kept from an older one is not used."""


@dataclass(frozen=True)
class Catalogue:
    """N toys; row 0 is padding.

    codes: int8 [N + 1, d], scale: float16 [N + 1], the table as a bundle stores it
    sources: int64 [N + 1], the real toy of each row; the first `real` of them are those toys themselves
    """

    codes: NDArray[np.int8]
    scale: NDArray[np.float16]
    sources: NDArray[np.int64]
    real: int

    def __len__(self) -> int:
        return len(self.codes) - 1

    def rows_of(self, toys: int) -> NDArray[np.int64]:
        """int64 [toys + 1]: the row of each real toy of that many, 0 where it is not in the catalogue."""
        rows = np.zeros(toys + 1, np.int64)
        rows[self.sources[1 : self.real + 1]] = np.arange(1, self.real + 1)
        return rows


def make_catalogue(folder: Path, growth: Growth, size: int, model: str, seed: int = 0) -> Path:
    """The file of a catalogue of `size` toys around those of `growth`: made, or the one that is kept in `folder`.

    A smaller one has toys drawn at random from the real ones. model: the bundle's digest
    """
    from distillation.quantize import quantise_rows

    file = folder / f"toys-{size}-{_digest(_VERSION, model, size, seed, NEIGHBOURS)}.npz"
    if file.is_file():
        return file
    toys = len(growth.real)
    if size < toys:
        sources = np.sort(np.random.default_rng(seed).choice(toys, size, replace=False))
        vectors = growth.real[sources]
    else:
        grown, of = growth.grow(size - toys, seed + 1)
        vectors, sources = np.concatenate([growth.real, grown]), np.append(np.arange(toys), of)
    codes, scale = quantise_rows(np.concatenate([np.zeros((1, vectors.shape[1]), np.float32), vectors]))
    with atomic_file(file) as temporary, temporary.open("wb") as stream:
        np.savez(stream, codes=codes, scale=scale, sources=np.append(0, sources + 1), real=np.array(min(size, toys)))
    return file


def read_catalogue(file: Path) -> Catalogue:
    """What `make_catalogue` wrote."""
    with np.load(file, allow_pickle=False) as found:
        return Catalogue(found["codes"], found["scale"], found["sources"], int(found["real"]))


def make_index(folder: Path, catalogue: Catalogue) -> tuple[Path, float]:
    """(the file of an index of `catalogue`, seconds that it took to build): built, or the one that is kept."""
    import usearch

    of = hashlib.sha256(catalogue.codes.tobytes() + catalogue.scale.tobytes()).hexdigest()
    name = f"index-{len(catalogue)}-{_digest(of, CONNECTIVITY, BUILD_BEAM, INDEX_DTYPE, usearch.__version__)}"
    file, record = folder / f"{name}.usearch", folder / f"{name}.json"
    if file.is_file() and record.is_file():
        return file, float(json.loads(record.read_text(encoding="utf-8"))["build_seconds"])
    vectors = dequantise(catalogue.codes[1:], catalogue.scale[1:])
    started = time.perf_counter()
    index = build_index(vectors, first_key=1)
    seconds = time.perf_counter() - started
    with atomic_file(file) as temporary:
        index.save(temporary)
    with atomic_file(record) as temporary:  # last: without it the index counts as not there
        temporary.write_text(json.dumps({"build_seconds": seconds}), encoding="utf-8")
    return file, seconds


def open_index(file: Path, catalogue: Catalogue) -> Index:
    """The index of `catalogue` in `file`, in memory."""
    return read_index(file, catalogue.codes.shape[1])


def _digest(*of: Any) -> str:
    return hashlib.sha256(json.dumps(of).encode()).hexdigest()[:12]
