"""Two processes that `torchrun` starts, for real, over gloo on loopback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from data.dataset import save_dataset
from data.world.simulate import WorldOptions, simulate
from recommender.learning.processes import own_share


def test_every_process_has_as_many_and_none_has_another_s() -> None:
    shares = [list(own_share(iter(range(11)), rank, 3)) for rank in range(3)]
    assert shares == [[0, 3, 6], [1, 4, 7], [2, 5, 8]]
    assert list(own_share(iter("abc"), 0, 1)) == ["a", "b", "c"]


def test_two_processes_learn_as_well_as_one(tmp_path: Path) -> None:
    save_dataset(simulate(WorldOptions(toys=400, shoppers=500, events=9000, seed=4)), tmp_path / "dataset")
    words = ["train", "--data", str(tmp_path / "dataset"), "--preset", "small", "--epochs", "5", "--out"]
    one = [sys.executable, "-m", "app.cli"]
    two = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "app.cli"]

    def train(command: list[str], name: str) -> dict[str, Any]:
        done = subprocess.run(
            [*command, *words, str(tmp_path / name)], capture_output=True, text=True, timeout=240, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("validation NDCG@10") == 1, done.stdout
        record: dict[str, Any] = json.loads((tmp_path / name / "run.json").read_text(encoding="utf-8"))
        return record

    alone, together = train(one, "one"), train(two, "two")
    assert len(together["epochs"]) == len(alone["epochs"]) == 5
    # Of 442 queries: the standard error of NDCG@10 is about .008, and .0113 of a list at random.
    assert abs(together["validation_ndcg_10"] - alone["validation_ndcg_10"]) < 0.02
    assert together["validation_ndcg_10"] > 0.03
    assert not (tmp_path / "two.unfinished").exists()
