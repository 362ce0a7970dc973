"""Each baseline against numbers worked out by hand, on three shoppers and four toys."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.dataset import Source, build_dataset
from data.errors import ToyGuideError
from data.ids import ToyIndex
from data.schema import KIND_CODES, EventKind, Recipient, Toy
from data.sequences import Sequences
from recommender.base import Contact, Query
from recommender.baselines.ease import EASE, MAX_TOYS
from recommender.baselines.item_knn import ItemKNN
from recommender.baselines.popularity import Popularity
from recommender.baselines.popularity_by_age import PopularityByAge
from recommender.baselines.popularity_in_category import PopularityInCategory
from recommender.baselines.recent_popularity import RecentPopularity
from recommender.baselines.registry import BASELINES, fit_baseline
from recommender.baselines.rules import Rules
from recommender.baselines.text_knn import TextKNN

TOYS = [
    Toy("a", "Red ball", category=("Toys", "Balls")),
    Toy("b", "Blue ball", category=("Toys", "Balls")),
    Toy("c", "Steam train", category=("Toys", "Trains")),
    Toy("d", "Red steam engine", category=("Toys", "Trains")),
]
SHOP = build_dataset(TOYS, [], Source("test", seed=23))  # of all orders the one that is easy to read
INDEX = SHOP.index
assert INDEX.ids == ("a", "b", "c", "d")
BUY, VIEW, DISMISS = EventKind.PURCHASE, EventKind.VIEW, EventKind.DISMISS
Row = list[tuple[str, EventKind]]


def train_on(*rows: Row, ages: list[int | None] | None = None) -> Sequences:
    toys = [INDEX[toy] for row in rows for toy, _ in row]
    kinds = [KIND_CODES[kind] for row in rows for _, kind in row]
    ages = ages or [None] * len(rows)
    lengths = [len(row) for row in rows]
    return Sequences(
        tuple(f"s{i}" for i in range(len(rows))),
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        np.array(toys, np.int32),
        np.array(kinds, np.int8),
        np.full(len(toys), -1, np.int64),
        np.full(len(toys), -1, np.float32),
        np.repeat(np.arange(1, len(rows) + 1), lengths).astype(np.int32),
        (None, *(None if age is None else Recipient(age_months=age) for age in ages)),
    )


def buys(toys: str) -> Row:
    return [(toy, BUY) for toy in toys]


def ask(toys: str, age: int | None = None) -> list[Query]:
    return [Query(tuple(Contact(toy) for toy in toys), None if age is None else Recipient(age_months=age))]


def test_popularity_counts_wanted_contacts_and_a_fifth_of_looks() -> None:
    train = train_on(buys("ab"), buys("a"), [("b", VIEW), ("d", DISMISS), ("c", EventKind.RETURN)])
    np.testing.assert_allclose(Popularity(INDEX, train).score(ask("")), [[2, 1.2, 0, 0]])


def test_popularity_by_age_is_that_of_the_band() -> None:
    train = train_on(buys("ab"), buys("b"), buys("cd"), ages=[10, 30, 70])
    recommender = PopularityByAge(INDEX, train, prior=5.0)
    share = np.array([1, 2, 1, 1])  # 5 · share of all contacts
    np.testing.assert_allclose(recommender.score(ask("", 5)), [share + np.array([1, 1, 0, 0])])
    np.testing.assert_allclose(recommender.score(ask("", 60)), [share + np.array([0, 0, 1, 1])])
    np.testing.assert_allclose(recommender.score(ask("", 400)), [share])  # a band nobody was met in
    np.testing.assert_allclose(recommender.score(ask("")), [[1, 2, 1, 1]])  # unknown: popularity itself


def test_neighbours_are_shrunk_cosines_decayed_by_age() -> None:
    train = train_on(buys("ab"), buys("ab"), buys("ac"))
    recommender = ItemKNN(INDEX, train, decay=0.5, shrink=1.0)
    ab, ac = 2 / np.sqrt(4 * 3), 1 / np.sqrt(4 * 2)
    np.testing.assert_allclose(recommender.score(ask("a")), [[0, ab, ac, 0]], rtol=1e-6)
    np.testing.assert_allclose(recommender.score(ask("ba")), [[0.5 * ab, ab, ac, 0]], rtol=1e-6)
    np.testing.assert_allclose(recommender.score(ask("")), [[0, 0, 0, 0]])


def test_a_second_contact_with_a_toy_adds_nothing_to_neighbours() -> None:
    once = ItemKNN(INDEX, train_on(buys("ab"), buys("bc")))
    again = ItemKNN(INDEX, train_on([("a", VIEW), *buys("aba")], buys("bc")))
    np.testing.assert_allclose(once.score(ask("a")), again.score(ask("a")))


def test_rules_follow_direction_distance_and_popularity() -> None:
    train = train_on(buys("abc"), buys("ab"))
    recommender = Rules(INDEX, train, distance_decay=0.5, reverse=0.25, exponent=-0.5, shrink=2.0, query_decay=0.1)
    a, b, c = 4, 4, 3  # contacts + shrink
    forward = [0, 2 / np.sqrt(a * b), 0.5 / np.sqrt(a * c), 0]
    np.testing.assert_allclose(recommender.score(ask("a")), [forward], rtol=1e-6)
    from_c = np.array([0.25 * 0.5 / np.sqrt(a * c), 0.25 / np.sqrt(b * c), 0, 0])
    np.testing.assert_allclose(recommender.score(ask("c")), [from_c], rtol=1e-6)
    np.testing.assert_allclose(recommender.score(ask("ca")), [np.array(forward) + 0.1 * from_c], rtol=1e-6)


def test_rules_end_at_the_window_and_between_shoppers() -> None:
    train = train_on(buys("abc"), buys("d"))
    near = Rules(INDEX, train, window=1).score(ask("a"))[0]
    assert near[1] > 0
    assert near[2] == near[3] == 0
    assert Rules(INDEX, train, window=2).score(ask("a"))[0, 2] > 0


def test_ease_is_the_closed_form() -> None:
    train = train_on(buys("ab"), buys("abd"), buys("bcd"), buys("a"))
    met = np.array([[1, 1, 0, 0], [1, 1, 0, 1], [0, 1, 1, 1], [1, 0, 0, 0]])
    inverse = np.linalg.inv(met.T @ met + 2.0 * np.eye(4))
    weights = np.eye(4) - inverse / np.diag(inverse)
    recommender = EASE(INDEX, train, l2=2.0, decay=0.5)
    np.testing.assert_allclose(recommender.score(ask("ad")), [0.5 * weights[0] + weights[3]], rtol=1e-5, atol=1e-6)


def test_ease_refuses_a_catalogue_beyond_memory() -> None:
    index = ToyIndex([str(i) for i in range(MAX_TOYS + 1)])
    with pytest.raises(ToyGuideError, match=r"at most 20,000 toys\. Got 20,001"):
        EASE(index, train_on(buys("ab")))


def test_text_neighbours_are_cosines_of_words() -> None:
    """Of the words of two toys or more, a and b share "ball", "toys" and "balls"; a and d only "red" and "toys"."""
    recommender = TextKNN(INDEX, TOYS, decay=0.5)
    similar = recommender.score([Query((Contact(toy),)) for toy in "abcd"])
    np.testing.assert_allclose(np.diag(similar), 1, rtol=1e-6)
    np.testing.assert_allclose(similar, similar.T, rtol=1e-6)
    assert similar[0, 1] > similar[0, 3] > similar[0, 2] > 0
    np.testing.assert_allclose(recommender.score(ask("ad"))[0], 0.5 * similar[0] + similar[3], rtol=1e-6)
    assert not recommender.score(ask("")).any()


def test_popularity_in_category_by_hand() -> None:
    """Usual counts: of Toys (3 + 1 + 2 + 0) / 4, of Balls 2, of Trains 1. The query: b at .8, c at 1."""
    train = train_on(buys("a"), buys("a"), buys("ab"), buys("c"), buys("c"))
    recommender = PopularityInCategory(INDEX, train, TOYS, decay=0.8)
    balls = 1.5 + 0.8 / 1.8 * 2
    trains = 1.5 + 1.0 / 1.8 * 1
    expected = np.array([balls + 0.003, balls + 0.001, trains + 0.002, trains])
    np.testing.assert_allclose(recommender.score(ask("bc"))[0], expected, rtol=1e-6)
    np.testing.assert_allclose(recommender.score(ask(""))[0], [3.503, 3.501, 2.502, 2.5], rtol=1e-6)


def test_popularity_in_category_of_a_shop_without_categories() -> None:
    bare = [Toy(toy.id, toy.title) for toy in TOYS]
    recommender = PopularityInCategory(INDEX, train_on(buys("ab"), buys("a")), bare)
    np.testing.assert_allclose(recommender.score(ask("c"))[0], [0.002, 0.001, 0, 0], rtol=1e-6)


def test_recent_popularity_halves_with_age() -> None:
    day = 86_400_000
    train = replace(train_on(buys("ab"), buys("bc"), buys("d")), times=np.array([0, 60, 120, 120, -1]) * day)
    train = replace(train, times=np.where(train.times < 0, -1, train.times))
    recommender = RecentPopularity(INDEX, train, half_life=60)
    np.testing.assert_allclose(recommender.score(ask(""))[0], [0.25, 1.5, 1, 0.25])


@pytest.mark.parametrize("name", list(BASELINES))
def test_refusals_count_for_nothing(name: str) -> None:
    plain = fit_baseline(name, SHOP, train_on(buys("abc"), buys("bd")))
    refused = fit_baseline(
        name, SHOP, train_on([*buys("a"), ("d", DISMISS), *buys("bc"), ("a", EventKind.RETURN)], buys("bd"))
    )
    np.testing.assert_allclose(refused.score(ask("ab")), plain.score(ask("ab")))
    history = (Contact("a"), Contact("d", DISMISS), Contact("b"), Contact("c", EventKind.RETURN))
    np.testing.assert_allclose(plain.score([Query(history)]), plain.score(ask("ab")))


def test_an_unknown_baseline_lists_the_known() -> None:
    with pytest.raises(ToyGuideError, match=r"one of popularity, .*rules"):
        fit_baseline("magic", SHOP, train_on(buys("ab")))
