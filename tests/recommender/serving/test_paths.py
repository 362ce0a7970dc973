"""Every path that shows a toy, over random catalogues, households, histories and house lists, against a second, plain
statement of the house's rules: just the toys that may be shown are, and no other is even named."""

import os
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.schema import HAZARD_FLOOR_MONTHS, Audience, EventKind, Hazard, Recipient, Toy
from recommender.base import Contact
from recommender.serving.asking import Ask
from recommender.serving.engine import Engine
from recommender.serving.load import load_bundle
from recommender.serving.policy.arrange import Arrangement
from recommender.serving.policy.emphasis import Emphasis
from recommender.serving.policy.filters import Filters
from recommender.serving.results import Recommendation
from recommender.serving.similar import similar
from recommender.serving.student import Student

AGES = st.none() | st.sampled_from([0, 6, 17, 18, 35, 36, 37, 48, 95, 96, 168, 215, 216, 400, 1439])
NAMES = st.sampled_from(["Trains", "Games"])
SHARES = st.sampled_from([0.0, 0.3, 1.0])
MOST = 8
EXAMPLES = int(os.environ.get("TOYGUIDE_EXAMPLES", "1"))


@pytest.fixture(scope="module")
def whole(bundle: Path) -> Engine:
    return load_bundle(bundle)


@st.composite
def catalogues(draw: st.DrawFn) -> list[Toy]:
    return [
        Toy(
            id=f"t{place}",
            title=f"«{place}»",
            title_zh=f"《{place}》",
            category=tuple(draw(st.lists(NAMES, max_size=1))),
            price=draw(st.none() | st.decimals(0, 50, places=2)),
            recommended_age=draw(AGES),
            recommended_age_to=draw(AGES),
            safety_min_age=draw(AGES),
            hazards=tuple(draw(st.lists(st.sampled_from(Hazard), max_size=2, unique=True))),
            audience=draw(st.sampled_from(Audience)),
            active=draw(st.booleans() | st.just(True)),
        )
        for place in range(draw(st.integers(1, MOST)))
    ]


def engine_of(whole: Engine, toys: list[Toy], seed: int, default: int) -> Engine:
    """An engine around `toys`: the bundle's own graph, a random table."""
    table = np.random.default_rng(seed).normal(size=(len(toys) + 1, whole.manifest.width)).astype(np.float32)
    table[0] = 0
    student = Student(whole.student._session, table, whole.student.interests, whole.student.max_history)
    return Engine(whole.folder, whole.manifest, toys, student, default)


def safe(toy: Toy, recipient: int | None, youngest: int | None, default: int, sought: int | None = None) -> bool:
    """May the toy be seen, or even named, by those present?"""
    children = [age for age in (recipient, youngest) if age is not None and age < 216]
    child = min([min(children) if children else default] + ([] if sought is None else [sought]))
    if any(child < HAZARD_FLOOR_MONTHS[hazard] for hazard in toy.hazards):
        return False
    if child < (36 if toy.safety_min_age is None else toy.safety_min_age):
        return False
    grown_up = recipient is not None and recipient >= 216 and not children
    if toy.audience is Audience.ADULT:
        return grown_up
    return not (toy.audience is Audience.UNKNOWN and toy.safety_min_age is None and children)


