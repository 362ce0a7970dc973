"""A distillation that is killed goes on to the very student it would have made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from data.errors import ToyGuideError
from distillation.distill import DistilOptions
from distillation.teach import teach
from recommender.learning.checkpoint import INTERRUPTED
from tests.distillation.conftest import CONFIG

OPTIONS = DistilOptions(epochs=2, finish=3, dreams=1, average=0.9, own=4, top=16, targets_per_batch=256, seed=5)


class Killed(BaseException):
    """Stands for a kill −9: nothing of ours catches it."""


class Watch:
    """Told how far a distillation is; `at` kills it there. seen: (steps of the stage, epoch) of what it was told of."""

    def __init__(self, at: tuple[int, str] | None = None) -> None:
        self.at = at
        self.seen: list[tuple[int, str]] = []

    def __call__(self, note: str, _done: int, steps: int) -> None:
        if not note.startswith("epoch "):
            return
        here = (steps, note.split()[1])
        if here == self.at:
            raise Killed
        if here not in self.seen:
            self.seen.append(here)


Taught = tuple[dict[str, Tensor], dict[str, Any]]
Teach = Callable[..., Taught]


@pytest.fixture(scope="module")
def taught(way: Any, tmp_path_factory: pytest.TempPathFactory) -> Teach:
    """Distil under a watch, in a folder for checkpoints; what the teacher says is read once for all."""
    scores = tmp_path_factory.mktemp("taught") / "scores"

    def run(watch: Watch, unfinished: Path | None, options: DistilOptions = OPTIONS) -> Taught:
        return teach(way.dataset, way.split, way.plan, way.source, CONFIG, options, scores, watch, 0, unfinished)[1:]

    return run


def test_killed_in_both_stages_it_ends_the_same(taught: Teach, tmp_path: Path) -> None:
    every = Watch()
    weights, record = taught(every, None)
    assert [epoch for _, epoch in every.seen] == ["1", "2", "1", "2", "3"], "two to learn, three to finish"
    unfinished, begun = tmp_path / "student.unfinished", 0
    for kill in (1, 3):
        watch = Watch(every.seen[kill])
        with pytest.raises(Killed):
            taught(watch, unfinished)
        assert watch.seen == every.seen[begun:kill], "no epoch is learned twice"
        begun = kill
    last = Watch()
    again, continued = taught(last, unfinished)
    assert last.seen == every.seen[begun:]
    assert weights.keys() == again.keys()
    for name, tensor in weights.items():
        assert torch.equal(tensor, again[name]), name
    timeless = [[{**epoch, "seconds": 0} for epoch in each["epochs"]] for each in (record, continued)]
    assert timeless[0] == timeless[1]
    assert INTERRUPTED in continued["spent"]["left_out"]
    assert INTERRUPTED not in record["spent"]["left_out"]


def test_what_another_distillation_left_is_refused_and_stays(taught: Teach, way: Any, tmp_path: Path) -> None:
    unfinished = tmp_path / "student.unfinished"
    short = replace(OPTIONS, epochs=1, finish=1, dreams=0)
    taught(Watch(), unfinished, short)
    before = {file: file.read_bytes() for file in unfinished.rglob("*.*")}
    watch = Watch()
    with pytest.raises(ToyGuideError, match=r"learn holds the checkpoint of .* \(distillation alpha 0\.3 → 0\.5\)"):
        taught(watch, unfinished, replace(short, alpha=0.5))
    other = replace(way.source, facts=way.source.facts | {"digest": "b" * 64})
    with pytest.raises(ToyGuideError, match=r"\(teacher digest a{12} → b{12}\)"):
        teach(way.dataset, way.split, way.plan, other, CONFIG, short, None, watch, 0, unfinished)
    (unfinished / "learn").rename(tmp_path / "elsewhere")
    with pytest.raises(ToyGuideError, match=r"finish holds the checkpoint of .*distillation seed 5 → 6"):
        taught(watch, unfinished, replace(short, seed=6))
    assert watch.seen == [], "said before anything is learned"
    (tmp_path / "elsewhere").rename(unfinished / "learn")
    assert {file: file.read_bytes() for file in unfinished.rglob("*.*")} == before
