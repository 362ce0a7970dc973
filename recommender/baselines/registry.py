"""The baselines by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from data.errors import parameter_error
from data.ids import ToyIndex
from data.sequences import Sequences
from recommender.base import Recommender
from recommender.baselines.ease import EASE
from recommender.baselines.item_knn import ItemKNN
from recommender.baselines.popularity import Popularity
from recommender.baselines.popularity_by_age import PopularityByAge
from recommender.baselines.rules import Rules

BASELINES: Final[dict[str, Callable[[ToyIndex, Sequences], Recommender]]] = {
    "popularity": Popularity,
    "popularity-by-age": PopularityByAge,
    "item-knn": ItemKNN,
    "rules": Rules,
    "ease": EASE,
}

QUICK: Final = tuple(name for name in BASELINES if name != "ease")
"""Those that fit in seconds whatever the catalogue; EASE inverts a dense matrix."""


def fit_baseline(name: str, index: ToyIndex, train: Sequences) -> Recommender:
    """The baseline called `name`, fitted to `train`.

    Raises ToyGuideError if there is none of that name.
    """
    if name not in BASELINES:
        raise parameter_error("name", "fit_baseline", f"one of {', '.join(BASELINES)}", name)
    return BASELINES[name](index, train)
