"""Toys by words, under the same mask as everything else."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

import numpy as np

from data.errors import parameter_error
from recommender.serving.policy.filters import Filters
from recommender.serving.policy.mask import HouseLists, Situation, allowed_mask
from recommender.serving.policy.reasons import found_few
from recommender.serving.policy.safety import company
from recommender.serving.ranking import best_of
from recommender.serving.results import Language, Pick, Recommendation, SearchResult, check_list

if TYPE_CHECKING:  # an engine holds the index that is searched here
    from recommender.serving.engine import Engine

MAX_TEXT: Final = 200
"""Characters that a search may have."""
STANDING_WEIGHT: Final = 0.15
"""What the best-liked toy may gain on the least-liked one: words decide, and liking among those that match alike."""


def search(
    engine: Engine,
    text: str,
    k: int = 10,
    youngest_age_months: int | None = None,
    filters: Filters | None = None,
    *,
    typing: bool = False,
    language: Language = "en",
    house: HouseLists | None = None,
) -> SearchResult:
    """The best k toys for `text`, in English or Chinese, that may be shown; `text` is words, never syntax.

    typing: the last word is still being typed, and may be the beginning of one.
    Raises ToyGuideError for a parameter out of bounds, `text` of more than `MAX_TEXT` characters among them.
    """
    check_list("search", k, language)
    if len(text) > MAX_TEXT:
        raise parameter_error("text", "search", f"at most {MAX_TEXT} characters", len(text))
    if filters is not None:
        filters.check()
    sought_age = filters.age_months if filters else None
    present = company(None, youngest_age_months, engine.default_youngest_months, sought_age)
    situation = Situation(present, house or HouseLists(), filters)
    matches = engine.words.find(text, allowed_mask(engine.shelf, situation).mask, typing)

    among = np.zeros(len(engine.shelf), np.bool_)
    among[matches.places] = True
    allowed = allowed_mask(engine.shelf, situation, among)
    scores = STANDING_WEIGHT * engine.standing
    scores[matches.places] += matches.relevance
    best = best_of(scores, allowed.mask, k).tolist()
    picks = tuple(Pick(engine.toys[place - 1], place, float(scores[place])) for place in best)
    found = Recommendation(
        str(uuid.uuid4()),
        engine.model,
        picks,
        short_reason=found_few(len(picks), k, allowed.removed, language),
        masked=allowed.removed,
    )
    return SearchResult(found, matches.corrected, matches.every_word, len(matches.places))