def wanted(toy: Toy, recipient: Recipient, filters: Filters | None) -> bool:
    """Does the toy fit what was asked for?"""
    age, end = recipient.age_months, toy.recommended_age_to
    if age is not None and end is not None and min(age, 216) - end >= max(12, end // 3):
        return False
    if recipient.budget is not None and toy.price is not None and float(toy.price) > recipient.budget:
        return False
    if filters is None:
        return True
    if filters.category is not None and filters.category not in toy.category:
        return False
    if filters.age_months is None:
        return True
    if toy.recommended_age is None or filters.age_months < toy.recommended_age:
        return False
    return end is None or filters.age_months <= end


def texts(answer: Recommendation) -> str:
    said = [reason.text for pick in answer.items for reason in pick.reasons]
    return " ".join([*said, answer.short_reason.text if answer.short_reason else ""])


def named(answer: Recommendation, toys: Iterable[Toy]) -> set[str]:
    """Ids of `toys` that the reasons speak of, by id or by title."""
    ids = {reason.toy_id for pick in answer.items for reason in pick.reasons}
    said = texts(answer)
    return {toy.id for toy in toys if toy.id in ids or toy.title in said or str(toy.title_zh) in said}


@settings(max_examples=300 * EXAMPLES, deadline=None)
@given(
    toys=catalogues(),
    recipient=st.builds(Recipient, age_months=AGES, budget=st.none() | st.floats(0.5, 60)),
    youngest=AGES,
    default=st.sampled_from([0, 12, 36, 96, 216]),
    history=st.lists(st.tuples(st.integers(0, MOST), st.sampled_from(EventKind)), max_size=12),
    owned=st.lists(st.integers(0, MOST), max_size=2),
    lists=st.tuples(*[st.none() | st.sets(st.integers(0, MOST), max_size=2)] * 3),
    stocked=st.none() | st.sets(st.integers(0, MOST), max_size=6),
    filters=st.none() | st.builds(Filters, category=st.none() | NAMES, age_months=AGES, in_stock=st.booleans()),
    purpose=st.sampled_from(["self", "gift"]),
    pins=st.lists(st.integers(1, MOST), max_size=3, unique=True),
    boosts=st.none() | st.lists(st.floats(-3, 3, width=32), min_size=MOST + 1, max_size=MOST + 1),
    arrangement=st.builds(Arrangement, SHARES, st.sampled_from([0.1, 0.5, 1.0]), SHARES),
    k=st.sampled_from([1, 2, 100]),
    language=st.sampled_from(["en", "zh"]),
    seed=st.integers(0, 9),
)
def test_just_the_toys_that_may_be_shown_are_and_no_other_is_named(
    whole: Engine,
    toys,
    recipient,
    youngest,
    default,
    history,
    owned,
    lists,
    stocked,
    filters,
    purpose,
    pins,
    boosts,
    arrangement,
    k,
    language,
    seed,
) -> None:
    engine = engine_of(whole, toys, seed, default)
    recalled, gone, hidden = ({f"t{place}" for place in places or ()} for places in lists)
    there = {f"t{place}" for place in stocked or ()}
    house = engine.house_lists(recalled, gone, hidden, there)
    met = {f"t{place}": kind for place, kind in history}
    bought = {toy for toy, kind in met.items() if kind is EventKind.PURCHASE}
    pins = tuple(place for place in pins if place <= len(toys))
    ask = Ask(
        [Contact(f"t{place}", kind) for place, kind in history],
        recipient,
        youngest,
        filters,
        [f"t{place}" for place in owned],
        purpose,
    )
    worded = {"k": k, "language": language, "house": house}
    composed = {
        "emphasis": Emphasis(pins, None if boosts is None else np.array(boosts[: len(toys) + 1], np.float32)),
        "arrangement": arrangement,
        "chance": Random(seed),
    }
    answer = engine.answer(ask, **worded, **composed)
    sought = filters.age_months if filters else None
    fit = {toy.id for toy in toys if safe(toy, recipient.age_months, youngest, default, sought)} - recalled - hidden
    allowed = {toy.id for toy in toys if toy.id in fit and toy.active and wanted(toy, recipient, filters)}
    allowed -= gone | (met.keys() - (bought if purpose == "gift" else set())) | {f"t{place}" for place in owned}
    if filters is not None and filters.in_stock:
        allowed &= there
    check(answer, allowed, k)
    assert named(answer, toys) <= fit & met.keys()
    assert sum(answer.masked.values()) == len(toys) - len(allowed)
    assert engine.consider(ask, **worded).count == len(allowed)

    wanted_first = [f"t{place - 1}" for place in pins if f"t{place - 1}" in allowed][:k]
    assert [pick.toy.id for pick in answer.items if pick.pinned] == wanted_first
    assert [pick.toy.id for pick in answer.items][: len(wanted_first)] == wanted_first
    assert all(0 < pick.propensity <= 1 for pick in answer.items)

    shown = [pick.toy.id for pick in answer.items]
    following = answer
    while following.next_page is not None:
        following = engine.answer(replace(ask, page=following.next_page), **worded, **composed)
        assert following.items, "there is a next page only where something is on it"
        shown += [pick.toy.id for pick in following.items]
    assert sorted(shown) == sorted(allowed), "every toy once"

    for anchor in toys[:2]:
        near = similar(engine, anchor.id, k, youngest, language, house)
        fit = {toy.id for toy in toys if safe(toy, None, youngest, default)} - recalled - hidden
        on_shelf = {toy.id for toy in toys if toy.id in fit and toy.active} - gone
        check(near, on_shelf - {anchor.id}, k)
        assert named(near, toys) <= fit & {anchor.id}
        assert engine.verdicts(anchor.id, youngest, language, house)[0].allowed == (anchor.id in on_shelf)


def check(answer: Recommendation, allowed: set[str], k: int) -> None:
    shown = [pick.toy.id for pick in answer.items]
    assert len(set(shown)) == len(shown) == min(k, len(allowed))
    assert set(shown) <= allowed
    assert (answer.short_reason is None) == (len(shown) == k)


class Raving(Student):
    """A graph that says what is no number."""

    def queries(self, histories, profiles):
        return np.full_like(super().queries(histories, profiles), np.nan)


def test_the_mask_has_the_last_word_whatever_the_graph_says(whole: Engine) -> None:
    sound = whole.student
    raving = Raving(sound._session, sound.table, sound.interests, sound.max_history)
    engine = Engine(whole.folder, whole.manifest, whole.toys, raving)
    answer = engine.recommend(recipient=Recipient(age_months=12), k=100)
    assert {pick.toy.id for pick in answer.items} <= {"rattle", "bear"}


def test_a_toy_that_may_not_be_shown_is_not_named_as_a_reason(whole: Engine) -> None:
    """Poker is an adult's, the balloons are from eight: the child hears of neither, the station's track is a reason."""
    history = [Contact("track", EventKind.LIKE), Contact("poker", EventKind.LIKE), Contact("balloons", EventKind.LIKE)]
    child = whole.recommend(history, Recipient(age_months=60), k=12)
    assert named(child, whole.toys) == {"track"}
    assert "poker" in named(whole.recommend(history, Recipient(age_months=300), k=12), whole.toys)
    recalled = whole.recommend(history, Recipient(age_months=60), k=12, house=whole.house_lists(recalled=["track"]))
    assert named(recalled, whole.toys) == set()
    sold_out = whole.recommend(history, Recipient(age_months=60), k=12, house=whole.house_lists(out_of_stock=["track"]))
    assert named(sold_out, whole.toys) == {"track"}
    assert similar(whole, "poker").items[0].reasons == ()
    assert similar(whole, "retired", youngest_age_months=80).items[0].reasons[0].text == "Similar to Tin robot"


def test_an_age_that_is_filtered_for_makes_safety_stricter_never_laxer(whole: Engine) -> None:
    def shown(filters: Filters | None, **who: int) -> set[str]:
        return {pick.toy.id for pick in whole.recommend(filters=filters, k=12, **who).items}

    assert shown(Filters(age_months=6)) == {"rattle", "bear"}
    assert "balloons" not in shown(Filters(age_months=96))
    assert shown(Filters(age_months=96), youngest_age_months=12) <= {"rattle", "bear"}


@pytest.mark.parametrize(
    ("end", "age", "shown"),
    [(18, 29, True), (18, 30, False), (84, 111, True), (84, 112, False), (144, 191, True), (144, 192, False)],
)
def test_an_outgrown_toy_is_left_out_and_said_to_be(whole: Engine, end: int, age: int, shown: bool) -> None:
    toy = Toy("ring", "Ring", safety_min_age=0, audience=Audience.CHILD, recommended_age=0, recommended_age_to=end)
    engine = engine_of(whole, [toy, replace(toy, id="ball", title="Ball", recommended_age_to=None)], 0, 36)
    answer = engine.recommend(recipient=Recipient(age_months=age), k=2)
    assert ("ring" in {pick.toy.id for pick in answer.items}) == shown
    if not shown:
        assert answer.masked == {"outgrown": 1}
        assert answer.short_reason is not None
        assert (answer.short_reason.code, answer.short_reason.text) == (
            "outgrown",
            "Only 1 toy is left: 1 for younger children.",
        )
        chinese = engine.recommend(recipient=Recipient(age_months=age), k=2, language="zh").short_reason
        assert chinese is not None
        assert chinese.text == "只有1件玩具可选：1件适合更小的孩子。"


def test_who_has_not_said_an_age_has_outgrown_nothing_and_a_grown_up_counts_as_eighteen(whole: Engine) -> None:
    toy = Toy("ring", "Ring", safety_min_age=0, audience=Audience.CHILD, recommended_age=0, recommended_age_to=18)
    game = replace(toy, id="game", title="Game", recommended_age=96, recommended_age_to=180, price=Decimal(5))
    engine = engine_of(whole, [toy, game], 0, 36)
    assert len(engine.recommend(k=2).items) == 2
    assert len(engine.recommend(youngest_age_months=100, k=2).items) == 2, "the youngest is not whom the toy is for"
    assert [pick.toy.id for pick in engine.recommend(recipient=Recipient(age_months=900), k=2).items] == ["game"]
