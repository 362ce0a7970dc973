"""Whom a model is for: what its catalogue and its test queries cover, by age of the child, and where the data are from.

What may be shown is asked of the kiosk's own safety rules.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from data.dataset import Dataset
from data.origins import has_kiosk_events, origin_of, terms_of
from data.schema import EventColumn, Toy
from data.split import Split
from recommender.evaluation.report import AGES
from recommender.serving.policy.safety import company, unsafe, wrong_audience
from recommender.serving.policy.shelf import build_shelf


@dataclass(frozen=True)
class AgeBand:
    """Children of one band of `AGES`.

    recommended: toys whose recommended range meets the band; shown: toys that a kiosk may show where the youngest
    child is as old as the band's lower end; queries: test queries for somebody of the band
    """

    name: str
    recommended: int
    shown: int
    queries: int


@dataclass(frozen=True)
class Cover:
    """What catalogue and test queries cover.

    no_safety_age, adult, unvetted: toys; unvetted are those whose audience and safety age are both unknown
    queries: in the test part
    shortest: contacts in the shortest history of a test query
    joined: what people did at kiosks is, or may be, in the data
    days: first and last day of an event, ISO 8601; None where no event is dated
    terms: on what terms the data were given, in sentences
    """

    bands: tuple[AgeBand, ...]
    toys: int
    queries: int
    no_safety_age: int
    adult: int
    unvetted: int
    shortest: int
    simulated: bool
    joined: bool
    days: tuple[str, str] | None
    terms: tuple[str, ...]


def cover_of(dataset: Dataset, toys: list[Toy], split: Split) -> Cover:
    """What `dataset`, whose rows `toys` are, and the test part of `split` cover."""
    shelf, test = build_shelf(toys), split.test
    table = test.histories.recipient_table
    ages = np.array([np.nan if who is None or who.age_months is None else who.age_months for who in table])
    asked = ages[test.recipients]
    bands = []
    for name, low, high in AGES:
        present = company(int(low), None, 0)
        hidden = unsafe(shelf, present) | wrong_audience(shelf, present) | ~shelf.active
        meets = (shelf.age_from >= 0) & (shelf.age_from < high) & (shelf.age_to >= low)
        queries = int(((asked >= low) & (asked < high)).sum())
        bands.append(AgeBand(name.removeprefix("age "), int(meets.sum()), int((~hidden[1:]).sum()), queries))
    ends = pc.min_max(dataset.events[EventColumn.TIME]).as_py()
    return Cover(
        tuple(bands),
        len(toys),
        len(test),
        sum(toy.safety_min_age is None for toy in toys),
        int(shelf.adult.sum()),
        int(shelf.unvetted.sum()),
        int(np.diff(test.histories.offsets).min()),
        origin_of(dataset.source).simulated,
        has_kiosk_events(dataset.source),
        None if ends["min"] is None else (f"{ends['min']:%Y-%m-%d}", f"{ends['max']:%Y-%m-%d}"),
        tuple(terms_of(dataset.source)),
    )
