"""Images: a convolutional teacher and a tiny student read handwritten digits, 8 × 8 pixels each.

`python -m distillation.examples.digits` trains both, distils, and compares them under ONNX Runtime. The images are real
and ship with scikit-learn (1,797 of them, from the UCI repository's "Optical Recognition of Handwritten Digits").
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import ClassVar, Final

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional as F

from distillation.examples.command import Alpha, AsJson, Seeds, Temperature, print_json, print_table, run, run_rounds
from distillation.examples.contest import Feed, Task, figures, table
from distillation.examples.lesson import Classifier, Lesson, Mix, Samples, make_lesson
from recommender.learning.fit import FitOptions

SIDE: Final = 8
CLASSES: Final = 10
INK: Final = 16
"""The source counts ink from 0 to 16 a pixel."""
MIX: Final = Mix(alpha=0.3, temperature=2.0)
"""The best of a small grid on the validation parts of seeds 10 to 13, whose figures nobody reports."""
TEACHER_OPTIONS: Final = FitOptions(epochs=12, learning_rate=0.003, average=0.9, patience=12)
STUDENT_OPTIONS: Final = FitOptions(epochs=40, learning_rate=0.05, average=0.98, patience=40)


class Convolutions(Classifier):
    """The teacher: three layers of 3 × 3 filters and one linear layer."""

    takes: ClassVar = {"pixels": ("B",)}

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 64, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(64, 64, 3, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Dropout(0.3),
            nn.Linear(64 * (SIDE // 2) ** 2, CLASSES),
        )

    def forward(self, pixels: Tensor) -> Tensor:
        """Logits float [B, 10] for pixels float [B, 1, 8, 8], 0 = paper, 1 = ink."""
        logits: Tensor = self.layers(pixels)
        return logits


class Glance(Classifier):
    """The student: 3 × 3 filters at every second pixel, two more for each of them, one linear layer; 890 parameters."""

    takes: ClassVar = {"pixels": ("B",)}

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 8, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(8, 16, 3, padding=1, groups=8),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(16 * (SIDE // 4) ** 2, CLASSES),
        )

    def forward(self, pixels: Tensor) -> Tensor:
        """Logits float [B, 10] for pixels float [B, 1, 8, 8]."""
        logits: Tensor = self.layers(pixels)
        return logits


def digits_lesson(seed: int) -> Lesson:
    """The digits in three parts, each class with its share in each."""
    images, labels = load_digits(return_X_y=True)
    pixels = torch.from_numpy(images.astype(np.float32) / INK).view(-1, 1, SIDE, SIDE)
    whole = Samples({"pixels": pixels}, torch.from_numpy(labels.astype(np.int64)))
    return make_lesson(whole, seed)


def shifted(batch: Samples, generator: torch.Generator) -> Samples:
    """Each image moved by up to one pixel, in both directions: a digit stays what it is."""
    padded = F.pad(batch.inputs["pixels"][:, 0], (1, 1, 1, 1))
    down, right = torch.randint(0, 3, (2, len(padded)), generator=generator)
    steps = torch.arange(SIDE)
    rows, columns = down[:, None, None] + steps[:, None], right[:, None, None] + steps
    moved = padded[torch.arange(len(padded))[:, None, None], rows, columns]
    return Samples({"pixels": moved[:, None]}, batch.labels)


def digits_task(
    seed: int,
    mix: Mix = MIX,
    teacher_options: FitOptions = TEACHER_OPTIONS,
    student_options: FitOptions = STUDENT_OPTIONS,
) -> Task:
    """The contest of one seed. Only the teacher learns from shifted images: the student is too small to gain by them.

    A request is one image as a caller would have it: whole numbers from 0 to 16.
    """
    lesson = digits_lesson(seed)
    images = [np.rint(image * INK).astype(np.uint8) for image in lesson.test.inputs["pixels"].numpy()[:, 0]]

    def request(place: int, takes: Collection[str]) -> Feed:
        return dict.fromkeys(takes, (images[place].astype(np.float32) / INK)[None, None])

    return Task(
        lesson, replace(lesson, change=shifted), Convolutions, Glance, teacher_options, student_options, mix, request
    )


def digits(
    seeds: Seeds = 3, alpha: Alpha = MIX.alpha, temperature: Temperature = MIX.temperature, as_json: AsJson = False
) -> None:
    """Distil a convolutional reader of handwritten digits into a tiny one, and compare them."""
    mix = Mix(alpha, temperature)
    rounds = run_rounds(lambda seed: digits_task(seed, mix), seeds)
    lesson = digits_lesson(0)
    if as_json:
        sizes = {"train": len(lesson.train), "validation": len(lesson.validation), "test": len(lesson.test)}
        print_json(
            {"example": "digits", "images": sizes, "alpha": alpha, "temperature": temperature, **figures(rounds)}
        )
    else:
        print_table(table(rounds, f"Handwritten digits: {len(lesson.test):,} test images, {seeds} seeds", mix))


if __name__ == "__main__":
    run(digits)
