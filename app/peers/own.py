"""Our own recommenders, run as the peers are: a process a step, the same clock (`app.peers.side.contest`).

    python -m app.peers.own ask  DATA OUT teacher DATASET FOLDER --born SECONDS
    python -m app.peers.own ask  DATA OUT bundle DATASET FOLDER
    python -m app.peers.own pace DATA OUT student DATASET FOLDER --teacher FOLDER

Writes `OUT/<step>.json`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.peers.side.contest import Data, asked_one_by_one, others_since, read_data, threads, write

_FEW: Final = 2  # epochs of `pace`: the first warms up, the second is timed


class Own:
    """A teacher or a bundle, asked by its own public call with the shop's ids."""

    def __init__(self, kind: str, dataset: Path) -> None:
        self.kind, self.dataset = kind, dataset

    def load(self, data: Data, folder: Path) -> None:
        """As a program does that is to answer: a bundle by itself, a teacher with the dataset it was trained on."""
        if self.kind == "bundle":
            from recommender.serving.load import load_bundle

            engine = load_bundle(folder, threads=threads())
            self.ids = tuple(toy.id for toy in engine.toys)
            self.ask: Callable[[list[str], int], object] = lambda history, k: engine.recommend(history, k=k)
        else:
            from data.dataset import load_fit_dataset
            from recommender.base import Contact, Query
            from recommender.learning.teacher import load_teacher

            teacher = load_teacher(folder, load_fit_dataset(self.dataset))[0]
            self.ids = teacher.index.ids
            self.ask = lambda history, k: teacher.recommend([Query(tuple(Contact(toy) for toy in history))], k)

    def answer(self, history: NDArray[np.int32], k: int) -> Sequence[int]:
        """One request. What comes back is judged elsewhere."""
        self.ask([self.ids[toy - 1] for toy in history], k)
        return ()

    def bare(self, history: NDArray[np.int32], k: int) -> Sequence[int] | None:
        """There is nothing around it that could be left away."""
        return None


def pace(kind: str, dataset: Path, folder: Path, teacher: Path | None) -> dict[str, Any]:
    """How long learning takes: two epochs are run, the second is timed, what is done but once is added."""
    from data.dataset import load_fit_dataset
    from data.protocol import split_dataset
    from recommender.learning.teacher import load_teacher, recorded_plan

    loaded = load_fit_dataset(dataset)
    started = time.monotonic()
    if kind == "teacher":
        from recommender.learning.presets import make_preset
        from recommender.learning.teacher import train_teacher

        record = load_teacher(folder, loaded)[1]
        plan = recorded_plan(folder, record)
        values = {key: value for key, value in record["preset"].items() if key != "name"}
        preset = make_preset(record["preset"]["name"], values | {"epochs": _FEW})
        split = split_dataset(loaded, plan)
        short = train_teacher(loaded, split, plan, preset)[2]
    else:
        from distillation.distill import DistilOptions, load_student
        from distillation.student import StudentConfig
        from distillation.teach import teach
        from distillation.teachers import gather_teacher

        record = load_student(folder, loaded)[1]
        plan = recorded_plan(folder, record)
        split = split_dataset(loaded, plan)
        source = gather_teacher(loaded, split, plan, [teacher] if teacher else [])
        options = replace(DistilOptions(**record["distillation"]), epochs=_FEW, finish=0)
        short = teach(loaded, split, plan, source, StudentConfig(**record["student"]), options)[2]
    whole = time.monotonic() - started
    first, second = (short["epochs"][place]["seconds"] for place in range(_FEW))
    epoch, epochs = second - first, len(record["epochs"])
    targets = int(split.train.wanted.sum())
    return {
        "seconds": whole - _FEW * epoch + epochs * epoch,
        "epochs": epochs,
        "seconds_per_epoch": epoch,
        "targets_per_second": targets / epoch,
    }


def main() -> None:
    """Do the step that the command line names."""
    born = time.monotonic()
    parser = argparse.ArgumentParser()
    parser.add_argument("step", choices=["ask", "pace"])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("kind", choices=["teacher", "student", "bundle"])
    parser.add_argument("dataset", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--teacher", type=Path)
    parser.add_argument("--born", type=float, default=born, help="time.monotonic() as the process was asked for")
    parser.add_argument("--of", default="", help="what the figures are of, written beside them")
    asked = parser.parse_args()
    others = others_since()
    data = read_data(asked.data)
    if asked.step == "ask":
        said = asked_one_by_one(Own(asked.kind, asked.dataset), data, asked.folder, asked.born)
    else:
        said = pace(asked.kind, asked.dataset, asked.folder, asked.teacher)
    asked.out.mkdir(parents=True, exist_ok=True)
    write(asked.out / f"{asked.step}.json", said | {"others": others(), "of": asked.of})


if __name__ == "__main__":
    main()
