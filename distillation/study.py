"""The study of a sweep: what is to be tried, what was tried, and what comes next.

The study is Optuna's; the file it lies in: study_file.py. Points of a grid are handed out here, one by one, under a
lock: Optuna's own GridSampler may give one point to two workers, takes a killed trial for a finished one, and knows no
students outside the grid, which those without a teacher are. With the sampler `tpe` Optuna chooses, and a point it
chooses twice is not made twice.
"""

from __future__ import annotations

import itertools
import json
import random
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Final, Literal, get_args

import numpy as np
import optuna
from optuna.distributions import CategoricalDistribution
from optuna.trial import FrozenTrial, Trial, TrialState

from data.errors import parameter_error
from distillation.distill import DistilOptions
from distillation.student import Family, StudentConfig
from distillation.targets import check_temperature
from distillation.teachers import Teacher
from distillation.trial import Point
from distillation.untaught import Untaught

Sampler = Literal["grid", "tpe"]
SAMPLERS: Final[tuple[Sampler, ...]] = get_args(Sampler)
FORMAT: Final = 1
FIGURES: Final = "figures"


@dataclass(frozen=True)
class Plan:
    """What a sweep tries.

    shared: what all students have in common; its α, T and start table are the taught ones', as is `dropout`
    untaught: how those without a teacher learn
    """

    alphas: tuple[float, ...]
    temperatures: tuple[float, ...]
    widths: tuple[int, ...]
    families: tuple[Family, ...]
    bits: tuple[int, ...]
    shared: DistilOptions
    sampler: Sampler = "grid"
    dropout: float = StudentConfig().dropout
    untaught: Untaught = field(default_factory=Untaught)

    def __post_init__(self) -> None:
        """Raise ToyGuideError for a list that is empty or holds what cannot be."""
        for name, values in self.lists().items():
            if not values or len(set(values)) < len(values):
                raise parameter_error(name, "sweep", "a list that names each value once", list(values))
        for alpha in self.alphas:
            if not 0 <= alpha < 1:
                wanted = "numbers in [0, 1); the student without a teacher, 1, is always there"
                raise parameter_error("alpha", "sweep", wanted, alpha)
        for temperature in self.temperatures:
            check_temperature(temperature)
        if self.sampler not in SAMPLERS:
            raise parameter_error("sampler", "sweep", f"one of {', '.join(SAMPLERS)}", self.sampler)
        for point in self.untaught_points():
            _ = replace(point.config, dropout=self.dropout)

    def lists(self) -> dict[str, tuple[Any, ...]]:
        """The choices by the name of what is chosen."""
        return {
            "alpha": self.alphas,
            "temperature": self.temperatures,
            "width": self.widths,
            "family": self.families,
            "bits": self.bits,
        }

    def untaught_points(self) -> list[Point]:
        """The students without a teacher: one a shape and number of bits."""
        return [Point(*each) for each in itertools.product(self.families, self.widths, self.bits)]

    def taught_points(self) -> list[Point]:
        """All combinations, in one seeded order: what a sweep that is cut short has seen is a fair sample."""
        found = [
            Point(each.family, each.width, each.bits, alpha, temperature)
            for each in self.untaught_points()
            for alpha in self.alphas
            for temperature in self.temperatures
        ]
        random.Random(self.shared.seed).shuffle(found)
        return found

    def about(self, dataset: dict[str, Any], teacher: Teacher) -> dict[str, Any]:
        """Whose study this is, as JSON: data (the record of a run), teacher and options."""
        shared = {name: value for name, value in asdict(self.shared).items() if name not in ("alpha", "temperature")}
        whole = {
            "format": FORMAT,
            "dataset": dataset["digest"],
            "split": dataset["split"],
            "toys": dataset["toys"],
            "teacher": teacher.digest,
            "teacher_name": teacher.facts["preset"],
            "sampler": self.sampler,
            "dropout": self.dropout,
            "untaught": asdict(self.untaught),
            **self.lists(),
            **shared,
        }
        return dict(json.loads(json.dumps(whole)))


@dataclass(frozen=True)
class Row:
    """A student that was made, or that could not be: then `error` says why and its figures are None.

    ndcg_10, recall_10: of the validation part, the table as it is stored; bytes: graph, table and scales as a bundle
    holds them; milliseconds: see `Shape`; seconds: of learning and judging
    """

    number: int
    family: str
    width: int
    bits: int
    alpha: float | None
    temperature: float | None
    ndcg_10: float | None = None
    recall_10: float | None = None
    bytes: int | None = None
    milliseconds: float | None = None
    seconds: float | None = None
    epochs: int | None = None
    best_epoch: int | None = None
    error: str | None = None

    @property
    def point(self) -> Point:
        """What was tried."""
        return Point(self.family, self.width, self.bits, self.alpha, self.temperature)  # type: ignore[arg-type]


