import numpy as np
import pytest

from data.world.households import ADULT_AGE, MONTHS, PEOPLE, Households, draw_households
from data.world.words import INTERESTS


@pytest.fixture(scope="module")
def households() -> Households:
    return draw_households(2000, 4)


def test_everyone_has_someone_to_buy_for_from_the_first_day(households: Households) -> None:
    assert households.people.shape == (2000, PEOPLE)
    first = households.people[:, 0]
    assert (first >= 0).all()
    assert (households.ages(first, 0) >= 0).all()
    assert (households.people_weight[households.people < 0] == 0).all()


def test_own_and_others(households: Households) -> None:
    shopper, column = np.nonzero(households.people >= 0)
    own = households.home[households.people[shopper, column]] == shopper
    assert (own == ~households.is_gift[shopper, column]).all()
    children = np.bincount(households.home[households.birth > -np.inf], minlength=2000)
    assert children.max() == 4
    assert 0.1 < (children == 0).mean() < 0.25
    rows = [row[row >= 0].tolist() for row in households.people]
    assert all(len(set(row)) == len(row) for row in rows)


def test_children_grow_a_month_a_month(households: Households) -> None:
    child = np.flatnonzero(households.birth > -np.inf)
    gained = households.ages(child, 700) - households.ages(child, 0)
    assert set(gained.tolist()) <= {22, 23, 24}
    grown = np.flatnonzero(households.birth == -np.inf)
    assert len(grown)
    assert (households.ages(grown, 0) == ADULT_AGE).all()
    assert (households.ages(grown, 700) == ADULT_AGE).all()


def test_likings_drift_but_persist(households: Households) -> None:
    likings = households.likings
    assert likings.shape == (MONTHS, len(households.home), 3)
    assert ((likings >= 0) & (likings < len(INTERESTS))).all()
    kept = (likings[1:] == likings[:-1]).mean()
    assert 0.9 < kept < 0.99
    assert 0.2 < (likings[-1] == likings[0]).mean() < 0.7
    assert all(len(set(row)) == 3 for row in likings[12].tolist())


def test_likings_suit_the_age(households: Households) -> None:
    spans = np.array([(start, end) for _, start, end in INTERESTS.values()])
    child = np.flatnonzero(households.birth > -np.inf)
    age = np.maximum(households.ages(child, 365), 0)[:, None]
    span = spans[households.likings[12, child]]
    assert ((age >= span[..., 0] - 18) & (age <= span[..., 1] + 18)).mean() > 0.95
