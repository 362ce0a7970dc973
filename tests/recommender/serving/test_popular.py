from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import ToyGuideError
from recommender.serving.engine import Engine
from recommender.serving.load import load_bundle
from recommender.serving.policy.filters import Filters
from recommender.serving.popular import Heat, popular
from recommender.serving.results import Recommendation


@pytest.fixture(scope="module")
def engine(bundle: Path) -> Engine:
    engine = load_bundle(bundle)
    engine.standing = np.arange(13) / 12  # the later, the better liked
    return engine


def heat(engine: Engine, lately: frozenset[str] = frozenset(), **counts: float) -> Heat:
    return Heat.of(engine, counts, lately)


def ids(answer: Recommendation) -> list[str]:
    return [pick.toy.id for pick in answer.items]


def test_without_events_strangers_favourites_come_first(engine: Engine) -> None:
    assert ids(popular(engine, heat(engine), 3, 100)) == ["puzzle", "balloons", "marbles"]


def test_events_lift_a_toy_and_refusals_lower_it(engine: Engine) -> None:
    now = heat(engine, frozenset({"rattle"}), rattle=2.0, puzzle=-1.0, unicorn=9.0)
    answer = popular(engine, now, 12, 100)
    assert ids(answer)[0] == "rattle"
    assert ids(answer)[-1] == "puzzle"
    assert [(reason.code, reason.text) for reason in answer.items[0].reasons] == [
        ("popular_now", "Popular here these weeks")
    ]
    assert all(reason.code != "popular_now" for pick in answer.items[1:] for reason in pick.reasons)
    chinese = popular(engine, now, 1, 100, language="zh").items[0].reasons
    assert [reason.text for reason in chinese] == ["近期热门"]


def test_one_look_does_not_put_a_toy_above_the_favourites(engine: Engine) -> None:
    assert ids(popular(engine, heat(engine, rattle=0.1), 3, 100)) == ["puzzle", "balloons", "marbles"]


def test_filters_and_house_lists_hold(engine: Engine) -> None:
    now = heat(engine, track=5.0, station=4.0)
    assert ids(popular(engine, now, 5, 100, Filters(category="Trains"))) == ["track", "station", "engine"]
    recalled = engine.house_lists(recalled=["track"])
    assert ids(popular(engine, now, 1, 100, house=recalled)) == ["station"]
    few = popular(engine, now, 3, 100, Filters(price_max=5, category="Games"))
    assert ids(few) == ["marbles"]
    assert few.short_reason is not None
    assert few.short_reason.code == "filters"


def test_parameters_out_of_bounds_are_refused(engine: Engine) -> None:
    for more in ({"k": 101}, {"language": "fr"}, {"filters": Filters(price_min=-1)}, {"youngest_age_months": -1}):
        with pytest.raises(ToyGuideError):
            popular(engine, heat(engine), **more)  # type: ignore[arg-type]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.floats(-50, 5000), min_size=12, max_size=12),
    st.sampled_from([0, 20, 36, 60, 96, 200]),
    st.sets(st.integers(1, 12), max_size=4),
    st.integers(1, 12),
)
def test_no_heat_brings_a_toy_that_may_not_be_shown(
    engine: Engine, counts: list[float], youngest: int, hidden: set[int], k: int
) -> None:
    names = [toy.id for toy in engine.toys]
    house = engine.house_lists(hidden=[names[place - 1] for place in hidden])
    now = Heat.of(engine, dict(zip(names, counts, strict=True)), frozenset(names))
    answer = popular(engine, now, k, youngest, house=house)
    allowed = {toy for toy in names if engine.verdicts(toy, youngest, house=house)[0].allowed}
    assert set(ids(answer)) <= allowed
    assert len(set(ids(answer))) == min(k, len(allowed))
