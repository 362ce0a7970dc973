"""One contract for everything that ranks toys. A new recommender joins with one line in `FACTORIES`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
import pytest

from data.dataset import Dataset
from data.errors import ToyGuideError
from data.protocol import plan_split
from data.schema import EventKind, Recipient
from data.split import Split
from distillation.student import FAMILIES, Family
from recommender.base import Contact, Query, Recommender
from recommender.baselines.registry import BASELINES, fit_baseline
from recommender.evaluation.ranking import judge

Factory = Callable[[pytest.FixtureRequest], Recommender]


def _baseline(name: str, request: pytest.FixtureRequest) -> Recommender:
    shop: Dataset = request.getfixturevalue("shop")
    return fit_baseline(name, shop, request.getfixturevalue("split").train)


def _trained(request: pytest.FixtureRequest) -> tuple[Recommender, dict[str, Any]]:
    from recommender.learning.presets import load_preset
    from recommender.learning.teacher import train_teacher

    tiny = load_preset("small", width=16, text_width=8, epochs=2)
    teacher, _, record = train_teacher(
        request.getfixturevalue("shop"),
        request.getfixturevalue("split"),
        plan_split(request.getfixturevalue("shop")),
        tiny,
    )
    return teacher, record | {"digest": "0" * 64}


def _teacher(request: pytest.FixtureRequest) -> Recommender:
    return _trained(request)[0]


def _student(family: Family, request: pytest.FixtureRequest) -> Recommender:
    from distillation.distill import DistilOptions
    from distillation.student import StudentConfig
    from distillation.teach import teach
    from distillation.teachers import teacher_of

    shop, split = request.getfixturevalue("shop"), request.getfixturevalue("split")
    source = teacher_of(*_trained(request), "tiny")
    config = StudentConfig(width=8, family=family)
    return teach(shop, split, plan_split(shop), source, config, DistilOptions(epochs=2))[0]


def _shipped(request: pytest.FixtureRequest) -> Recommender:
    from recommender.serving.student import OnnxStudent

    folder = request.getfixturevalue("tmp_path_factory").mktemp("bundles") / "shop"
    return OnnxStudent.from_bundle(
        request.getfixturevalue("make_bundle")(folder, request.getfixturevalue("shop").toy_rows())
    )


def _blend(request: pytest.FixtureRequest) -> Recommender:
    from recommender.learning.blend import Blend, Mix

    return Blend("blend", [_teacher(request), _baseline("rules", request)], Mix((0.6, 0.4), scale=2.0))


FACTORIES: dict[str, Factory] = {
    **{name: partial(_baseline, name) for name in BASELINES},
    "teacher": _teacher,
    "blend": _blend,
    **{f"{family} student": partial(_student, family) for family in FAMILIES},
    "shipped": _shipped,
}

TOLERANCE = 1e-4
"""How far a score may move with the size of its batch, relative to the spread of the scores."""


@pytest.fixture(scope="module", params=FACTORIES)
def recommender(request: pytest.FixtureRequest) -> Recommender:
    return FACTORIES[request.param](request)


def bought(*numbers: int, kind: EventKind = EventKind.PURCHASE) -> tuple[Contact, ...]:
    start = datetime(2024, 6, 1, tzinfo=UTC)
    return tuple(Contact(f"toy-{n}", kind, start + timedelta(days=i)) for i, n in enumerate(numbers))


QUERIES = [
    Query(),
    Query(bought(4)),
    Query(bought(1, 5, 9, 20, 7)),
    Query(bought(1, 5, 9), Recipient(age_months=40, interests=("trains",), budget=25.0)),
    Query((), Recipient(age_months=5)),
    Query((), Recipient(interests=("unheard of",))),
    Query(bought(3, 6, kind=EventKind.VIEW)),
    Query(bought(3, 6, kind=EventKind.DISMISS)),
    Query((Contact("toy-2"), Contact("toy-2", EventKind.RETURN))),
    Query(bought(*range(30))),
]


def assert_close(first: np.ndarray, second: np.ndarray) -> None:
    spread = max(1e-6, float(np.ptp(second)))
    np.testing.assert_allclose(first, second, rtol=0, atol=TOLERANCE * spread)


def test_scores_are_finite_float32_of_queries_by_toys(recommender: Recommender, shop: Dataset) -> None:
    scores = recommender.score(QUERIES)
    assert scores.shape == (len(QUERIES), len(shop.index))
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()


def test_it_has_a_name_and_the_dataset_s_ids(recommender: Recommender, shop: Dataset) -> None:
    assert recommender.name
    assert recommender.index.ids == shop.index.ids


def test_the_same_question_has_the_same_answer(recommender: Recommender) -> None:
    np.testing.assert_array_equal(recommender.score(QUERIES), recommender.score(QUERIES))


def test_two_fits_agree(recommender: Recommender, request: pytest.FixtureRequest) -> None:
    again = FACTORIES[request.node.callspec.params["recommender"]](request)
    assert_close(again.score(QUERIES), recommender.score(QUERIES))


def test_a_batch_of_one_equals_a_batch_of_many(recommender: Recommender) -> None:
    many = recommender.score(QUERIES)
    for i, query in enumerate(QUERIES):
        assert_close(recommender.score([query])[0], many[i])


def test_only_unseen_toys_are_recommended_best_first(recommender: Recommender, shop: Dataset) -> None:
    scores = recommender.score(QUERIES)
    for i, (query, ranking) in enumerate(zip(QUERIES, recommender.recommend(QUERIES, k=100), strict=True)):
        seen = {contact.toy for contact in query.history}
        assert set(ranking.toys) == set(shop.index.ids) - seen
        assert len(set(ranking.toys)) == len(ranking.toys) == len(ranking.scores)
        assert list(ranking.scores) == sorted(ranking.scores, reverse=True)
        own = [scores[i, shop.index[toy] - 1] for toy in ranking.toys]
        np.testing.assert_array_equal(np.array(ranking.scores, np.float32), own)


def test_no_history_at_all_still_gets_toys(recommender: Recommender) -> None:
    (ranking,) = recommender.recommend([Query()], k=5)
    assert len(ranking.toys) == 5
    assert ranking.missing_ids == ()


def test_unknown_ids_are_reported_and_change_nothing(recommender: Recommender) -> None:
    known = bought(1, 5)
    strange = (Contact("no such toy"), known[0], Contact("玩具"), known[1], Contact(""))
    plain, mixed = recommender.recommend([Query(known), Query(strange)], k=10)
    assert mixed.missing_ids == ("no such toy", "玩具", "")
    assert mixed.toys == plain.toys
    (nobody,) = recommender.recommend([Query((Contact("no such toy"),))], k=10)
    (empty,) = recommender.recommend([Query()], k=10)
    assert nobody.toys == empty.toys


@pytest.mark.parametrize("k", [0, -1, 101, 10_000, True, 2.5, "10", None])
def test_k_out_of_bounds_is_a_mistake_in_words(recommender: Recommender, k: object) -> None:
    with pytest.raises(ToyGuideError, match=r"'k' parameter of recommend must be an int in \[1, 100\]"):
        recommender.recommend([Query()], k=k)  # type: ignore[arg-type]


@pytest.mark.parametrize("k", [1, 100])
def test_k_at_its_bounds(recommender: Recommender, k: int, shop: Dataset) -> None:
    (ranking,) = recommender.recommend([Query(bought(3))], k=k)
    assert len(ranking.toys) == min(k, len(shop.index) - 1)


def test_of_a_long_history_the_newest_500_count(recommender: Recommender) -> None:
    tail = bought(*(i % 12 for i in range(500)))
    long = bought(*(20 + i % 10 for i in range(300))) + tail
    assert_close(recommender.score([Query(long)]), recommender.score([Query(tail)]))


def test_it_can_be_judged(recommender: Recommender, split: Split) -> None:
    judgement = judge(recommender, split.test, chunk=7)
    assert len(judgement) == len(split.test)
    assert judgement.ranks.values.min() >= 1
