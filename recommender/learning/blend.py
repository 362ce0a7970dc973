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
import torch
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
from recommender.learning.runs import as_recorded, check_same_data, read_run
from recommender.learning.teacher import load_teacher, recorded_plan
from recommender.learning.tower_recommender import TwoTowerRecommender
from recommender.records import RECORD, environment

KIND: Final = "blend"
EPSILONS: Final = (0.01, 0.03, 0.1, 0.3)
STEPS: Final = (0.5, 0.2, 0.08)
"""Factors 1 ± step by which a weight is tried, coarse to fine."""
SHARES: Final = (0.1, 0.2, 0.35, 0.5)
"""What a member is tried with that comes to the others."""
CANDIDATES: Final = 100
"""Toys of each member that are taken as rivals."""
_MAX_CELLS: Final = 2**24  # scores of a member held at once: 64 MiB
_NEVER: Final = np.float32(-1e6)
_EQUAL: Final = np.float32(1e-5)  # two sums of the same log-probabilities may differ by their rounding


@dataclass(frozen=True)
class Mix:
    """How members are put together; `weights` sum to 1, in the order of the members."""

    weights: tuple[float, ...]
    epsilon: float = 0.01
    scale: float = 1.0


class Blend(Recommender):
    """Members as one `Recommender`; scores are logits."""

    scores_are_logits = True

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
    unseen = unseen_mask(batch, len(member.index))
    return _normalised(_logits(member, member.score_batch(batch), epsilon), unseen)


def _logits(member: Recommender, scores: NDArray[np.float32], epsilon: float) -> NDArray[np.float32]:
    if member.scores_are_logits:
        return scores
    return np.asarray(np.log(np.maximum(scores, 0) + np.float32(epsilon)))


def _normalised(logits: NDArray[np.float32], unseen: NDArray[np.bool_]) -> NDArray[np.float32]:
    total = logsumexp(np.where(unseen, logits, -np.inf), axis=1, keepdims=True)
    return np.asarray(logits - np.where(np.isfinite(total), total, 0), np.float32)


@dataclass(frozen=True)
class _Shortlist:
    """What the members say of the toys that can matter: each query's candidates, and its relevant toys.

    candidates: float32 [M, Q, C] log-probabilities, padding at the lowest; own: float32 [M, T]
    """

    candidates: NDArray[np.float32]
    own: NDArray[np.float32]
    bounds: NDArray[np.int64]

    def ndcg(self, weights: NDArray[np.float64]) -> float:
        """NDCG@10 of the weighted sum. Of equal toys the relevant one comes last: rules call most toys equal, and such
        a member alone would look better than any list of it is."""
        shares = weights.astype(np.float32)
        rivals = np.tensordot(shares, self.candidates, axes=1)
        rows = np.repeat(np.arange(len(self.bounds) - 1), np.diff(self.bounds))
        own = np.tensordot(shares, self.own, axes=1)
        ranks = np.maximum(1, np.count_nonzero(rivals[rows] > own[:, None] - _EQUAL, axis=1))  # itself among them
        return float(ndcg_at(Ranks(ranks.astype(np.int32), self.bounds), 10).mean())


def fit_mix(members: Sequence[Recommender], holdout: Holdout) -> tuple[Mix, float]:
    """(the mix with the best NDCG@10 on `holdout`, that NDCG@10).

    Weights are sought from two starts, all members alike, and the best one alone, to which the others are added one by
    one where they help; then each in turn is multiplied and divided by a few factors, as long as that helps. ε is tried
    likewise. Rivals are the toys among the first hundred of any member: what no member ranks there does not come to the
    first ten.
    """
    ruled = not all(member.scores_are_logits for member in members)
    best: tuple[float, Mix] = (-1.0, Mix((1.0,)))
    for epsilon, shortlist in _shortlists(members, holdout, EPSILONS if ruled else EPSILONS[:1]).items():
        starts = (np.full(len(members), 1 / len(members)), _added_one_by_one(shortlist.ndcg, len(members)))
        weights, value = max((_climb(shortlist.ndcg, start) for start in starts), key=lambda found: found[1])
        if value > best[0]:
            best = (value, Mix(tuple(weights.tolist()), epsilon))
    ndcg, mix = best
    return replace(mix, scale=_likeliest_scale(Blend("unscaled", members, mix), holdout)), ndcg


def _added_one_by_one(value_of: Callable[[NDArray[np.float64]], float], members: int) -> NDArray[np.float64]:
    """Weights that begin as the best member alone; whoever helps most comes in next, as long as anyone does."""
    each = np.eye(members)
    values = [value_of(alone) for alone in each]
    best = max(values)
    weights: NDArray[np.float64] = each[int(np.argmax(values))]
    while True:
        tried = [(1 - share) * weights + share * each[new] for new in np.flatnonzero(weights == 0) for share in SHARES]
        values = [value_of(mix) for mix in tried]
        if not tried or max(values) <= best:
            return weights
        weights, best = _climb(value_of, tried[int(np.argmax(values))])


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


