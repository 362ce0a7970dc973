"""Several recommenders as one: a weighted sum of their log-probabilities.

A member's probability of a toy is the softmax of its logits over the toys outside the query: a tower's logit is
cosine / temperature, a rule's is log(score + ε). With weights w that sum to 1 the blend's logit is scale · Σ w · log p;
the weights are those with the best NDCG@10 on validation, the scale (which moves no toy) the likeliest one there.

Towers alone make a two-tower again: up to a constant for each query, their sum is the inner product of concatenated
vectors. The rules are not of that form.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, logsumexp

from data.atomic import atomic_folder
from data.dataset import Dataset
from data.errors import ToyGuideError
from data.split import Holdout, Split
from recommender.base import QueryBatch, Recommender, batch_holdout, unseen_mask
from recommender.baselines.registry import fit_baseline
from recommender.evaluation.metrics import Ranks, ndcg_at
from recommender.evaluation.ranking import rank_targets
from recommender.learning.runs import RECORD, as_recorded, environment
from recommender.learning.teacher import TwoTowerRecommender, check_same_data, load_teacher, recorded_plan

KIND: Final = "blend"
RULES: Final = "rules"
EPSILONS: Final = (0.003, 0.01, 0.03)
STEPS: Final = (0.5, 0.2, 0.08)
"""Factors 1 ± step by which a weight is tried, coarse to fine."""
FITTED_ON: Final = 4000
_MAX_CELLS: Final = 2**26  # scores kept of each member: 256 MiB
_NEVER: Final = np.float32(-1e6)


@dataclass(frozen=True)
class Mix:
    """How members are put together; `weights` sum to 1, in the order of the members."""

    weights: tuple[float, ...]
    epsilon: float = 0.01
    scale: float = 1.0


class Blend(Recommender):
    """Members as one `Recommender`; scores are logits."""

    def __init__(self, name: str, members: Sequence[Recommender], mix: Mix) -> None:
        if len(members) != len(mix.weights):
            raise ValueError(f"{len(members)} members need as many weights. Got {len(mix.weights)}.")
        self.name = name
        self.members = tuple(members)
        self.mix = mix
        self.index = members[0].index

    def _score(self, batch: QueryBatch) -> NDArray[np.float32]:
        total = np.zeros((len(batch), len(self.index)), np.float32)
        for member, weight in zip(self.members, self.mix.weights, strict=True):
            if weight:
                total += np.float32(weight) * log_probabilities(member, batch, self.mix.epsilon)
        return np.float32(self.mix.scale) * total


def log_probabilities(member: Recommender, batch: QueryBatch, epsilon: float) -> NDArray[np.float32]:
    """float32 [B, N]: the member's log-probability of each toy, normalised over the toys outside the query.

    A toy of the query has the value that it would have if it were outside: finite, and of no use.
    """
    scores = member.score_batch(batch)
    logits = scores if isinstance(member, TwoTowerRecommender) else np.log(np.maximum(scores, 0) + np.float32(epsilon))
    outside = np.where(unseen_mask(batch, len(member.index)), logits, -np.inf)
    total = logsumexp(outside, axis=1, keepdims=True)
    return np.asarray(logits - np.where(np.isfinite(total), total, 0), np.float32)


def fit_mix(members: Sequence[Recommender], holdout: Holdout, seed: int = 0) -> tuple[Mix, float]:
    """(the mix with the best NDCG@10 on a sample of `holdout`, that NDCG@10).

    Each weight in turn is multiplied and divided by a few factors, as long as that helps; ε is tried likewise.
    """
    judged = holdout.sample(max(1, min(FITTED_ON, _MAX_CELLS // len(members[0].index))), seed)
    towers = [isinstance(member, TwoTowerRecommender) for member in members]
    epsilons = EPSILONS if not all(towers) else EPSILONS[:1]
    best: tuple[float, Mix] = (-1.0, Mix((1.0,)))
    kept = {place: _cached(member, judged, EPSILONS[0]) for place, member in enumerate(members) if towers[place]}
    for epsilon in epsilons:
        scores = [
            kept[place] if place in kept else _cached(member, judged, epsilon) for place, member in enumerate(members)
        ]

        def ndcg(weights: NDArray[np.float64], scores: list[NDArray[np.float32]] = scores) -> float:
            return _ndcg(scores, weights, judged)

        weights, value = _climb(ndcg, np.full(len(members), 1 / len(members)))
        if value > best[0]:
            mix = Mix(tuple(weights.tolist()), epsilon)
            best = (value, replace(mix, scale=_likeliest_scale(scores, weights, judged)))
    return best[1], best[0]


def _climb(
    value_of: Callable[[NDArray[np.float64]], float], start: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    weights, best = start, value_of(start)
    for step in STEPS:
        better = True
        while better and len(weights) > 1:
            better = False
            for place in range(len(weights)):
                for factor in (1 + step, 1 / (1 + step)):
                    tried = weights.copy()
                    tried[place] *= factor
                    tried /= tried.sum()
                    if (value := value_of(tried)) > best:
                        weights, best, better = tried, value, True
    return weights, best


def _cached(member: Recommender, judged: Holdout, epsilon: float) -> NDArray[np.float32]:
    """float32 [Q, N] log-probabilities, toys of the query at the lowest."""
    rows = np.empty((len(judged), len(member.index)), np.float32)
    for start in range(0, len(judged), 512):
        part = judged.take(np.arange(start, min(start + 512, len(judged))))
        batch = batch_holdout(part)
        found = log_probabilities(member, batch, epsilon)
        rows[start : start + len(part)] = np.where(unseen_mask(batch, len(member.index)), found, _NEVER)
    return rows


def _mixed(scores: list[NDArray[np.float32]], weights: NDArray[np.float64], rows: slice) -> NDArray[np.float32]:
    total = np.zeros(scores[0][rows].shape, np.float32)
    for each, weight in zip(scores, weights, strict=True):
        total += np.float32(weight) * each[rows]
    return total


def _ndcg(scores: list[NDArray[np.float32]], weights: NDArray[np.float64], judged: Holdout) -> float:
    ranks = []
    for start in range(0, len(judged), 512):
        part = judged.take(np.arange(start, min(start + 512, len(judged))))
        ranks.append(rank_targets(_mixed(scores, weights, slice(start, start + 512)), part)[0])
    return float(ndcg_at(Ranks(np.concatenate(ranks), judged.bounds), 10).mean())


def _likeliest_scale(scores: list[NDArray[np.float32]], weights: NDArray[np.float64], judged: Holdout) -> float:
    """The scale in [0.2, 5] with the highest mean log-probability of the relevant toys, on 1,000 queries."""
    some = judged.take(np.arange(min(1000, len(judged))))
    mixed = _mixed(scores, weights, slice(0, len(some)))
    rows = np.repeat(np.arange(len(some)), np.diff(some.bounds))
    outside = np.where(mixed <= _NEVER / 2, -np.inf, mixed)

    def loss(log_scale: float) -> float:
        found = log_softmax(outside * np.exp(log_scale), axis=1)[rows, some.targets - 1]
        return -float(found[np.isfinite(found)].mean())

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.2), np.log(5.0)), method="bounded").x))


def blend_teachers(
    dataset: Dataset, split: Split, folders: Sequence[Path], rules: bool
) -> tuple[Blend, dict[str, Any]]:
    """(the blend of teachers' runs and, if wanted, the rules; its record).

    Raises ToyGuideError if they were not trained with the same part held out.
    """
    loaded = [load_teacher(folder, dataset) for folder in folders]
    plans = [recorded_plan(folder, record) for folder, (_, record) in zip(folders, loaded, strict=True)]
    for folder, plan in zip(folders, plans, strict=True):
        if plan != plans[0]:
            raise ToyGuideError(
                f"{folder} was trained with another part held out than {folders[0]}; see 'dataset.split'."
            )
    if split.refit is not None:
        raise ToyGuideError("Teachers of the temporal protocol learned the validation part that weights are set on.")
    members: list[Recommender] = [teacher for teacher, _ in loaded]
    if rules:
        members.append(fit_baseline(RULES, dataset, split.train))
    mix, ndcg = fit_mix(members, split.validation)
    names = [str(folder.name) for folder in folders] + ([RULES] if rules else [])
    record = {
        "kind": KIND,
        "dataset": loaded[0][1]["dataset"],
        "interests": loaded[0][1]["interests"],
        "members": [
            {"name": name, "weight": weight, "digest": each[1]["digest"] if each else None}
            for name, weight, each in zip(names, mix.weights, [*loaded, None], strict=False)
        ],
        "epsilon": mix.epsilon,
        "scale": mix.scale,
        "validation_ndcg_10": ndcg,
    }
    return Blend("blend" if rules else "two-tower of several", members, mix), record


def save_blend(folder: Path, record: dict[str, Any], folders: Sequence[Path]) -> dict[str, Any]:
    """Keep a blend with copies of its members' runs; returns its full record."""
    digest = hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
    full = {**record, "digest": digest, "environment": environment()}
    with atomic_folder(folder) as temporary:
        for place, member in enumerate(folders):
            shutil.copytree(member, temporary / f"member-{place}")
        (temporary / RECORD).write_text(json.dumps(full, indent=2) + "\n", encoding="utf-8")
    return full


def load_blend(folder: Path, dataset: Dataset, split: Split) -> tuple[Blend, dict[str, Any]]:
    """(the blend, its record); rules are learned anew from `split.train`. Raises ToyGuideError if it is none."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ToyGuideError(f"{folder / RECORD} cannot be read as a blend's record: {error}.") from error
    check_same_data(folder, record, dataset)
    members: list[Recommender] = []
    with as_recorded(folder):
        for place, member in enumerate(record["members"]):
            if member["digest"] is None:
                members.append(fit_baseline(RULES, dataset, split.train))
                continue
            teacher, trained = load_teacher(folder / f"member-{place}", dataset)
            if trained["digest"] != member["digest"]:
                raise ValueError(f"member {place} is another one")
            members.append(teacher)
        weights = tuple(float(member["weight"]) for member in record["members"])
        mix = Mix(weights, float(record["epsilon"]), float(record["scale"]))
        rules = any(member["digest"] is None for member in record["members"])
    return Blend("blend" if rules else "two-tower of several", members, mix), record
