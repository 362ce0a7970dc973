"""What a training run leaves behind: weights in safetensors and a JSON record of how they came to be."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from data.atomic import atomic_folder
from data.dataset import Dataset
from data.errors import ToyGuideError
from recommender.features import FeatureSchema
from recommender.records import RECORD, environment

WEIGHTS = "weights.safetensors"


def save_run(folder: Path, kind: str, weights: dict[str, Tensor], record: dict[str, Any]) -> dict[str, Any]:
    """Write a run whole or not at all; returns the record with digest, time and environment added."""
    full = {
        **record,
        "kind": kind,
        "digest": weights_digest(weights),
        "environment": environment(torch.get_num_threads()),
    }
    with atomic_folder(folder) as temporary:
        try:
            whole = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
            save_file(whole, temporary / WEIGHTS)
        except SafetensorError as error:  # it has no class of its own for a full disk
            raise OSError(str(error)) from error
        (temporary / RECORD).write_text(json.dumps(full, indent=2, default=str) + "\n", encoding="utf-8")
        shutil.copymode(temporary / RECORD, temporary / WEIGHTS)  # safetensors lets its writer alone read
    return full


def read_run(folder: Path, kind: str) -> dict[str, Any]:
    """The record of a run of that kind. Raises ToyGuideError if `folder` holds no such run."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ToyGuideError(f"{folder} is not a {kind} run: it has no {RECORD}.") from None
    except (ValueError, OSError, RecursionError) as error:
        raise ToyGuideError(f"{folder / RECORD} cannot be read as a run record: {error}.") from error
    if not isinstance(record, dict) or record.get("kind") != kind:
        found = record.get("kind") if isinstance(record, dict) else record
        raise ToyGuideError(f"{folder / RECORD}: field 'kind' must be {kind!r}. Got {found!r}.")
    return record


def load_run(folder: Path, kind: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """(weights, record) of a run of that kind.

    Raises ToyGuideError if it is no such run, or its weights are not those of its record.
    """
    record = read_run(folder, kind)
    try:
        with safe_open(folder / WEIGHTS, framework="pt") as file:
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except (SafetensorError, OSError) as error:
        raise ToyGuideError(f"{folder / WEIGHTS} cannot be read as safetensors: {error}. Train again.") from error
    if weights_digest(weights) != record.get("digest"):
        raise ToyGuideError(f"{folder / WEIGHTS} does not match the digest in {RECORD}; it was changed. Train again.")
    return weights, record


@contextmanager
def as_recorded(folder: Path) -> Iterator[None]:
    """While a run's model is built from its record: a record that was changed by hand is one sentence.

    The weights have a digest, the record has none; what does not fit them shows here, in whatever a missing field, a
    field of the wrong type or a layer of the wrong shape raises.
    """
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError, RuntimeError) as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        raise ToyGuideError(
            f"{folder / RECORD} does not describe the weights beside it ({reason}). Train again."
        ) from error


def check_same_data(folder: Path, record: dict[str, Any], dataset: Dataset) -> None:
    """Raise ToyGuideError unless the run's data digest is that of `dataset`."""
    with as_recorded(folder):
        trained_on = str(record["dataset"]["digest"])
    if trained_on != dataset.digest:
        raise ToyGuideError(
            f"{folder} was trained on dataset {trained_on[:12]}, but this dataset is {dataset.digest[:12]}. "
            "Give the dataset it was trained on, or train again."
        )


def weights_digest(weights: dict[str, Tensor]) -> str:
    """SHA-256 over names, shapes, types and values."""
    digest = hashlib.sha256()
    for name, tensor in sorted(weights.items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        if tensor.numel():  # an empty tensor cannot be seen as bytes: a catalogue without labels has one
            digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def schema_weights(schema: FeatureSchema) -> dict[str, Tensor]:
    """A feature schema's arrays, to be saved beside the weights (its interests go into the record)."""
    return {
        "schema.text_buckets": torch.from_numpy(schema.text_buckets),
        "schema.idf": torch.from_numpy(schema.idf),
        "schema.label_buckets": torch.from_numpy(schema.label_buckets),
    }


def schema_from(weights: dict[str, Tensor], interests: list[str]) -> FeatureSchema:
    """The schema saved by `schema_weights`."""
    return FeatureSchema(
        np.asarray(weights["schema.text_buckets"]),
        np.asarray(weights["schema.idf"]),
        np.asarray(weights["schema.label_buckets"]),
        tuple(interests),
    )
