"""What a parser answers: a value, nothing because there was nothing, or nothing and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)  # with slots, Parsed[int]() cannot be called in Python 3.11
class Parsed(Generic[T]):
    """Exactly one of: `value` is there; the text was empty (neither value nor `why`); `why` says why it was not
    understood.

    `note` says, of an understood value, what was chosen where the text said more or less than the value does.
    """

    value: T | None = None
    why: str = ""
    note: str = ""

    @property
    def empty(self) -> bool:
        """Whether there was nothing to understand."""
        return self.value is None and not self.why
