"""A budget over several children, against every split there is."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommender.serving.split import NOTHING, Offer, split, worth_offering


def offer(toys: list[tuple[int, int, float]]) -> Offer:
    places, cents, scores = zip(*toys, strict=True) if toys else ((), (), ())
    return Offer(np.array(places, np.int64), np.array(cents, np.int64), np.array(scores, np.float64))


@st.composite
def offers(draw: st.DrawFn, most: int = 6) -> list[Offer]:
    """A price is the toy's own, whoever gets it; a score is the child's."""
    prices = draw(st.lists(st.integers(1, 30), min_size=most, max_size=most))
    scores = st.integers(-40, 0).map(lambda tenths: tenths / 10)
    children = draw(st.lists(st.dictionaries(st.integers(1, most), scores, max_size=most), min_size=1, max_size=3))
    return [offer([(toy, prices[toy - 1], score) for toy, score in child.items()]) for child in children]


def value(given_offers: list[Offer], rows: tuple[int | None, ...] | list[int | None], budget: int) -> float | None:
    """The sum of a split's scores; None where it breaks a rule."""
    held = [(each, row) for each, row in zip(given_offers, rows, strict=True) if row is not None]
    toys = [int(each.places[row]) for each, row in held]
    if len(set(toys)) < len(toys) or sum(int(each.cents[row]) for each, row in held) > budget:
        return None
    return sum(float(each.scores[row]) for each, row in held) + NOTHING * (len(rows) - len(held))


@given(offers(), st.integers(0, 60))
def test_no_other_split_is_better(given_offers: list[Offer], budget: int) -> None:
    every = itertools.product(*[[None, *range(len(each.places))] for each in given_offers])
    best = max(worth for rows in every if (worth := value(given_offers, rows, budget)) is not None)
    found = value(given_offers, split(given_offers, budget), budget)
    assert found is not None
    assert abs(found - best) < 1e-6


@given(offers(), st.integers(0, 60))
def test_nothing_is_lost_by_leaving_out_what_is_worse_and_dearer(given_offers: list[Offer], budget: int) -> None:
    fewer = [worth_offering(each, len(given_offers)) for each in given_offers]
    whole, less = (value(each, split(each, budget), budget) for each in (given_offers, fewer))
    assert whole is not None
    assert less is not None
    assert abs(whole - less) < 1e-6


def test_eight_children_who_all_want_the_same_get_a_toy_each() -> None:
    same = [(toy, 100 + toy, -toy / 10) for toy in range(1, 21)]
    rows = split([offer(same)] * 8, 10_000)
    assert len({row for row in rows if row is not None}) == 8
    poor = split([offer(same)] * 8, 350)
    assert len({row for row in poor if row is not None}) == sum(row is not None for row in poor) == 3
