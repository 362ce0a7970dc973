"""What one learns from in the examples: samples with labels, a model of classes, and the ways to train it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Final, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split
from torch import Tensor, nn

from distillation.core import distil_into
from distillation.losses import check_mix, check_teacher, distillation_loss, hard_loss
from recommender.learning.checkpoint import Epoch
from recommender.learning.fit import FitOptions, fit

TEST_SHARE: Final = 0.2
VALIDATION_SHARE: Final = 0.15
"""Of what is not tested."""
TEST_SEED: Final = 0
"""The test part is the same for every seed; the rest is parted anew by each."""
_AT_ONCE: Final = 512
_SAID: Final = "said by the teacher"

Change = Callable[["Samples", torch.Generator], "Samples"]


class Classifier(nn.Module):
    """Anything that gives logits float [B, C].

    takes: the names of its inputs, in the order of `forward`, each with the names of its axes that are of no fixed size
    """

    takes: ClassVar[dict[str, tuple[str, ...]]]


@dataclass(frozen=True)
class Samples:
    """n samples. inputs: what teacher and student look at, by name, tensors [n, …]; labels: int64 [n], the classes."""

    inputs: dict[str, Tensor]
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: Tensor | slice) -> Samples:
        """Those rows alone."""
        return Samples({name: array[rows] for name, array in self.inputs.items()}, self.labels[rows])

    def to(self, device: torch.device) -> Self:
        """The same on `device`."""
        inputs = {name: array.to(device) for name, array in self.inputs.items()}
        return replace(self, inputs=inputs, labels=self.labels.to(device))

    def seen_by(self, takes: Iterable[str]) -> tuple[Tensor, ...]:
        """The inputs of those names."""
        return tuple(self.inputs[name] for name in takes)


@dataclass(frozen=True)
class Lesson:
    """What to learn from, what to choose the best epoch on, what to judge on.

    test_rows: int64, where the test part lies in the whole
    change: what is done to a batch in training, drawn from the generator
    trim: makes a batch smaller without changing what it says
    """

    train: Samples
    validation: Samples
    test: Samples
    test_rows: NDArray[np.int64]
    batch_size: int
    change: Change | None = None
    trim: Callable[[Samples], Samples] = lambda batch: batch

    def batches(self, seed: int, epoch: int) -> Iterator[Samples]:
        """The training part once, in that epoch's own order."""
        generator = torch.Generator().manual_seed(1_000_003 * seed + epoch)
        order = torch.randperm(len(self.train), generator=generator)
        for start in range(0, len(order), self.batch_size):
            batch = self.train.take(order[start : start + self.batch_size])
            yield self.trim(batch if self.change is None else self.change(batch, generator))

    @property
    def steps(self) -> int:
        """Batches of an epoch."""
        return -(-len(self.train) // self.batch_size)


def part_rows(labels: NDArray[np.int64], seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Rows to learn from, to choose the epoch on and to test on, every class with its share in each."""
    rest, test = train_test_split(np.arange(len(labels)), test_size=TEST_SHARE, stratify=labels, random_state=TEST_SEED)
    train, validation = train_test_split(rest, test_size=VALIDATION_SHARE, stratify=labels[rest], random_state=seed)
    return train, validation, test


def make_lesson(whole: Samples, seed: int, batch_size: int = 64) -> Lesson:
    """`whole` in its three parts."""
    parts = part_rows(whole.labels.numpy(), seed)
    train, validation, test = (whole.take(torch.from_numpy(rows)) for rows in parts)
    return Lesson(train, validation, test, parts[2], batch_size)


@dataclass(frozen=True)
class Mix:
    """How to distil: `alpha` weighs the hard loss, `temperature` softens both sides of the soft one."""

    alpha: float
    temperature: float

    def __post_init__(self) -> None:
        """Raise ToyGuideError for values that cannot be."""
        check_mix(self.alpha, self.temperature)


def learn_alone(model: Classifier, lesson: Lesson, options: FitOptions) -> list[Epoch]:
    """Train `model` in place on the labels: a teacher, or a student to compare with."""
    takes = model.takes
    return fit(
        model,
        lambda epoch: lesson.batches(options.seed, epoch),
        lesson.steps,
        lambda learner, batch: hard_loss(learner(*batch.seen_by(takes)).float(), batch.labels).mean(),
        lambda learner: figure(learner, lesson.validation),
        options,
    )


def learn_from(teacher: Classifier, student: Classifier, lesson: Lesson, mix: Mix, options: FitOptions) -> list[Epoch]:
    """Train `student` in place on the labels and on what `teacher` says of the same batches.

    Raises ToyGuideError if the teacher says NaN.
    """
    said = logits_of(teacher, lesson.train)
    check_teacher(said)
    if lesson.change is None:  # it would say the same in every epoch
        known = replace(lesson.train, inputs=lesson.train.inputs | {_SAID: said})
        lesson = replace(lesson, train=known)
    takes = student.takes

    @torch.no_grad()
    def answer(batch: Samples) -> Tensor:
        if _SAID in batch.inputs:
            return batch.inputs[_SAID]
        logits: Tensor = teacher(*batch.seen_by(teacher.takes))
        return logits.float()

    def loss(learner: Classifier, batch: Samples, said: Tensor) -> Tensor:
        logits = learner(*batch.seen_by(takes)).float()
        return distillation_loss(logits, said, batch.labels, mix.alpha, mix.temperature).mean()

    return distil_into(
        student,
        answer,
        lambda epoch: lesson.batches(options.seed, epoch),
        lesson.steps,
        loss,
        lambda learner: figure(learner, lesson.validation),
        options,
    )


def logits_of(model: Classifier, samples: Samples) -> Tensor:
    """float32 [n, C] on the CPU, wherever the model is."""
    model.eval()
    device = next(model.parameters()).device
    parts = []
    with torch.inference_mode():
        for start in range(0, len(samples), _AT_ONCE):
            part = samples.take(slice(start, start + _AT_ONCE)).to(device)
            parts.append(model(*part.seen_by(model.takes)).float().cpu())
    return torch.cat(parts)


def figure(model: Classifier, samples: Samples) -> float:
    """What an epoch is chosen by: accuracy, and where that is equal the mean log-likelihood, as a thousandth.

    A validation part of few samples has many ties, and the first of them is hardly ever the best.
    """
    logits = logits_of(model, samples)
    right = (logits.argmax(dim=1) == samples.labels).float().mean()
    return float(right) + 1e-3 * float(torch.exp(-hard_loss(logits, samples.labels).mean()))
