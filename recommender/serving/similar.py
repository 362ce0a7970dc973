"""Toys that lie near another in the student's space."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from recommender.serving.policy.mask import HouseLists, Situation, allowed_mask
from recommender.serving.policy.reasons import short_reason, similar_reason
from recommender.serving.policy.safety import company
from recommender.serving.ranking import best_of, product
from recommender.serving.results import Language, Pick, Recommendation, check_list

if TYPE_CHECKING:
    from recommender.serving.engine import Engine


def similar(
    engine: Engine,
    toy_id: str,
    k: int = 10,
    youngest_age_months: int | None = None,
    language: Language = "en",
    house: HouseLists | None = None,
) -> Recommendation:
    """The k toys that lie nearest to `toy_id` (cosine) and may be shown.

    They give no reason where `toy_id` itself is nothing for those present: the reason would name it.
    Raises KeyError if the toy is unknown, ToyGuideError for a parameter out of bounds.
    """
    check_list("similar", k, language)
    anchor = engine.index[toy_id]
    present = company(None, youngest_age_months, engine.default_youngest_months)
    allowed = allowed_mask(engine.shelf, Situation(present, house or HouseLists(), seen=(anchor,)))
    cosine = product(engine.student.table, engine.student.table[anchor])
    cosine *= engine.inverse_lengths * engine.inverse_lengths[anchor]
    places = best_of(cosine, allowed.mask, k)
    reasons = (similar_reason(engine.toys[anchor - 1], language),) if allowed.nameable[anchor] else ()
    picks = tuple(
        Pick(engine.toys[place - 1], place, score, reasons)
        for place, score in zip(places.tolist(), cosine[places].tolist(), strict=True)
    )
    return Recommendation(
        str(uuid.uuid4()),
        engine.model,
        picks,
        short_reason=short_reason(len(picks), k, allowed.removed, language),
        masked=allowed.removed,
    )
