"""Texts: a Transformer and a bag of hashed n-grams place a toy in its category by its title.

`python -m distillation.examples.titles` does it on a simulated shop, `--data FOLDER` on any dataset: both are trained,
the one is distilled into the other, and they are compared under ONNX Runtime.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, ClassVar, Final

import numpy as np
import torch
import typer
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from data.dataset import Dataset, load_fit_dataset
from data.errors import ToyGuideError, parameter_error
from data.schema import ToyColumn
from data.world.simulate import WorldOptions, simulate
from distillation.examples.command import (
    OUT,
    Alpha,
    AsJson,
    Seeds,
    Temperature,
    print_json,
    print_table,
    run,
    run_rounds,
)
from distillation.examples.contest import Feed, Task, figures, table
from distillation.examples.lesson import Classifier, Lesson, Mix, Samples, make_lesson, part_rows
from distillation.examples.pieces import MAX_PIECES, Pieces, hashed_ngrams, learn_pieces
from recommender.learning.fit import FitOptions
from recommender.learning.towers import Block

FEWEST_POSSIBLE: Final = 10
"""Of fewer toys each of the three parts cannot have some."""
SHOP: Final = WorldOptions(toys=3000, shoppers=200, events=3000)
"""The simulated shop: its catalogue is what counts here, so its shoppers are few."""
BUCKETS: Final = 1024
MOST_BUCKETS: Final = 2**20
STUDENT_WIDTH: Final = 16
TEACHER_WIDTH: Final = 128
PIECE_DROPOUT: Final = 0.3
"""The teacher learns from titles that lack some of their pieces, or it soon knows them by heart."""
MIX: Final = Mix(alpha=0.0, temperature=1.0)
"""The best of a small grid on the validation parts of seeds 10 and 11, on titles that people wrote."""
TEACHER_OPTIONS: Final = FitOptions(epochs=16, learning_rate=0.005, average=0.98, patience=5)
STUDENT_OPTIONS: Final = FitOptions(epochs=25, learning_rate=0.01, average=0.98, patience=8)


@dataclass(frozen=True)
class Shelves:
    """The titles that can be placed, and where.

    titles: n of them; labels: int64 [n], rows of `names`; names: the categories, as "Vehicles > Trains"
    shallow: toys left out because their category has fewer levels; rare: those of categories with too few toys
    """

    titles: tuple[str, ...]
    labels: NDArray[np.int64]
    names: tuple[str, ...]
    shallow: int
    rare: int


def shelves_of(dataset: Dataset, level: int = 2, fewest: int = 30) -> Shelves:
    """The titles of a dataset's toys with their categories down to `level`, each of at least `fewest` toys.

    Raises ToyGuideError if there are not two such categories.
    """
    if level < 1:
        raise parameter_error("level", "titles", "an int from 1", level)
    if fewest < FEWEST_POSSIBLE:
        raise parameter_error("fewest", "titles", f"an int from {FEWEST_POSSIBLE}", fewest)
    titles: list[str] = dataset.toys[ToyColumn.TITLE].to_pylist()
    paths = [tuple(path or ()) for path in dataset.toys[ToyColumn.CATEGORY].to_pylist()]
    deep = [(title, path[:level]) for title, path in zip(titles, paths, strict=True) if len(path) >= level]
    counts = Counter(path for _, path in deep)
    kept = sorted(path for path, count in counts.items() if count >= fewest)
    if len(kept) < 2:
        raise ToyGuideError(
            f"The dataset must have at least 2 categories of {level} levels with {fewest} toys each. Of its "
            f"{len(titles):,} toys {len(deep):,} have a category that deep, and {len(kept)} of {len(counts):,} such "
            "categories are large enough: lower --level or --fewest, or import a source with categories."
        )
    row = {path: place for place, path in enumerate(kept)}
    placed = [(title, row[path]) for title, path in deep if path in row]
    return Shelves(
        titles=tuple(title for title, _ in placed),
        labels=np.array([label for _, label in placed], np.int64),
        names=tuple(" > ".join(path) for path in kept),
        shallow=len(titles) - len(deep),
        rare=len(deep) - len(placed),
    )


class Reader(Classifier):
    """The teacher: a Transformer of one wide layer over pieces of words, and the mean of what it makes of each."""

    takes: ClassVar = {"pieces": ("B", "L")}

    def __init__(self, rows: int, classes: int, width: int = TEACHER_WIDTH, layers: int = 1) -> None:
        super().__init__()
        self.table = nn.Embedding(rows, width, padding_idx=0)
        nn.init.normal_(self.table.weight, std=0.3)
        self.blocks = nn.ModuleList([Block(width, 4, 0.2, MAX_PIECES) for _ in range(layers)])
        self.last = nn.LayerNorm(width)
        self.head = nn.Linear(width, classes)

    def forward(self, pieces: Tensor) -> Tensor:
        """Logits float [B, C] for pieces int32 [B, L], L ≤ MAX_PIECES, padding at the end."""
        if self.training:
            pieces = pieces * (torch.rand(pieces.shape, device=pieces.device) >= PIECE_DROPOUT)
        real = (pieces != 0).float()[..., None]
        states = F.dropout(self.table(pieces.long()), 0.4, self.training)
        for block in self.blocks:
            states = block(states)
        pooled = (self.last(states) * real).sum(dim=1) / real.sum(dim=1).clamp_min(1.0)
        logits: Tensor = self.head(F.dropout(pooled, 0.5, self.training))
        return logits


class Bag(Classifier):
    """The student: the weighted sum of the vectors of its hash buckets, and one linear layer."""

    takes: ClassVar = {"ngrams": ("B", "L"), "weights": ("B", "L")}

    def __init__(self, buckets: int, classes: int, width: int = STUDENT_WIDTH) -> None:
        super().__init__()
        self.table = nn.Embedding(buckets + 1, width, padding_idx=0)
        nn.init.normal_(self.table.weight, std=0.1)
        self.head = nn.Linear(width, classes)

    def forward(self, ngrams: Tensor, weights: Tensor) -> Tensor:
        """Logits float [B, C] for the arrays of `hashed_ngrams`, int32 and float32 [B, L]."""
        logits: Tensor = self.head((self.table(ngrams.long()) * weights[..., None]).sum(dim=1))
        return logits


def titles_lesson(shelves: Shelves, seed: int, buckets: int = BUCKETS) -> tuple[Lesson, Pieces]:
    """The lesson of a seed, and the pieces that its training titles have."""
    train, _, _ = part_rows(shelves.labels, seed)
    pieces = learn_pieces(shelves.titles[row] for row in train)
    bags = [hashed_ngrams(title, buckets) for title in shelves.titles]
    inputs = {
        "pieces": np.stack([pieces.encode(title) for title in shelves.titles]),
        "ngrams": np.stack([ids for ids, _ in bags]),
        "weights": np.stack([weights for _, weights in bags]),
    }
    tensors = {name: torch.from_numpy(array) for name, array in inputs.items()}
    lesson = make_lesson(Samples(tensors, torch.from_numpy(shelves.labels)), seed)
    return replace(lesson, trim=trimmed), pieces


def trimmed(batch: Samples) -> Samples:
    """Without the columns that are padding in every row: titles are short, and columns cost time."""
    inputs = dict(batch.inputs)
    for rows, beside in (("pieces", ()), ("ngrams", ("weights",))):
        width = filled(inputs[rows].amax(dim=0).numpy())
        inputs |= {name: inputs[name][:, :width] for name in (rows, *beside)}
    return Samples(inputs, batch.labels)


def filled(row: NDArray[np.int32]) -> int:
    """How far a row is filled, at least 1; padding is 0 and lies at the end."""
    return max(int(np.count_nonzero(row)), 1)


def titles_task(
    shelves: Shelves,
    seed: int,
    mix: Mix = MIX,
    buckets: int = BUCKETS,
    teacher_options: FitOptions = TEACHER_OPTIONS,
    student_options: FitOptions = STUDENT_OPTIONS,
) -> Task:
    """The contest of one seed. A request is a title: to cut or to hash it is part of its time."""
    lesson, pieces = titles_lesson(shelves, seed, buckets)
    classes = len(shelves.names)
    asked = [shelves.titles[row] for row in lesson.test_rows]

    def request(place: int, takes: Collection[str]) -> Feed:
        if "pieces" in takes:
            row = pieces.encode(asked[place])
            return {"pieces": row[None, : filled(row)]}
        ids, weights = hashed_ngrams(asked[place], buckets)
        return {"ngrams": ids[None, : filled(ids)], "weights": weights[None, : filled(ids)]}

    return Task(
        lesson,
        lesson,
        lambda: Reader(len(pieces.rows) + 1, classes),
        lambda: Bag(buckets, classes),
        teacher_options,
        student_options,
        mix,
        request,
    )


def titles(
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder of a dataset. By default a simulated shop.")
    ] = None,
    level: Annotated[int, typer.Option(help="Levels of a category that count.")] = 2,
    fewest: Annotated[
        int, typer.Option(help="Toys that a category must have; those of smaller ones are left out.")
    ] = 30,
    buckets: Annotated[
        int, typer.Option(min=1, max=MOST_BUCKETS, help="Rows of the student's table, which n-grams are hashed to.")
    ] = BUCKETS,
    seeds: Seeds = 3,
    alpha: Alpha = MIX.alpha,
    temperature: Temperature = MIX.temperature,
    as_json: AsJson = False,
) -> None:
    """Distil a Transformer that places toys by their titles into a bag of hashed n-grams, and compare them."""
    mix = Mix(alpha, temperature)
    dataset = simulate(SHOP) if data is None else load_fit_dataset(data)
    shelves = shelves_of(dataset, level, fewest)
    rounds = run_rounds(lambda seed: titles_task(shelves, seed, mix, buckets), seeds)
    left_out = {"category too shallow": shelves.shallow, "category too small": shelves.rare}
    if as_json:
        print_json(
            {
                "example": "titles",
                "dataset": dataset.digest,
                "titles": len(shelves.titles),
                "categories": list(shelves.names),
                "left_out": left_out,
                "buckets": buckets,
                "alpha": alpha,
                "temperature": temperature,
                **figures(rounds),
            }
        )
        return
    title = f"{len(shelves.titles):,} titles, {len(shelves.names)} categories, {seeds} seeds"
    print_table(table(rounds, title, mix))
    OUT.print("Left out: " + ", ".join(f"{count:,} ({why})" for why, count in left_out.items()), highlight=False)


if __name__ == "__main__":
    run(titles)