def _shortlists(members: Sequence[Recommender], holdout: Holdout, epsilons: Sequence[float]) -> dict[float, _Shortlist]:
    """A shortlist for each ε, from one pass of scores: ε moves a rule's probabilities, and no toy."""
    n_toys = len(members[0].index)
    kept = min(n_toys, CANDIDATES)
    shape = (len(members), len(holdout), min(n_toys, CANDIDATES * len(members)))
    lists = {
        epsilon: _Shortlist(
            np.full(shape, _NEVER, np.float32),
            np.empty((len(members), len(holdout.targets)), np.float32),
            holdout.bounds,
        )
        for epsilon in epsilons
    }
    step = max(1, min(512, _MAX_CELLS // n_toys))
    for start in range(0, len(holdout), step):
        part = holdout.take(np.arange(start, min(start + step, len(holdout))))
        batch = batch_holdout(part)
        unseen = unseen_mask(batch, n_toys)
        scores = [member.score_batch(batch) for member in members]
        chosen = np.zeros(unseen.shape, np.bool_)
        for each in scores:
            best = np.argpartition(np.where(unseen, each, -np.inf), n_toys - kept, axis=1)[:, n_toys - kept :]
            np.put_along_axis(chosen, best, True, axis=1)
        row, toy = np.nonzero(chosen & unseen)
        place = np.arange(len(row)) - np.searchsorted(row, row)
        owner = np.repeat(np.arange(len(part)), np.diff(part.bounds))
        targets = slice(int(holdout.bounds[start]), int(holdout.bounds[start + len(part)]))
        for number, (member, each) in enumerate(zip(members, scores, strict=True)):
            said = None
            for epsilon, shortlist in lists.items():
                if said is None or not member.scores_are_logits:
                    said = _normalised(_logits(member, each, epsilon), unseen)
                shortlist.candidates[number, start + row, place] = said[row, toy]
                shortlist.own[number, targets] = np.where(unseen, said, _NEVER)[owner, part.targets - 1]
    return lists


def _likeliest_scale(blend: Blend, holdout: Holdout) -> float:
    """The scale in [0.2, 50] with the highest mean log-probability of the relevant toys, on at most 1,000 queries."""
    some = holdout.sample(max(1, min(1000, _MAX_CELLS // len(blend.index))), 0)
    batch = batch_holdout(some)
    outside = np.where(unseen_mask(batch, len(blend.index)), blend.score_batch(batch), -np.inf)
    rows = np.repeat(np.arange(len(some)), np.diff(some.bounds))

    def loss(log_scale: float) -> float:
        found = log_softmax(outside * np.exp(log_scale), axis=1)[rows, some.targets - 1]
        return -float(found[np.isfinite(found)].mean())

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.2), np.log(50.0)), method="bounded").x))


def blend_teachers(
    dataset: Dataset, split: Split, folders: Sequence[Path], baselines: Sequence[str] = ()
) -> tuple[Blend, dict[str, Any]]:
    """(the blend of teachers' runs and of baselines by name, such as the rules; its record).

    Raises ToyGuideError if there is no member, or if they were not trained with the same part held out.
    """
    if not folders and not baselines:
        raise ToyGuideError("A blend needs a member: a teacher's run or the name of a recommender.")
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
    members += [fit_baseline(name, dataset, split.train) for name in baselines]
    mix, ndcg = fit_mix(members, split.validation)
    digests = [record["digest"] for _, record in loaded] + [None] * len(baselines)
    names = [folder.name for folder in folders] + list(baselines)
    record = {
        "kind": KIND,
        "dataset": loaded[0][1]["dataset"] if loaded else None,
        "interests": loaded[0][1]["interests"] if loaded else None,
        "members": [
            {"name": name, "weight": weight, "digest": digest}
            for name, weight, digest in zip(names, mix.weights, digests, strict=True)
        ],
        "epsilon": mix.epsilon,
        "scale": mix.scale,
        "validation_ndcg_10": ndcg,
    }
    return Blend(_name(members), members, mix), record


def _name(members: Sequence[Recommender]) -> str:
    towers = all(isinstance(member, TwoTowerRecommender) for member in members)
    return "two-tower of several" if towers else "blend"


def blend_digest(record: dict[str, Any]) -> str:
    """Hex digest of what a blend is: its members and how they are put together."""
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def save_blend(folder: Path, record: dict[str, Any], folders: Sequence[Path]) -> dict[str, Any]:
    """Keep a blend with copies of its members' runs; returns its full record."""
    full = {**record, "digest": blend_digest(record), "environment": environment(torch.get_num_threads())}
    with atomic_folder(folder) as temporary:
        for place, member in enumerate(folders):
            shutil.copytree(member, temporary / f"member-{place}")
        (temporary / RECORD).write_text(json.dumps(full, indent=2) + "\n", encoding="utf-8")
    return full


def load_blend(folder: Path, dataset: Dataset, split: Split) -> tuple[Blend, dict[str, Any]]:
    """(the blend, its record); baselines are learned anew from `split.train`. Raises ToyGuideError if it is none."""
    record = read_run(folder, KIND)
    check_same_data(folder, record, dataset)
    members: list[Recommender] = []
    with as_recorded(folder):
        for place, member in enumerate(record["members"]):
            if member["digest"] is None:
                members.append(fit_baseline(str(member["name"]), dataset, split.train))
                continue
            teacher, trained = load_teacher(folder / f"member-{place}", dataset)
            if trained["digest"] != member["digest"]:
                raise ValueError(f"member {place} is another one")
            members.append(teacher)
        weights = tuple(float(member["weight"]) for member in record["members"])
        mix = Mix(weights, float(record["epsilon"]), float(record["scale"]))
    return Blend(_name(members), members, mix), record
