"""Teachers of any kind: a two-tower, several, a blend with the rules, the rules alone. Whatever scores can teach."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import torch
from torch import Tensor

from data.dataset import Dataset
from data.errors import ToyGuideError
from data.ids import ToyIndex
from data.protocol import SplitPlan
from data.split import Split
from recommender.base import Recommender
from recommender.features import fit_schema
from recommender.learning.blend import Blend, blend_digest, blend_teachers, load_blend
from recommender.learning.meter import spent_by
from recommender.learning.teacher import load_teacher
from recommender.learning.tower_recommender import TwoTowerRecommender
from recommender.records import dataset_record

_BLENDING: Final = ("the search for the weights of the blend",)


class HasTable(Protocol):
    """Whatever has toy vectors that a student's can begin as."""

    def table(self) -> Tensor | None:
        """Toy vectors float32 [N + 1, D]; None if it has none."""
        ...


@dataclass(frozen=True)
class Teacher:
    """A recommender that teaches; its scores are logits.

    facts: what a student's record and a bundle say of it: `digest`, `preset` (in words), `validation_ndcg_10`, `spent`
    """

    recommender: Recommender
    dataset: dict[str, Any]
    interests: tuple[str, ...]
    facts: dict[str, Any]

    @property
    def digest(self) -> str:
        """Hex digest of what it is."""
        return str(self.facts["digest"])

    def table(self) -> Tensor | None:
        """Toy vectors float32 [N + 1, D] whose inner products say which toys it takes for alike; None if it has none.

        Of a blend, those of its towers side by side, each at the root of its weight: the inner product of two rows is
        then the weighted mean of the towers' cosines.
        """
        found = [(tower.table, weight) for tower, weight in towers_of(self.recommender) if weight > 0]
        if not found:
            return None
        return torch.cat([table.float() * math.sqrt(weight) for table, weight in found], dim=1)


def teacher_of(recommender: Recommender, record: dict[str, Any], name: str) -> Teacher:
    """A teacher from a recommender and the record of its run; `name` says in words what it is."""
    facts = {
        "digest": record["digest"],
        "preset": name,
        "validation_ndcg_10": record["validation_ndcg_10"],
        "spent": record.get("spent"),
    }
    return Teacher(recommender, record["dataset"], tuple(record["interests"]), facts)


def gather_teacher(
    dataset: Dataset,
    split: Split,
    plan: SplitPlan,
    runs: Sequence[Path] = (),
    blend: Path | None = None,
    baselines: Sequence[str] = (),
) -> Teacher:
    """One teacher from what was named: a blend that was kept, or runs and baselines by name.

    A single run teaches as it is. Several, and baselines, become a blend whose weights are set on validation.
    Raises ToyGuideError if nothing was named, or if it belongs to other data.
    """
    if blend is not None:
        if runs or baselines:
            raise ToyGuideError("A blend teaches alone; leave the other teachers out, or blend them all.")
        recommender, record = load_blend(blend, dataset, split)
        members = [blend / f"member-{place}" for place, one in enumerate(record["members"]) if one["digest"]]
        return teacher_of(recommender, record | {"spent": spent_by(members, _BLENDING)}, _words(record))
    if len(runs) == 1 and not baselines:
        tower, record = load_teacher(runs[0], dataset)
        return teacher_of(tower, record, record["preset"]["name"])
    mixed, record = blend_teachers(dataset, split, runs, baselines)
    if not runs:
        interests = list(fit_schema(dataset.toy_rows()).interests)
        record |= {"dataset": dataset_record(dataset, plan), "interests": interests}
    more = {"digest": blend_digest(record), "spent": spent_by(runs, _BLENDING)}
    return teacher_of(mixed, record | more, _words(record))


def _words(record: dict[str, Any]) -> str:
    return "blend of " + ", ".join(str(member["name"]) for member in record["members"])


def check_same_toys(teacher: ToyIndex, student: ToyIndex) -> None:
    """Raise ToyGuideError, naming the toys, unless both number the same toys alike."""
    if teacher.ids == student.ids:
        return
    lacks, has = sorted(set(student.ids) - set(teacher.ids)), sorted(set(teacher.ids) - set(student.ids))
    said = [
        f"{words} {len(toys)} ({', '.join(toys[:3])}{', …' if len(toys) > 3 else ''})"
        for words, toys in (("the teacher lacks", lacks), ("the student lacks", has))
        if toys
    ]
    if not said:
        place = int(np.flatnonzero([a != b for a, b in zip(teacher.ids, student.ids, strict=True)])[0])
        said = [f"toy {place + 1} is {teacher.ids[place]} there and {student.ids[place]} here"]
    raise ToyGuideError(f"Teacher and student must have the same table of toys: {'; '.join(said)}.")


def towers_of(recommender: Recommender) -> list[tuple[TwoTowerRecommender, float]]:
    """The two-towers in a recommender, each with its weight."""
    if isinstance(recommender, TwoTowerRecommender):
        return [(recommender, 1.0)]
    if isinstance(recommender, Blend):
        pairs = zip(recommender.members, recommender.mix.weights, strict=True)
        return [(member, weight) for member, weight in pairs if isinstance(member, TwoTowerRecommender)]
    return []
