"""Many shoppers at once, under the rules that hold for one: headquarters' lists for the night.

The rules are the engine's own; only the student is asked for many in one run. What one shopper is given does not depend
on who else is in the batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.errors import BundleError
from data.schema import EventKind, Recipient, Toy
from recommender.base import MAX_HISTORY, Contact
from recommender.serving.asking import Ask
from recommender.serving.engine import Engine
from recommender.serving.policy.mask import HouseLists
from recommender.serving.policy.shelf import build_shelf
from recommender.serving.student import pad_histories

LEAST_KNOWN: Final = 0.5
"""A bundle that knows a smaller share of a dataset's toys is of another catalogue."""
_KINDS: Final = {str(kind): kind for kind in EventKind}


class Known(NamedTuple):
    """What is known of one shopper, as it goes from process to process: see `data.shoppers.ShopperPast`."""

    contacts: Sequence[tuple[str, str]]
    recipient: Recipient | None
    youngest: int | None

    def ask(self) -> Ask:
        """What they ask at night: toys for whom they last looked, safe for the youngest child they have."""
        history = [Contact(toy, _KINDS[kind]) for toy, kind in self.contacts[-MAX_HISTORY:]]
        return Ask(history, self.recipient, self.youngest)


def rank_asks(
    engine: Engine, asks: Sequence[Ask], k: int, house: HouseLists | None = None
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The best k toys that may be shown to each of B who ask: (toys int32 [B, ≤ k], −1 at the end; scores float32).

    Memory goes with B · (toys + 1), some 35 bytes each. Raises ToyGuideError for a parameter out of bounds.
    """
    for ask in asks:
        engine.check(k, "en", ask.recipient)
    surveys = [engine.survey(ask, house) for ask in asks]
    student = engine.student
    toys, scores, _ = student.rank(
        pad_histories([past.fed for past, _, _ in surveys], student.max_history),
        student.profiles([ask.recipient for ask in asks]),
        np.stack([allowed.mask for _, allowed, _ in surveys]),
        k,
    )
    return toys, scores


def held_back(engine: Engine, toys: Iterable[Toy]) -> HouseLists:
    """What a fresher catalogue holds back and the bundle's own does not: no longer sold, for older children, adult.

    Raises BundleError if the bundle is of another catalogue: toys are the same by id and title.
    """
    rows = list(toys)
    known = [toy for toy in rows if toy.id in engine.index and engine.toy(toy.id).title == toy.title]
    if len(known) < LEAST_KNOWN * len(rows):
        raise BundleError(
            f"The bundle in {engine.folder} is of another catalogue: of the dataset's {len(rows)} toys it holds "
            f"{len(known)} by id and title. Give the dataset that it was built from, or a later one."
        )
    now, before = build_shelf(known), engine.shelf
    places = np.array([0, *(engine.index[toy.id] for toy in known)])
    stricter = (
        (now.safe_from > before.safe_from[places])
        | (now.adult & ~before.adult[places])
        | (now.unvetted & ~before.unvetted[places])
        | (~now.active & before.active[places])
    )
    return engine.house_lists(hidden=[toy.id for toy, less in zip(known, stricter[1:], strict=True) if less])
