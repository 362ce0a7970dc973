"""`together.npy`: which toys are bought together, and the answer to who asks. A bundle may be without it."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from data.errors import BundleError
from recommender.serving.bundle import Manifest
from recommender.serving.policy.mask import HouseLists, Situation, allowed_mask
from recommender.serving.policy.reasons import bought_with_reason, few_together
from recommender.serving.policy.safety import company
from recommender.serving.results import Language, Pick, Recommendation, check_list
from recommender.serving.table import read_array

if TYPE_CHECKING:  # an engine holds the array
    from recommender.serving.engine import Engine

TOGETHER: Final = "together.npy"
COLUMNS: Final = 8


def read_together(folder: Path, manifest: Manifest, n_toys: int) -> NDArray[np.int32]:
    """int32 [N + 1, `COLUMNS`]: the toys bought with each, best first, 0 where there are no more; all 0 without a file.

    Raises BundleError if it does not fit the catalogue.
    """
    if TOGETHER not in manifest.files:
        return np.zeros((n_toys + 1, COLUMNS), np.int32)
    file = folder / TOGETHER
    array = read_array(file, (np.dtype(np.int32),), (-1, COLUMNS))
    if len(array) != n_toys + 1:
        raise BundleError(f"{file} must have a row for padding and one for each of {n_toys} toys. It has {len(array)}.")
    if array[0].any() or array.min() < 0 or array.max() > n_toys or (array == np.arange(len(array))[:, None])[1:].any():
        raise BundleError(f"{file} must hold toys from 1 to {n_toys}, 0 for none, and no toy beside itself.")
    return array


def together(
    engine: Engine,
    toy_id: str,
    k: int = 4,
    youngest_age_months: int | None = None,
    language: Language = "en",
    house: HouseLists | None = None,
) -> Recommendation:
    """Up to k toys that were bought together with `toy_id` and may be shown; there are never more than `COLUMNS`.

    They give no reason where `toy_id` itself is nothing for those present: the reason would name it. `masked` counts
    among the toys that were bought with it.
    Raises KeyError if the toy is unknown, ToyGuideError for a parameter out of bounds.
    """
    check_list("together", k, language)
    anchor = engine.index[toy_id]
    known = (
        engine.together[anchor] if anchor < len(engine.together) else engine.together[0]
    )  # a shop's own toy has no row
    among = np.zeros(len(engine.shelf), np.bool_)
    among[known[known > 0]] = True
    present = company(None, youngest_age_months, engine.default_youngest_months)
    allowed = allowed_mask(engine.shelf, Situation(present, house or HouseLists()), among)
    reasons = (bought_with_reason(engine.toys[anchor - 1], language),) if allowed.nameable[anchor] else ()
    picks = tuple(
        Pick(engine.toys[place - 1], place, 1.0 - column / COLUMNS, reasons)
        for column, place in enumerate(known.tolist())
        if allowed.mask[place]
    )[:k]
    return Recommendation(
        str(uuid.uuid4()),
        engine.model,
        picks,
        short_reason=few_together(len(picks), k, allowed.removed, language),
        masked=allowed.removed,
    )
