"""The bundle's toy encoder: a vector in the student's space for a toy that training never met, from its row alone.

It is opened for the few toys that a shop adds and closed again: a kiosk without any never pays for it. Text, category,
brand, price and age become arrays by the vocabulary in `features.npz`, exactly as where the encoder was fitted.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.errors import BundleError
from data.schema import Toy
from recommender.features import FeatureSchema, encode_toys
from recommender.serving.bundle import Manifest
from recommender.serving.student import open_graph

TOY_ENCODER: Final = "toy_encoder.onnx"
FEATURES: Final = "features.npz"
INPUTS: Final = {
    "text": "tensor(int32)",
    "text_weights": "tensor(float)",
    "labels": "tensor(int32)",
    "label_weights": "tensor(float)",
    "profile": "tensor(float)",
}
OUTPUTS: Final = {"vector": "tensor(float)"}
UNIT: Final = 1e-3
"""A vector's length may differ from 1 by this much; rows of the table have unit length too, but for rounding."""
_BATCH: Final = 256


def has_encoder(manifest: Manifest) -> bool:
    """Whether the bundle can place toys that it does not hold."""
    return {TOY_ENCODER, FEATURES} <= manifest.files.keys()


def place_toys(folder: Path, manifest: Manifest, toys: Sequence[Toy]) -> NDArray[np.float32]:
    """Vectors float32 [M, d] of unit length, where the bundle in `folder` would have `toys` in its table.

    Raises BundleError if its encoder is missing, is not the one that the manifest names, or cannot be used.
    """
    if not toys:
        return np.zeros((0, manifest.width), np.float32)
    schema = _read_schema(folder, manifest)
    session = open_graph(_file(folder, manifest, TOY_ENCODER), str(folder / TOY_ENCODER))
    for kind, wanted, nodes in (
        ("inputs", INPUTS, session.get_inputs()),
        ("outputs", OUTPUTS, session.get_outputs()),
    ):
        got = {node.name: node.type for node in nodes}
        if got != wanted:
            raise BundleError(f"{folder / TOY_ENCODER}: its {kind} must be {wanted}. Got {got}.")
    features = encode_toys(toys, schema)
    arrays = {name: getattr(features, name)[1:] for name in INPUTS}
    try:
        parts = [
            session.run(list(OUTPUTS), {name: array[start : start + _BATCH] for name, array in arrays.items()})[0]
            for start in range(0, len(toys), _BATCH)
        ]
    except Exception as error:  # ONNX Runtime has no common class for what goes wrong in a graph
        raise BundleError(f"{folder / TOY_ENCODER} cannot place a toy: {error}.") from error
    vectors: NDArray[np.float32] = np.concatenate(parts)
    if vectors.shape != (len(toys), manifest.width):
        raise BundleError(
            f"{folder / TOY_ENCODER} must give {manifest.width} numbers a toy. "
            f"Got an array of {vectors.shape} for {len(toys)}."
        )
    lengths = np.linalg.norm(vectors, axis=1)
    if not (np.abs(lengths - 1) <= UNIT).all():  # false for NaN too
        raise BundleError(f"{folder / TOY_ENCODER} must give vectors of length 1. Got {lengths.max():.3g}.")
    return vectors


def _read_schema(folder: Path, manifest: Manifest) -> FeatureSchema:
    try:
        with np.load(io.BytesIO(_file(folder, manifest, FEATURES)), allow_pickle=False) as stored:
            schema = FeatureSchema(stored["text_buckets"], stored["idf"], stored["label_buckets"], manifest.interests)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise BundleError(f"{folder / FEATURES} cannot be read as a vocabulary: {error}.") from error
    if len(schema.text_buckets) != len(schema.idf):
        raise BundleError(
            f"{folder / FEATURES} must hold one idf a bucket. Got {len(schema.idf)} for {len(schema.text_buckets)}."
        )
    return schema


def _file(folder: Path, manifest: Manifest, name: str) -> bytes:
    """The bytes that the manifest names: the folder may hold another bundle by now, with another space."""
    if name not in manifest.files:
        raise BundleError(f"The bundle in {folder} has no {name}: it cannot place new toys. Build it again.")
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise BundleError(f"{folder / name} cannot be read: {error}.") from error
    if hashlib.sha256(content).hexdigest() != manifest.files[name].sha256:
        raise BundleError(f"{folder / name} was changed since the bundle was loaded. Copy or build the bundle again.")
    return content
