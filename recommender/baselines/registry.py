"""The baselines by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from data.dataset import Dataset
from data.errors import parameter_error
from data.sequences import Sequences
from recommender.base import Recommender
from recommender.baselines.ease import EASE
from recommender.baselines.item_knn import ItemKNN
from recommender.baselines.popularity import Popularity
from recommender.baselines.popularity_by_age import PopularityByAge
from recommender.baselines.popularity_in_category import PopularityInCategory
from recommender.baselines.recent_popularity import RecentPopularity
from recommender.baselines.rules import Rules
from recommender.baselines.text_knn import TextKNN

BASELINES: Final[dict[str, Callable[[Dataset, Sequences], Recommender]]] = {
    "popularity": lambda dataset, train: Popularity(dataset.index, train),
    "popularity-by-age": lambda dataset, train: PopularityByAge(dataset.index, train),
    "popularity-in-category": lambda dataset, train: PopularityInCategory(dataset.index, train, dataset.toy_rows()),
    "recent-popularity": lambda dataset, train: RecentPopularity(dataset.index, train),
    "text-knn": lambda dataset, _train: TextKNN(dataset.index, dataset.toy_rows()),
    "item-knn": lambda dataset, train: ItemKNN(dataset.index, train),
    "rules": lambda dataset, train: Rules(dataset.index, train),
    "ease": lambda dataset, train: EASE(dataset.index, train),
}

QUICK: Final = ("popularity", "popularity-by-age", "item-knn", "rules")
"""Those that are judged where none is asked for: they fit in seconds whatever the catalogue."""


def fit_baseline(name: str, dataset: Dataset, train: Sequences) -> Recommender:
    """The baseline called `name`, fitted to `train`, a part of `dataset`.

    Raises ToyGuideError if there is none of that name.
    """
    if name not in BASELINES:
        raise parameter_error("name", "fit_baseline", f"one of {', '.join(BASELINES)}", name)
    return BASELINES[name](dataset, train)
