"""Train a teacher, keep it, load it again: a two-tower as a `Recommender`."""

from __future__ import annotations

import resource
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from data.dataset import Dataset
from data.errors import ToyGuideError
from data.protocol import SplitPlan, plan_from
from data.sequences import Sequences
from data.split import Split
from recommender.features import encode_toys, fit_schema
from recommender.learning.batches import Batch, count_batches, epoch_batches, exclude_prefix, make_windows
from recommender.learning.checkpoint import Checkpoint, Epoch, checkpoints, went_before
from recommender.learning.chunked import chunked_mean
from recommender.learning.fit import Reporter, best_epoch, fit
from recommender.learning.meter import Meter
from recommender.learning.presets import Preset, make_preset
from recommender.learning.processes import agree, process_count
from recommender.learning.recency import weights_of
from recommender.learning.runs import (
    as_recorded,
    check_same_data,
    load_run,
    save_run,
    schema_from,
    schema_weights,
)
from recommender.learning.sampled import FULL_SOFTMAX_UP_TO, Sampler, sampled_loss
from recommender.learning.sentences import sentence_vectors
from recommender.learning.text import fit_projection, project
from recommender.learning.tower_recommender import TwoTowerRecommender, validation_ndcg
from recommender.learning.two_tower import TwoTower
from recommender.learning.warm import WarmStart
from recommender.records import dataset_record

KIND = "teacher"
SENTENCES = "sentences"
"""The sentence vectors lie beside the weights, so that who loads a teacher needs no encoder."""
VALIDATION_QUERIES = 4000
"""How many validation queries an epoch is judged on; the same ones each time. Fewer where toys are very many."""
_MAX_CELLS = 2**31


def hard_loss(model: TwoTower, batch: Batch) -> Tensor:
    """Mean cross-entropy over all toys of the training part outside the prefix."""
    queries, table = model(batch)
    unseen = model.unseen

    def loss_of(logits: Tensor, rows: slice) -> Tensor:
        allowed = exclude_prefix(logits, batch.prefix[rows]).index_fill(1, unseen, float("-inf"))
        return F.cross_entropy(allowed, batch.targets[rows], reduction="sum")

    return chunked_mean(queries, table, loss_of)


def unseen_toys(train: Sequences, n_toys: int) -> Tensor:
    """int64 [U]: toys from 1 that no contact of `train` is with."""
    return torch.from_numpy(np.setdiff1d(np.arange(1, n_toys + 1), train.toys))


