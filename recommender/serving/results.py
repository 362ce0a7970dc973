"""What an engine answers, as values: the same in process and, as JSON, over HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from data.errors import parameter_error
from data.schema import Toy
from recommender.base import check_k

Language = Literal["en", "zh"]
LANGUAGES: Final = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a toy is shown. code: because_of, bought_with, fits_age, within_budget, matches_interest, popular …"""

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
    """One toy of an answer.

    index: its row in the bundle; score: comparable within one answer alone, a pin's too
    propensity: the chance that it stood in this place given those above it, 1 where nothing was drawn
    pinned: the shop put it there
    """

    toy: Toy
    index: int
    score: float
    reasons: tuple[Reason, ...] = ()
    propensity: float = 1.0
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Toys best first, and what is needed to understand the list.

    model: digest of the model that ranked
    missing_ids: toys of the history, or owned, that the catalogue does not hold
    short_reason: why there are fewer than k toys; None where there are k
    masked: how many toys each rule removed, in order of authority
    next_page: the token of what comes after these; None where nothing does
    """

    recommendation_id: str
    model: str
    items: tuple[Pick, ...]
    missing_ids: tuple[str, ...] = ()
    short_reason: Notice | None = None
    masked: dict[str, int] = field(default_factory=dict)
    next_page: str | None = None


@dataclass(frozen=True, slots=True)
class ShareOfBudget:
    """What one of several children gets.

    short_reason: why it gets none; alternatives: fit in place of `item`; masked: as in `Recommendation`
    """

    item: Pick | None
    alternatives: tuple[Pick, ...]
    short_reason: Notice | None
    missing_ids: tuple[str, ...]
    masked: dict[str, int]


@dataclass(frozen=True, slots=True)
class Giving:
    """A share for each child, in the order asked; total and left in the shop's currency."""

    recommendation_id: str
    model: str
    shares: tuple[ShareOfBudget, ...]
    total: float
    left: float

    def shown(self) -> Recommendation:
        """All toys of it as one list: first what is given, then what could be instead, no toy twice."""
        given = [share.item for share in self.shares if share.item is not None]
        others = [pick for share in self.shares for pick in share.alternatives]
        picks = {pick.index: pick for pick in [*reversed(others), *reversed(given)]}
        return Recommendation(self.recommendation_id, self.model, tuple(reversed(picks.values())))


@dataclass(frozen=True, slots=True)
class Considered:
    """What would be chosen among; the fields as in `Recommendation`. count: how many toys may be shown."""

    model: str
    count: int
    missing_ids: tuple[str, ...]
    short_reason: Notice | None
    masked: dict[str, int]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What was found for words, the best first; `masked` of the list counts among the toys that were found.

    corrected: the words that were sought in place of those typed, None where those were known
    every_word: every toy has every word; False where some have but one of them, and where nothing was found
    matched: how many toys have the words, shown or not
    """

    found: Recommendation
    corrected: str | None
    every_word: bool
    matched: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """May this toy be shown? `rule` names the first rule that says no."""

    allowed: bool
    rule: str | None
    text: str


def check_list(where: str, k: object, language: object) -> None:
    """Raise ToyGuideError unless a list of k toys in `language` can be asked of `where`."""
    check_k(k, where)
    if language not in LANGUAGES:
        raise parameter_error("language", where, f"one of {', '.join(LANGUAGES)}", language)
