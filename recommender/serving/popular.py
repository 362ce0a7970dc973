"""What is popular here now: what shoppers of this shop did of late, over what the student says to a stranger."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from data.schema import EventKind
from recommender.serving.policy.filters import Filters
from recommender.serving.policy.mask import HouseLists, Situation, allowed_mask
from recommender.serving.policy.reasons import popular_reason, short_reason
from recommender.serving.policy.safety import company
from recommender.serving.ranking import best_of
from recommender.serving.results import Language, Pick, Reason, Recommendation, check_list

if TYPE_CHECKING:
    from recommender.serving.engine import Engine

KIND_HEAT: Final[dict[EventKind, float]] = {
    EventKind.VIEW: 0.1,
    EventKind.LIKE: 0.3,
    EventKind.CART: 0.5,
    EventKind.PURCHASE: 1.0,
    EventKind.RETURN: -1.0,
    EventKind.DISMISS: -0.3,
}
"""What an event adds to its toy's heat, before it fades."""
PRIOR: Final = 1.0
"""What the student's favourite has over its least-liked toy: as much as one purchase of today."""


@dataclass(frozen=True, slots=True)
class Heat:
    """float64 and bool [N + 1] over the toys of one engine.

    counts: summed `KIND_HEAT` of the shop's own events, faded by their age
    lately: the events of the last weeks alone are enough to call the toy popular
    """

    counts: NDArray[np.float64]
    lately: NDArray[np.bool_]

    @classmethod
    def of(cls, engine: Engine, counts: Mapping[str, float], lately: frozenset[str]) -> Heat:
        """From toy ids; those that the engine does not hold are left out."""
        heat = cls(np.zeros(len(engine.shelf)), np.zeros(len(engine.shelf), np.bool_))
        for toy_id, count in counts.items():
            if place := engine.index.get(toy_id):
                heat.counts[place] = count
                heat.lately[place] = toy_id in lately
        return heat


def popular(
    engine: Engine,
    heat: Heat,
    k: int = 10,
    youngest_age_months: int | None = None,
    filters: Filters | None = None,
    *,
    language: Language = "en",
    house: HouseLists | None = None,
) -> Recommendation:
    """The k toys that are most popular in this shop and may be shown.

    Score: heat + `PRIOR` · standing, the share of toys that the student likes less for a stranger. A shop without
    events shows the student's favourites. Raises ToyGuideError for a parameter out of bounds.
    """
    check_list("popular", k, language)
    if filters is not None:
        filters.check()
    present = company(
        None, youngest_age_months, engine.default_youngest_months, filters.age_months if filters else None
    )
    allowed = allowed_mask(engine.shelf, Situation(present, house or HouseLists(), filters))
    scores = heat.counts + PRIOR * engine.standing
    picks = tuple(
        Pick(engine.toys[place - 1], place, float(scores[place]), _reasons(engine, heat, place, language))
        for place in best_of(scores, allowed.mask, k).tolist()
    )
    return Recommendation(
        str(uuid.uuid4()),
        engine.model,
        picks,
        short_reason=short_reason(len(picks), k, allowed.removed, language),
        masked=allowed.removed,
    )


def _reasons(engine: Engine, heat: Heat, place: int, language: Language) -> tuple[Reason, ...]:
    if heat.lately[place]:
        return (popular_reason("popular_now", language),)
    return (popular_reason("popular", language),) if engine.popular[place] else ()
