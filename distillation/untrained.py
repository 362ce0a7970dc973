"""A bundle of any size without a training: a catalogue, and a student that was never taught.

What it recommends is worth nothing. But every file is what a real bundle has, by the same exporters, and so are the
kiosk's memory and the time of its answers: `toyguide bench kiosk` measures them with it, and a shop that opens has no
other.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np
import torch

from data.atomic import atomic_folder
from data.dataset import Dataset
from data.world.simulate import WorldOptions, simulate
from distillation.export import OPSET, export_student, export_toy_encoder
from distillation.package import CARD, main_currency, model_digest, with_picture
from distillation.quantize import quantise_rows, shrink_weights
from distillation.student import Student, StudentConfig
from distillation.toy_encoder import ToyEncoder
from recommender.features import fit_schema, profile_width
from recommender.serving.bundle import CATALOGUE, STUDENT, TABLE, TABLE_SCALE, Manifest, write_manifest
from recommender.serving.catalogue import write_catalogue
from recommender.serving.encoder import FEATURES, TOY_ENCODER
from recommender.serving.table import pack

BITS: Final = 8
_SHOPPERS: Final = 50
"""Their events go nowhere; a world has to have some."""


def simulated_catalogue(toys: int, seed: int = 0) -> Dataset:
    """A dataset of `toys` simulated toys, with hardly an event."""
    return simulate(WorldOptions(toys=toys, shoppers=_SHOPPERS, events=10 * _SHOPPERS, seed=seed))


def untrained_bundle(folder: Path, dataset: Dataset, seed: int = 0) -> Manifest:
    """Write a bundle of the toys of `dataset` and a student of random weights to `folder`, whole or not at all."""
    rows = dataset.toy_rows()
    schema = fit_schema(rows)
    torch.manual_seed(seed)
    config = StudentConfig()
    student = Student(config, len(rows), profile_width(len(schema.interests)))
    codes, scale = quantise_rows(student.full_table().detach().numpy(), BITS)
    stored = pack(codes, BITS)
    record = {"digest": f"untrained-{seed}", "student": asdict(config)}
    with atomic_folder(folder) as temporary:
        graph = shrink_weights(export_student(student.eval()))
        (temporary / STUDENT).write_bytes(graph.SerializeToString())
        np.save(temporary / TABLE, stored, allow_pickle=False)
        np.save(temporary / TABLE_SCALE, scale, allow_pickle=False)
        encoder = export_toy_encoder(ToyEncoder(schema, config.width))
        (temporary / TOY_ENCODER).write_bytes(encoder.SerializeToString())
        np.savez(
            temporary / FEATURES,
            text_buckets=schema.text_buckets,
            idf=schema.idf,
            label_buckets=schema.label_buckets,
        )
        write_catalogue(temporary / CATALOGUE, [with_picture(toy) for toy in rows])
        (temporary / CARD).write_text("# Never taught: it ranks by chance\n", encoding="utf-8")
        return write_manifest(
            temporary,
            model=model_digest(record, stored, scale, dataset),
            opset=OPSET,
            dataset={"name": dataset.source.name, "digest": dataset.digest, "toys": len(rows)},
            teacher={"digest": "0" * 64, "preset": "none"},
            student=asdict(config) | {"table_bits": BITS},
            features={"interests": list(schema.interests)},
            metrics={},
            currency=main_currency(rows),
        )
