"""Distillation as such. It knows no toys: any teacher, student, batches and loss will do.

A teacher is whatever answers a batch; what it answers, the loss alone must understand. Toys are distilled with it
(`distillation.distill`), and so are images and texts (`distillation.examples`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from torch import Tensor, nn

from recommender.learning.checkpoint import Checkpoint, Epoch
from recommender.learning.fit import FitOptions, OnDevice, Reporter, fit

Student = TypeVar("Student", bound=nn.Module)
Item = TypeVar("Item", bound=OnDevice)
Answer = TypeVar("Answer")


def distil_into(
    student: Student,
    teacher: Callable[[Item], Answer],
    batches: Callable[[int], Iterator[Item]],
    steps_per_epoch: int,
    loss: Callable[[Student, Item, Answer], Tensor],
    validate: Callable[[Student], float],
    options: FitOptions,
    report: Reporter | None = None,
    checkpoint: Checkpoint | None = None,
) -> list[Epoch]:
    """Train `student` in place on what `teacher` answers to every batch; it ends with its best epoch's weights.

    batches: epoch number → that epoch's batches
    loss: mean loss of a batch, given the student and the teacher's answer
    validate: figure of a student, higher is better
    """
    return fit(
        student,
        batches,
        steps_per_epoch,
        lambda model, batch: loss(model, batch, teacher(batch)),
        validate,
        options,
        report,
        checkpoint=checkpoint,
    )
