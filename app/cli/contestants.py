"""Who is judged by `toyguide evaluate`: baselines by name, and models in folders, each loaded in its turn.

A model is judged on nothing that it has learned, and every time that it is judged on a test part is written beside it:
who tunes on the test part leaves a trace.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.console import ERR
from app.cli.folders import JUDGED
from data.dataset import Dataset
from data.errors import ToyGuideError, parameter_error
from data.protocol import Protocol, SplitPlan
from data.split import Part, Split
from recommender.base import Recommender

if TYPE_CHECKING:
    from distillation.standing import Rival

Loader = Callable[[Path, Dataset, Split], Recommender]
"""Gives the recommender in a folder."""


@dataclass(frozen=True)
class Asked:
    """What the command line asks to judge; `names` None is all quick baselines."""

    names: list[str] | None
    teachers: list[Path]
    blends: list[Path]
    students: list[Path]
    bundles: list[Path]

    @property
    def baselines(self) -> list[str]:
        """Names of baselines, each once. Raises ToyGuideError if there is none of a name."""
        from recommender.baselines.registry import BASELINES, QUICK

        names = list(dict.fromkeys(self.names if self.names is not None else QUICK))
        for name in names:
            if name not in BASELINES:
                raise ToyGuideError(
                    f"The '--recommender' option must be one of {', '.join(BASELINES)}. Got {name!r} instead."
                )
        return names

    @property
    def models(self) -> list[tuple[str, Path, Loader, bool]]:
        """(kind, folder, how it is loaded, whether it is the only one of its kind), each folder once."""
        every: list[tuple[str, list[Path], Loader]] = [
            ("teacher", self.teachers, _teacher),
            ("blend", self.blends, _blend),
            ("student", self.students, _student),
            ("bundle", self.bundles, _bundle),
        ]
        return [
            (kind, folder, load, len(set(folders)) == 1)
            for kind, folders, load in every
            for folder in dict.fromkeys(folders)
        ]

    def place_of(self, name: str) -> int:
        """Which of the contestants, from 0 in their order, is called `name`.

        That is a baseline's name, or a model's kind, with its folder where it is not the only one of the kind.
        Raises ToyGuideError that lists the names if it is none of them.
        """
        models = [kind if alone else f"{kind} {folder}" for kind, folder, _, alone in self.models]
        names = [*self.baselines, *models]
        for place, known in enumerate(names):
            if known.casefold() == name.casefold():
                return place
        raise parameter_error("--against", "evaluate", f"one of {', '.join(names)}", name)


def contestants(
    dataset: Dataset, split: Split, plan: SplitPlan, part: Part, asked: Asked
) -> Iterator[tuple[Recommender, Path | None]]:
    """(recommender, its folder), once each, fitted or loaded when its turn comes; names are told apart."""
    from recommender.baselines.registry import fit_baseline

    for kind, folder, _, _ in asked.models:  # what cannot be judged is said before the others are
        check_held_out(folder, _made_from(kind, folder, dataset), plan, part)
    for name in asked.baselines:
        yield fit_baseline(name, dataset, split.learned(part)), None
    for _, folder, load, alone in asked.models:
        recommender = load(folder, dataset, split)
        if not alone:
            recommender.name = f"{recommender.name} {folder}"
        yield recommender, folder


def _made_from(kind: str, folder: Path, dataset: Dataset) -> Mapping[str, Any]:
    """What the record in `folder` says of the data. Raises ToyGuideError if it is not `dataset`, or there is none."""
    if kind == "bundle":
        from recommender.serving.bundle import read_manifest

        made = read_manifest(folder).dataset
        made_from = str(made.get("digest"))
        if made_from != dataset.digest:
            raise ToyGuideError(
                f"{folder} was made from dataset {made_from[:12]}, but this dataset is {dataset.digest[:12]}. "
                "Give the dataset it was made from: it may have learned what is to be found here."
            )
        return made
    from recommender.learning.runs import check_same_data, read_run

    record = read_run(folder, kind)
    check_same_data(folder, record, dataset)
    return dict(record["dataset"])


def _teacher(folder: Path, dataset: Dataset, _split: Split) -> Recommender:
    from recommender.learning.teacher import load_teacher

    return load_teacher(folder, dataset)[0]


def _blend(folder: Path, dataset: Dataset, split: Split) -> Recommender:
    from recommender.learning.blend import load_blend

    return load_blend(folder, dataset, split)[0]


def _student(folder: Path, dataset: Dataset, _split: Split) -> Recommender:
    from distillation.distill import load_student

    return load_student(folder, dataset)[0]


def _bundle(folder: Path, dataset: Dataset, _split: Split) -> Recommender:
    from recommender.serving.student import OnnxStudent

    shipped = OnnxStudent.from_bundle(folder)
    if shipped.index.ids != dataset.index.ids:
        raise ToyGuideError(f"{folder} holds other toys than the dataset that its manifest names. Build it again.")
    return shipped


def check_held_out(folder: Path, made: Mapping[str, Any], plan: SplitPlan, part: Part) -> None:
    """Raise ToyGuideError if what is judged here was learned there."""
    if made.get("split") != plan.record():
        raise ToyGuideError(
            f"{folder} was trained with another part held out ({_words(made.get('split'))}) than is judged here "
            f"({_words(plan.record())}): it may have learned what is to be found. Give its protocol and cuts."
        )
    if plan.protocol is Protocol.TEMPORAL and part == "validation":
        raise ToyGuideError(
            f"{folder} learned its validation part in the end, so it can be judged on the test part alone."
        )


def rival_of(recommender: Recommender, folder: Path | None) -> Rival:
    """A contestant as one whom a student is compared with; folder: a model's, None for a baseline."""
    from distillation.standing import Rival
    from recommender.evaluation.cost import held
    from recommender.learning.runs import WEIGHTS

    if folder is None:
        return Rival(recommender, "baseline", held(recommender)[1])
    weights = folder / WEIGHTS
    return Rival(recommender, "teacher", weights.stat().st_size if weights.is_file() else None)


def _words(split: Any) -> str:
    if not isinstance(split, Mapping):
        return "nothing is recorded"
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in split.items() if value)


def note_judged(folder: Path, labels: Mapping[str, Any], metrics: Mapping[str, float]) -> None:
    """Write beside a run that it was judged on a test part, and what came out; a bundle is read-only."""
    if not (folder / "run.json").is_file():
        return
    said = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        **{name: labels[name] for name in ("protocol", "part", "order")},
        "recall@10": metrics["recall@10"],
        "ndcg@10": metrics["ndcg@10"],
    }
    try:
        with (folder / JUDGED).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(said) + "\n")
    except OSError as error:
        ERR.print(f"{folder / JUDGED} cannot be written: {error.strerror}.", markup=False)
