"""A small shop for everything that ranks: 30 toys, 40 shoppers, every kind of contact, recipients of several ages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from data.dataset import Dataset, Source, build_dataset
from data.protocol import split_dataset
from data.schema import Event, EventKind, Recipient, Toy
from data.split import Split

KINDS = (EventKind.PURCHASE, EventKind.PURCHASE, EventKind.VIEW, EventKind.LIKE, EventKind.CART, EventKind.DISMISS)


@pytest.fixture(scope="session")
def shop() -> Dataset:
    rng = np.random.default_rng(11)
    categories = ("Trains", "Dolls", "Games")
    toys = [
        Toy(
            f"toy-{i}",
            f"{categories[i % 3]} number {i}",
            category=("Toys", categories[i % 3]),
            price=Decimal(5 + i),
            recommended_age=12 * (i % 9),
            interests=(categories[i % 3].lower(),),
        )
        for i in range(30)
    ]
    events = []
    for shopper in range(40):
        time = datetime(2024, 1, 1, tzinfo=UTC)
        who = None if shopper % 4 == 0 else Recipient(age_months=int(rng.integers(0, 150)), budget=20.0)
        liked = [toy for i, toy in enumerate(toys) if i % 3 == shopper % 3]
        for i, place in enumerate(rng.permutation(len(liked))[: int(rng.integers(4, 9))]):
            time += timedelta(days=int(rng.integers(0, 3)))
            kind = KINDS[int(rng.integers(len(KINDS)))] if i > 3 else EventKind.PURCHASE
            events.append(Event(f"e{len(events)}", f"s{shopper}", f"v{i}", liked[place].id, kind, time, recipient=who))
        events.append(Event(f"e{len(events)}", f"s{shopper}", "back", liked[0].id, EventKind.RETURN, time))
    return build_dataset(toys, events, Source("test", seed=5))


@pytest.fixture(scope="session")
def split(shop: Dataset) -> Split:
    return split_dataset(shop)
