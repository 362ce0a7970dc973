"""A search shows what may be shown, and nothing else is so much as counted by name."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import ToyGuideError
from data.schema import Audience, Toy
from recommender.serving.engine import Engine
from recommender.serving.load import load_bundle
from recommender.serving.policy.filters import Filters
from recommender.serving.policy.mask import HouseLists
from recommender.serving.search.find import search


@pytest.fixture(scope="module")
def engine(bundle: Path) -> Engine:
    return load_bundle(bundle)


def ids(engine: Engine, text: str, **more: object) -> list[str]:
    return [pick.toy.id for pick in search(engine, text, **more).found.items]  # type: ignore[arg-type]


def test_relevance_leads_and_rules_are_counted_among_what_was_found(engine: Engine) -> None:
    result = search(engine, "games", youngest_age_months=48)
    assert [pick.toy.id for pick in result.found.items] == []
    assert result.matched == 3
    assert result.found.masked == {"safety": 1, "audience": 2}
    assert result.found.short_reason is not None
    assert result.found.short_reason.code == "audience"
    assert ids(engine, "games", youngest_age_months=60) == ["marbles"]
    train = search(engine, "steam train", k=2)
    assert [pick.toy.id for pick in train.found.items] == ["engine"]
    assert train.found.short_reason is not None
    assert train.found.short_reason.code == "no_match"
    assert train.found.short_reason.text == "Only 1 toy was found."
    assert search(engine, "steam train", k=1).found.short_reason is None


def test_house_lists_and_filters_hold_here_too(engine: Engine) -> None:
    def trains(house: HouseLists | None) -> set[str]:
        return set(ids(engine, "trains", youngest_age_months=60, house=house))

    assert trains(None) == {"track", "engine", "station"}
    assert trains(engine.house_lists(recalled=["track"], hidden=["engine"])) == {"station"}
    assert trains(engine.house_lists(out_of_stock=["station"])) == {"track", "engine"}
    assert ids(engine, "trains", filters=Filters(price_max=12)) == ["engine"]
    assert ids(engine, "robot", youngest_age_months=100) == [], "no longer sold"


def test_what_is_not_there_is_said_in_the_language_asked_for(engine: Engine) -> None:
    nothing = search(engine, "unicorn", language="zh")
    assert (nothing.matched, nothing.every_word) == (0, False)
    assert nothing.found.short_reason is not None
    assert (nothing.found.short_reason.code, nothing.found.short_reason.text) == ("no_match", "没有找到玩具。")
    only = search(engine, "蒸汽火车", language="zh").found.short_reason
    assert only is not None
    assert only.text == "只找到1件玩具。"


def test_among_equals_the_better_liked_comes_first(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    standing = engine.standing.copy()
    standing[[engine.index[name] for name in ("station", "track", "engine")]] = (0.9, 0.6, 0.3)
    monkeypatch.setattr(engine, "standing", standing)
    assert ids(engine, "trains holt", youngest_age_months=60) == ["station", "track", "engine"]
    assert ids(engine, "steam trains holt") == ["engine"]


@pytest.mark.parametrize(
    ("more", "name"), [({"k": 0}, "k"), ({"language": "fr"}, "language"), ({"youngest_age_months": -1}, "youngest")]
)
def test_parameters_out_of_bounds_are_refused(engine: Engine, more: dict[str, object], name: str) -> None:
    with pytest.raises(ToyGuideError, match=name):
        search(engine, "train", **more)  # type: ignore[arg-type]
    with pytest.raises(ToyGuideError, match="'text' parameter of search must be at most 200 characters"):
        search(engine, "x" * 201)


TEXT = st.text(max_size=30) | st.lists(
    st.sampled_from(
        [
            "balons",
            "baloons",
            "poker",
            "pocker",
            "扑克",
            "气球",
            "marbels",
            "robot",
            "mystery",
            "games",
            "s",
            "盒",
            "toys",
        ]
    ),
    max_size=4,
).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(TEXT, st.sampled_from([0, 20, 36, 60, 95, 96, 200]), st.booleans(), st.sets(st.integers(1, 12), max_size=4))
def test_no_words_bring_a_toy_that_may_not_be_shown(
    engine: Engine, text: str, youngest: int, typing: bool, recalled: set[int]
) -> None:
    house = engine.house_lists(recalled=[engine.toys[place - 1].id for place in recalled])
    result = search(engine, text, 12, youngest, typing=typing, house=house)
    for pick in result.found.items:
        assert engine.verdicts(pick.toy.id, youngest, house=house)[0].allowed
    assert sum(result.found.masked.values()) + len(result.found.items) == result.matched
    if result.corrected:
        allowed = [toy for toy in engine.toys if engine.verdicts(toy.id, youngest, house=house)[0].allowed]
        said = " ".join(f"{toy.title} {toy.brand} {toy.category} {toy.interests}".casefold() for toy in allowed)
        typed = text.casefold().split()
        assert all(word in said or word in typed for word in result.corrected.split())


def test_a_shops_own_toys_are_found_beside_the_bundles(engine: Engine) -> None:
    own = Toy("kite", "Wooden train kite", "火车风筝", safety_min_age=36, audience=Audience.CHILD)
    longer = engine.with_toys({}, [own], engine.student.table[1:2])
    assert ids(longer, "kite") == ["kite"]
    assert ids(longer, "风筝") == ["kite"]
    assert set(ids(longer, "trains")) == {"kite", "track", "engine"}
    assert ids(longer, "kiet") == ["kite"]
    assert ids(engine, "kite") == []
