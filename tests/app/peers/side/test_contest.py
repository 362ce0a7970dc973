from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from app.peers.exchange import hand_over, read_lists
from app.peers.side import contest
from app.peers.side.contest import Data, Histories, ndcg_10, read_data, run
from data.dataset import Dataset
from data.split import Split
from recommender.evaluation.lists import judge_lists
from recommender.evaluation.metrics import ndcg_at


class Popular:
    """A stand-in for a peer: what most shoppers met."""

    def learn(self, data: Data, folder: Path, minutes: float) -> dict[str, Any]:
        np.save(folder / "best.npy", np.argsort(-np.bincount(data.train.toys, minlength=data.n_toys + 1)[1:]) + 1)
        return {"chosen": {"minutes": minutes}}

    def pace(self, data: Data, folder: Path) -> dict[str, Any]:
        return {"seconds": 1.0}

    def load(self, data: Data, folder: Path) -> None:
        self.best = np.load(folder / "best.npy")

    def answer(self, history: NDArray[np.int32], k: int) -> Sequence[int]:
        return [int(toy) for toy in self.best if toy not in history][:k]

    def bare(self, history: NDArray[np.int32], k: int) -> Sequence[int] | None:
        return None

    def lists(self, histories: Histories, k: int) -> NDArray[np.int32]:
        return np.array([self.answer(histories[row], k) for row in range(len(histories))], np.int32)


def test_every_step_leaves_its_figures(
    tmp_path: Path, shop: Dataset, split: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_over(split, len(shop.index), tmp_path / "data.npz")
    for step in ("learn", "list", "ask", "pace"):
        words = ["popular", step, str(tmp_path / "data.npz"), str(tmp_path / "run"), "--minutes", "7", "--of", "this"]
        monkeypatch.setattr(sys, "argv", words)
        run(Popular())
    said = {step: json.loads((tmp_path / "run" / f"{step}.json").read_text()) for step in ("learn", "ask", "pace")}
    assert all(0 <= each.pop("others") <= os.cpu_count() for each in said.values())  # type: ignore[operator]
    assert said["learn"] == {"chosen": {"minutes": 7.0}, "of": "this"}
    assert said["pace"] == {"seconds": 1.0, "of": "this"}
    assert said["ask"]["milliseconds"] > 0
    assert said["ask"]["peak_mib"] >= said["ask"]["resident_mib"] > 1
    assert "bare_milliseconds" not in said["ask"]
    lists = read_lists(tmp_path / "run" / "lists.npy", split.test)
    assert len(judge_lists("popular", lists, split.test, len(shop.index))) == len(split.test)


def test_of_an_earlier_search_only_trials_of_the_grid_are_taken_over() -> None:
    grid = [{"factors": factors, "alpha": alpha} for factors in (8, 64) for alpha in (1.0, 10.0)]
    tried = [
        {**settings, "seconds": 1.0} for settings in ({"factors": 64, "alpha": 10.0}, {"factors": 64, "alpha": 40.0})
    ]
    assert contest.taken_over(grid, tried) == (tried[:1], grid[:3])
    assert contest.taken_over(grid, []) == ([], grid)


def test_settings_are_chosen_by_the_metric_that_judges(tmp_path: Path, shop: Dataset, split: Split) -> None:
    hand_over(split, len(shop.index), tmp_path / "data.npz")
    told, peer = read_data(tmp_path / "data.npz"), Popular()
    peer.learn(told, tmp_path, 1.0)
    peer.load(told, tmp_path)
    lists = peer.lists(told.validation, 20)
    judged = judge_lists("popular", lists, split.validation, len(shop.index))
    assert ndcg_10(lists, told.targets) == pytest.approx(ndcg_at(judged.ranks, 10).mean())
    assert ndcg_10(lists, told.targets) > 0


def test_what_runs_beside_a_peer_needs_nothing_of_ours_but_numpy() -> None:
    code = (
        "import sys, app.peers.side.contest; print([n for n in sys.modules if n.split('.')[0] in ('data', 'pandas')])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
    assert contest.ASKED < contest.LISTED


def test_the_work_of_others_is_told_from_ones_own() -> None:
    alone = contest.others_since()
    until = time.monotonic() + 0.3
    while time.monotonic() < until:
        pass
    mine = alone()
    beside = contest.others_since()
    subprocess.run([sys.executable, "-c", "import time\nwhile time.process_time() < 0.3: pass"], check=True)
    assert beside() > 0.3
    assert 0 <= mine <= (os.cpu_count() or 1)
