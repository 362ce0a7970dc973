"""The student without a teacher: what distilling is measured against, so it may learn as it learns best."""

from __future__ import annotations

from dataclasses import dataclass, replace

from distillation.distill import DistilOptions
from distillation.student import StudentConfig


@dataclass(frozen=True)
class Untaught:
    """How a student learns from hard labels alone, with a table of its own; all else is as for those with a teacher.

    It has more to find out by itself, so it needs more epochs, and more dropout than soft targets do.
    """

    epochs: int = 40
    learning_rate: float = 0.003
    dropout: float = 0.5

    def __post_init__(self) -> None:
        """Raise ToyGuideError for values that cannot be."""
        _ = self.options(DistilOptions()), self.config(StudentConfig())

    def options(self, taught: DistilOptions) -> DistilOptions:
        """How it learns beside a student that learns by `taught`: the same, but for what only a teacher is asked."""
        return DistilOptions(
            alpha=1.0,
            start=False,
            epochs=self.epochs,
            learning_rate=self.learning_rate,
            average=taught.average,
            patience=taught.patience,
            targets_per_batch=taught.targets_per_batch,
            seed=taught.seed,
            finish=taught.finish,
        )

    def config(self, taught: StudentConfig) -> StudentConfig:
        """Its shape: that of `taught`."""
        return replace(taught, dropout=self.dropout)