def end_left_behind(study: optuna.Study) -> int:
    """End what a killed sweep was at; returns how many trials. Nobody else may be at work.

    One whose figures were noted already ends with them, the others fail, and are tried again.
    """
    left = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    for trial in left:
        _end(study, trial.number, trial.user_attrs.get(FIGURES, {}))
    waiting = study.get_trials(deepcopy=False, states=(TrialState.WAITING,))  # between being named and being begun
    for _ in waiting:
        study.tell(study.ask(), state=TrialState.FAIL)
    return len(left) + len(waiting)


def point_of(trial: FrozenTrial | Trial) -> Point | None:
    """What a trial tries; None if it was killed before that was known."""
    names = {field.name for field in fields(Point)}
    found = {name: value for name, value in trial.params.items() if name in names}
    return Point(**found) if found.keys() >= {"family", "width", "bits"} else None


def _is_settled(trial: FrozenTrial) -> bool:
    """Whether it is done for good: made, or could not be."""
    return trial.state is TrialState.COMPLETE or (trial.state is TrialState.FAIL and FIGURES in trial.user_attrs)


def upcoming(study: optuna.Study, plan: Plan, limit: int | None) -> list[Point]:
    """What is still to be made, first to last: students without a teacher, what a killed sweep was at, the rest.

    limit: of students with a teacher, in all
    """
    trials = study.get_trials(deepcopy=False)
    begun = [point_of(each) for each in trials if _is_settled(each) or each.state is TrialState.RUNNING]
    busy = set(begun)
    taught = [*_left_behind(trials), *plan.taught_points()]
    waiting = [point for point in dict.fromkeys(taught) if point not in busy]
    if limit is not None:
        waiting = waiting[: max(0, limit - sum(point is not None and point.taught for point in begun))]
    return [*(point for point in plan.untaught_points() if point not in busy), *waiting]


def next_trial(study: optuna.Study, plan: Plan, limit: int | None) -> Trial | None:
    """A trial to make now, or None. Call it under a lock that all who work at the study share."""
    waiting = upcoming(study, plan, limit)
    if not waiting:
        return None
    point = waiting[0]
    known = plan.sampler == "grid" or not point.taught or point in _left_behind(study.get_trials(deepcopy=False))
    return _begin(study, plan, point if known else None)


def _left_behind(trials: list[FrozenTrial]) -> list[Point]:
    """Students with a teacher that a killed sweep was at."""
    failed = (point_of(each) for each in trials if each.state is TrialState.FAIL and not _is_settled(each))
    return [point for point in failed if point is not None and point.taught]


def _begin(study: optuna.Study, plan: Plan, point: Point | None) -> Trial:
    """Begin the trial of `point`, or of what the sampler chooses.

    α and T are noted first, the bits last: a trial that was killed on the way is known by what it lacks.
    """
    wanted = None if point is None else {name: value for name, value in asdict(point).items() if value is not None}
    if wanted is not None:
        study.enqueue_trial(wanted)
    return study.ask(
        {
            name: CategoricalDistribution(values)
            for name, values in plan.lists().items()
            if wanted is None or name in wanted
        }
    )


def settle(study: optuna.Study, trial: Trial, figures: dict[str, Any]) -> None:
    """Keep what a trial gave: its figures, with NDCG@10 as what is to be high, or an `error` instead."""
    trial.set_user_attr(FIGURES, figures)
    _end(study, trial.number, figures)


def _end(study: optuna.Study, number: int, figures: dict[str, Any]) -> None:
    value = figures.get("ndcg_10")
    study.tell(number, value, TrialState.FAIL if value is None else None)


def made_before(study: optuna.Study, point: Point) -> dict[str, Any] | None:
    """The figures of a student that was made already: TPE may choose it again, and it would come out the same."""
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return next(({**each.user_attrs[FIGURES], "again": True} for each in complete if point_of(each) == point), None)


def rows_of(study: optuna.Study) -> list[Row]:
    """Every student that was tried, once, in the order of its trials."""
    found = []
    for trial in study.get_trials(deepcopy=False):
        point = point_of(trial)
        if point is not None and _is_settled(trial) and not trial.user_attrs[FIGURES].get("again"):
            found.append(Row(trial.number, **asdict(point), **trial.user_attrs[FIGURES]))
    return found


def sampler_of(plan: Plan, worker: int, begun: int) -> optuna.samplers.BaseSampler:
    """TPE with a seed of its own for every worker and every number of trials begun; a grid asks no sampler."""
    if plan.sampler == "grid":
        return optuna.samplers.RandomSampler(seed=0)
    seed = np.random.SeedSequence((plan.shared.seed, worker, begun)).generate_state(1)
    return optuna.samplers.TPESampler(seed=int(seed[0]))