def train_teacher(
    dataset: Dataset,
    split: Split,
    plan: SplitPlan,
    preset: Preset,
    report: Reporter | None = None,
    unfinished: Path | None = None,
    on_epoch: Callable[[str, Epoch], None] | None = None,
    start: WarmStart | None = None,
) -> tuple[TwoTowerRecommender, dict[str, Tensor], dict[str, Any]]:
    """Train on `split.train`, choose the epoch on `split.validation`; the test part is not looked at.

    Where the split has a `refit`, a second model is then trained on that, as many epochs, and is the teacher.
    unfinished: a folder for checkpoints, from which a killed training goes on. Who has kept the teacher removes it.
    on_epoch: told "choose" or "refit" and the epoch
    start: the teacher to begin as, of the same preset
    Returns (the teacher, its weights, its run record).
    Raises ToyGuideError if there is nothing to learn from, or if `unfinished` belongs to another training.
    """
    if not split.train.wanted.any():
        raise ToyGuideError(
            "The training part of the dataset holds no toy liked, carted or bought; there is nothing to learn."
        )
    meter = Meter()
    report = meter.watching(report)
    parts = Parts(dataset, preset, start)
    judged = split.validation.sample(min(VALIDATION_QUERIES, max(500, _MAX_CELLS // len(dataset.index))), 0)
    record: dict[str, Any] = {
        "dataset": dataset_record(dataset, plan),
        "preset": preset_record(preset),
        "interests": list(parts.schema.interests),
        **({} if start is None else {"started_from": start.digest, "first": start.first}),
    }
    agree(record | {"toyguide": version("toyguide")})
    kept = checkpoints(unfinished, record, ("choose", "refit"))
    left_out = ([] if start is None else ["the training that it began from"]) + went_before(kept)

    def validate(candidate: TwoTower) -> float:
        return validation_ndcg(parts.recommender(candidate), judged)

    def told(stage: str) -> Callable[[Epoch], None] | None:
        return None if on_epoch is None else partial(on_epoch, stage)

    model, history = parts.fit(split.train, validate, report, None, kept[0], told("choose"))
    targets = int(split.train.wanted.sum())
    record |= fit_record(history) | {"targets_per_second": round(targets * len(history) / history[-1].seconds)}
    if split.refit is not None:
        best = best_epoch(history).number
        model, again = parts.fit(split.refit, None, report, best, kept[1], told("refit"))
        record["refit_seconds"] = round(again[-1].seconds, 1)
    record["spent"] = meter.read(left_out).record()
    record["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024  # Linux counts in KiB
    weights = {
        **model.state_dict(),
        **schema_weights(parts.schema),
        "text_projection": torch.from_numpy(parts.projection),
        **({} if parts.sentences is None else {SENTENCES: parts.sentences}),
    }
    return parts.recommender(model), weights, record


class Parts:
    """What every model of one training shares: the catalogue's features, and how they are read."""

    def __init__(self, dataset: Dataset, preset: Preset, start: WarmStart | None = None) -> None:
        toys = dataset.toy_rows()
        self.index = dataset.index
        self.preset = preset
        self.start = start
        self.schema = fit_schema(toys) if start is None else start.schema
        self.features = encode_toys(toys, self.schema)
        self.projection = (
            fit_projection(self.features, self.schema, preset.model.text_width, preset.training.seed)
            if start is None
            else start.projection.numpy()
        )
        vectors = [project(self.features, self.projection)]
        self.sentences: Tensor | None = None
        if preset.model.sentences:
            self.sentences = torch.from_numpy(sentence_vectors(toys)).half()
            vectors.append(self.sentences.float().numpy())
        self.text = torch.from_numpy(np.concatenate(vectors, axis=1))

    def recommender(self, model: TwoTower) -> TwoTowerRecommender:
        """The model as a recommender."""
        return TwoTowerRecommender("teacher", self.index, model, self.schema.interests)

    def fit(
        self,
        learned: Sequences,
        validate: Callable[[TwoTower], float] | None,
        report: Reporter | None,
        stop_after: int | None,
        checkpoint: Checkpoint | None,
        on_epoch: Callable[[Epoch], None] | None,
    ) -> tuple[TwoTower, list[Epoch]]:
        """A new model, trained on `learned`."""
        preset = self.preset
        seed = preset.training.seed
        torch.manual_seed(seed)
        unseen = unseen_toys(learned, len(self.index))
        model = TwoTower(preset.model, self.schema, self.features, self.text, unseen)
        if self.start is not None:
            self.start.put_into(model)
        chance = weights_of(learned.times, preset.half_life)
        windows = make_windows(learned, preset.model.max_history, self.schema.interests, chance)
        each = max(1, preset.targets_per_batch // process_count())
        history = fit(
            model,
            lambda epoch: epoch_batches(windows, each, np.random.default_rng((seed, epoch))),
            count_batches(windows, each) // process_count() or 1,
            self._loss(learned),
            validate,
            preset.training,
            report,
            stop_after,
            checkpoint,
            on_epoch,
        )
        return model, history

    def _loss(self, learned: Sequences) -> Callable[[TwoTower, Batch], Tensor]:
        """Over all toys, or over a sample where they are too many."""
        if len(self.index) <= FULL_SOFTMAX_UP_TO:
            return hard_loss
        counts = np.bincount(learned.toys[learned.wanted], minlength=len(self.index) + 1)
        return partial(sampled_loss, sampler=Sampler(torch.from_numpy(counts), self.preset.negatives))


def preset_record(preset: Preset) -> dict[str, Any]:
    """A preset as a run record keeps it."""
    return {
        "name": preset.name,
        **asdict(preset.model),
        **asdict(preset.training),
        "targets_per_batch": preset.targets_per_batch,
        "negatives": preset.negatives,
        "half_life": preset.half_life,
    }


def fit_record(history: list[Epoch]) -> dict[str, Any]:
    """How a training went, for a run record."""
    best = best_epoch(history)
    return {
        "best_epoch": best.number,
        "validation_ndcg_10": best.metric,
        "seconds": round(history[-1].seconds, 1),
        "epochs": [asdict(epoch) for epoch in history],
    }


def save_teacher(folder: Path, weights: dict[str, Tensor], record: dict[str, Any]) -> dict[str, Any]:
    """Keep a trained teacher; returns its full run record."""
    return save_run(folder, KIND, weights, record)


def load_teacher(folder: Path, dataset: Dataset) -> tuple[TwoTowerRecommender, dict[str, Any]]:
    """(the teacher, its run record).

    Raises ToyGuideError if it was trained on other data: its vectors would belong to other toys.
    """
    weights, record = load_run(folder, KIND)
    check_same_data(folder, record, dataset)
    with as_recorded(folder):
        schema = schema_from(weights, record["interests"])
        values = {key: value for key, value in record["preset"].items() if key != "name"}
        preset = make_preset(record["preset"]["name"], values)
        features = encode_toys(dataset.toy_rows(), schema)
        text = torch.from_numpy(project(features, weights["text_projection"].numpy()))
        if preset.model.sentences:
            text = torch.cat([text, weights[SENTENCES].float()], dim=1)
        model = TwoTower(preset.model, schema, features, text, weights["unseen"])
        names = model.state_dict().keys()
        model.load_state_dict({name: weights[name] for name in names})
    return TwoTowerRecommender("teacher", dataset.index, model, schema.interests), record


def recorded_plan(folder: Path, record: dict[str, Any]) -> SplitPlan:
    """What was held out from the run of `record`. Raises ToyGuideError if the record does not say."""
    with as_recorded(folder):
        return plan_from(record["dataset"]["split"])
