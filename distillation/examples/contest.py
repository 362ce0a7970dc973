"""The comparison of both examples: a teacher, and the same student with and without it, judged as they would ship."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import mean, stdev
from typing import Any, Final

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from rich.table import Table
from sklearn.metrics import f1_score

from data.errors import BundleError
from distillation.examples.lesson import Classifier, Lesson, Mix, Samples, learn_alone, learn_from, logits_of
from distillation.export import PARITY, trace
from distillation.losses import hard_loss
from recommender.learning.fit import FitOptions
from recommender.serving.student import open_graph

TEACHER, ALONE, DISTILLED = ROWS = ("teacher", "student, labels alone", "student, distilled")
REQUESTS: Final = 200
WARM_UP: Final = 20

Feed = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Task:
    """All that a contest needs. The two students begin with the same weights and see the same batches.

    teacher_lesson: the same samples as `lesson`, which the students learn from, though its batches may be changed
    teacher, student: make a model, its weights drawn from torch's own generator
    request: (place in the test part, names of inputs) → these inputs, made from what a caller would have: this takes
        time, and the time counts
    """

    lesson: Lesson
    teacher_lesson: Lesson
    teacher: Callable[[], Classifier]
    student: Callable[[], Classifier]
    teacher_options: FitOptions
    student_options: FitOptions
    mix: Mix
    request: Callable[[int, Collection[str]], Feed]


@dataclass(frozen=True)
class Shipped:
    """A model as an ONNX file, judged on the test part under ONNX Runtime.

    log_loss: the mean of −log of the share that the right class was given; lower is better, and surer than right costs
    milliseconds: the median of one request on one thread; apart: the largest difference of a logit from torch
    """

    accuracy: float
    macro_f1: float
    log_loss: float
    bytes: int
    parameters: int
    milliseconds: float
    apart: float


def run_round(task: Task, seed: int, told: Callable[[str], None] = lambda name: None) -> dict[str, Shipped]:
    """Train teacher and both students with one seed, export and judge each; `told` is called before each."""
    found = {}
    models: dict[str, Classifier] = {}
    for name in ROWS:
        told(name)
        torch.manual_seed(seed)
        model = task.teacher() if name == TEACHER else task.student()
        options = replace(task.teacher_options if name == TEACHER else task.student_options, seed=seed)
        if name == DISTILLED:
            learn_from(models[TEACHER], model, task.lesson, task.mix, options)
        else:
            learn_alone(model, task.teacher_lesson if name == TEACHER else task.lesson, options)
        models[name] = model
        found[name] = ship(model, export_classifier(model, task.lesson.test), task)
    return found


def export_classifier(model: Classifier, samples: Samples) -> onnx.ModelProto:
    """`model` as ONNX: its inputs, their open axes as `takes` names them, → logits float32 [B, C]."""
    sizes = {axis: torch.export.Dim(axis) for axes in model.takes.values() for axis in axes}
    example = samples.take(slice(0, 2)).seen_by(model.takes)
    shapes = {name: {place: sizes[axis] for place, axis in enumerate(axes)} for name, axes in model.takes.items()}
    return trace(model.cpu(), example, shapes, ["logits"])


def ship(model: Classifier, graph: onnx.ModelProto, task: Task) -> Shipped:
    """Judge `graph` on the test part, and check it against `model`.

    Raises BundleError if ONNX Runtime and torch differ by more than `PARITY` in a logit, whatever the batch.
    """
    test, packed = task.lesson.test, graph.SerializeToString()
    session = open_graph(packed, "The exported model")

    def answer(feed: Feed) -> NDArray[np.float32]:
        (logits,) = session.run(["logits"], {name: feed[name] for name in model.takes})
        return np.asarray(logits, np.float32)

    expected = logits_of(model, test).numpy()
    apart, logits = 0.0, expected
    for batch in (1, 2, 7, len(test)):
        feeds = (test.take(slice(start, start + batch)) for start in range(0, min(len(test), 64 * batch), batch))
        logits = np.concatenate([answer({n: a.numpy() for n, a in feed.inputs.items()}) for feed in feeds])
        apart = max(apart, float(np.abs(logits - expected[: len(logits)]).max()))
    if not apart <= PARITY:
        raise BundleError(f"ONNX and torch differ by {apart:.2e} in a logit; at most {PARITY:.0e} is allowed.")
    labels, placed = test.labels.numpy(), logits.argmax(axis=1)
    return Shipped(
        accuracy=float((placed == labels).mean()),
        macro_f1=float(f1_score(labels, placed, average="macro", zero_division=0)),
        log_loss=float(hard_loss(torch.from_numpy(logits), test.labels).mean()),
        bytes=len(packed),
        parameters=sum(weights.numel() for weights in model.parameters()),
        milliseconds=_median_milliseconds(lambda place: answer(task.request(place, model.takes)), len(test)),
        apart=apart,
    )


def _median_milliseconds(ask: Callable[[int], object], count: int) -> float:
    """The median time of one request, one at a time, after a warm-up."""
    times = []
    for place in range(WARM_UP + REQUESTS):
        start = time.perf_counter()
        ask(place % count)
        times.append(time.perf_counter() - start)
    return float(np.median(times[WARM_UP:]) * 1000)


def figures(rounds: Sequence[Mapping[str, Shipped]]) -> dict[str, Any]:
    """Every figure, seed by seed, and what distilling gained over labels alone, paired by seed."""
    gains: dict[str, list[float]] = {
        metric: [getattr(one[DISTILLED], metric) - getattr(one[ALONE], metric) for one in rounds]
        for metric in ("accuracy", "macro_f1", "log_loss")
    }
    return {
        "models": {name: [asdict(one[name]) for one in rounds] for name in ROWS},
        "gain": {metric: {"mean": mean(v), "deviation": _deviation(v), "seeds": v} for metric, v in gains.items()},
    }


def table(rounds: Sequence[Mapping[str, Shipped]], title: str, mix: Mix) -> Table:
    """One line a model: mean ± standard deviation over the seeds."""
    shown = Table("model", title=title)
    for name in ("accuracy", "macro-F1", "log loss", "parameters", "bytes", "ms a request"):
        shown.add_column(name, justify="right", no_wrap=True)
    for name in ROWS:
        several = [one[name] for one in rounds]
        shown.add_row(
            name,
            _spread([one.accuracy for one in several]),
            _spread([one.macro_f1 for one in several]),
            _spread([one.log_loss for one in several]),
            f"{several[0].parameters:,}",
            f"{round(mean(one.bytes for one in several)):,}",
            f"{np.median([one.milliseconds for one in several]):.3f}",
        )
    gain = figures(rounds)["gain"]["accuracy"]
    better = sum(value > 0 for value in gain["seeds"])
    shown.caption = (
        f"Distilled with T {mix.temperature:g}, α {mix.alpha:g}: accuracy {gain['mean']:+.4f} ± "
        f"{gain['deviation']:.4f} beside labels alone, better with {better} of {len(rounds)} seeds."
    )
    return shown


def _spread(values: Sequence[float]) -> str:
    return f"{mean(values):.4f}" + (f" ± {_deviation(values):.4f}" if len(values) > 1 else "")


def _deviation(values: Sequence[float]) -> float:
    return stdev(values) if len(values) > 1 else 0.0
