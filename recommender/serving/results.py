"""What an engine answers, as values: the same in process and, as JSON, over HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from data.schema import Toy

Language = Literal["en", "zh"]
LANGUAGES: Final = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a toy is shown. code: because_of, fits_age, within_budget, matches_interest or popular."""

    code: str
    text: str
    toy_id: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A stable code for programs and a sentence for people."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Pick:
    """One toy of an answer; `index` is its row in the bundle, `score` comparable within one answer alone."""

    toy: Toy
    index: int
    score: float
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Toys best first, and what is needed to understand the list.

    model: digest of the model that ranked
    missing_ids: toys of the history, or owned, that the catalogue does not hold
    short_reason: why there are fewer than k toys; None where there are k
    masked: how many toys each rule removed, in order of authority
    """

    recommendation_id: str
    model: str
    items: tuple[Pick, ...]
    missing_ids: tuple[str, ...] = ()
    short_reason: Notice | None = None
    masked: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """May this toy be shown? `rule` names the first rule that says no."""

    allowed: bool
    rule: str | None
    text: str
