"""What rules come to, against a second, plain statement of what they mean."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kiosk.in_force import InForce, in_force
from app.kiosk.store.rules import StaffRule, Terms
from recommender.serving.engine import Engine
from recommender.serving.load import load_bundle

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
OCCASIONS = (None, "birthday", "christmas")


@pytest.fixture(scope="module")
def engine(bundle: Path) -> Engine:
    return load_bundle(bundle)


def rules(*terms: Terms) -> list[StaffRule]:
    return [StaffRule(f"r-{place}", 1, each, "", "", "Kim") for place, each in enumerate(terms)]


def hidden(found: InForce, engine: Engine) -> set[str]:
    return set() if found.hidden is None else set(engine.index.to_ids(np.flatnonzero(found.hidden)))


def pinned(found: InForce, engine: Engine, occasion: str | None = None) -> list[str]:
    return engine.index.to_ids((found.emphasis.get(occasion) or found.emphasis[None]).pins)


def boosted(found: InForce, engine: Engine, occasion: str | None = None) -> dict[str, float]:
    boost = (found.emphasis.get(occasion) or found.emphasis[None]).boost
    return {} if boost is None else {engine.index.ids[at - 1]: float(boost[at]) for at in np.flatnonzero(boost)}


def test_pins_go_by_position_then_by_age_and_each_toy_stands_once(engine: Engine) -> None:
    pins = [("bear", None), ("track", 2), ("engine", 1), ("track", 1), ("unicorn", 1), ("bear", 9), ("rattle", None)]
    found = in_force(rules(*(Terms("pin", "toy_id", toy, position=at) for toy, at in pins)), engine, NOON)
    assert pinned(found, engine) == ["engine", "track", "bear", "rattle"]
    assert found.emphasis[None].boost is None


def test_boosts_add_up_to_a_bound(engine: Engine) -> None:
    found = in_force(
        rules(
            Terms("boost", "brand", "LUMI", 2.0),
            Terms("boost", "toy_id", "bear", 2.5),
            Terms("bury", "toy_id", "rattle", 0.5),
            Terms("bury", "category", "trains", 2.0),
            Terms("bury", "toy_id", "track", 3.0),
        ),
        engine,
        NOON,
    )
    assert boosted(found, engine) == {"bear": 3, "rattle": 1.5, "track": -3, "engine": -2, "station": -2}
    assert found.emphasis[None].boost is not None
    assert found.emphasis[None].boost.dtype == np.float32


def test_an_occasion_adds_its_own_to_what_holds_always(engine: Engine) -> None:
    found = in_force(
        rules(
            Terms("boost", "toy_id", "bear", 1.0),
            Terms("bury", "toy_id", "bear", 1.0, occasion="christmas"),
            Terms("pin", "toy_id", "engine", occasion="birthday"),
        ),
        engine,
        NOON,
    )
    assert (boosted(found, engine), pinned(found, engine)) == ({"bear": 1}, [])
    assert (boosted(found, engine, "birthday"), pinned(found, engine, "birthday")) == ({"bear": 1}, ["engine"])
    assert (boosted(found, engine, "christmas"), pinned(found, engine, "christmas")) == ({}, [])
    assert boosted(found, engine, "other") == {"bear": 1}


def test_it_holds_until_the_next_rule_begins_or_ends(engine: Engine) -> None:
    hour = timedelta(hours=1)
    made = rules(
        Terms("hide", "toy_id", "bear", starts=NOON - hour, ends=NOON + 2 * hour),
        Terms("hide", "toy_id", "track", starts=NOON + hour),
        Terms("hide", "brand", "no such brand", ends=NOON - 2 * hour),
    )
    now = in_force(made, engine, NOON)
    assert (now.since, now.until, hidden(now, engine)) == (NOON - hour, NOON + hour, {"bear"})
    assert now.holds(NOON - hour)
    assert not now.holds(NOON - hour - timedelta(microseconds=1))
    assert not now.holds(NOON + hour)
    assert in_force(made, engine, NOON - 2 * hour).since == NOON - 2 * hour
    last = in_force(made, engine, NOON + 2 * hour)
    assert (last.until, hidden(last, engine)) == (None, {"track"})
    always = in_force(rules(Terms("hide", "toy_id", "bear")), engine, NOON)
    assert always.holds(datetime.min.replace(tzinfo=UTC))
    assert always.holds(datetime.max.replace(tzinfo=UTC))


TIMES = st.none() | st.integers(-3, 3)
TARGETS = st.one_of(
    st.tuples(st.just("toy_id"), st.sampled_from(["bear", "track", "poker", "unicorn"])),
    st.tuples(st.just("category"), st.sampled_from(["Trains", "games", "Toys", "Nothing"])),
    st.tuples(st.just("brand"), st.sampled_from(["Holt", "lumi", "Nobody"])),
)


@st.composite
def some_terms(draw: st.DrawFn) -> Terms:
    kind = draw(st.sampled_from(["pin", "boost", "bury", "hide"]))
    by, value = draw(TARGETS if kind != "pin" else st.tuples(st.just("toy_id"), st.sampled_from(["bear", "track"])))
    first, last = draw(TIMES), draw(TIMES)
    return Terms(
        kind,
        by,
        value,
        draw(st.sampled_from([0.5, 1.0, 3.0])) if kind in ("boost", "bury") else None,
        draw(st.none() | st.integers(1, 3)) if kind == "pin" else None,
        None if first is None else NOON + timedelta(hours=first),
        None if last is None else NOON + timedelta(hours=last),
        draw(st.sampled_from(OCCASIONS)) if kind != "hide" else None,
    )


def matches(terms: Terms, engine: Engine) -> Iterable[str]:
    for toy in engine.toys:
        has = {"toy_id": [toy.id], "category": toy.category, "brand": [toy.brand or ""]}[terms.by]
        if terms.value in has or (terms.by != "toy_id" and terms.value.lower() in [name.lower() for name in has]):
            yield toy.id


@settings(max_examples=300, deadline=None)
@given(terms=st.lists(some_terms(), max_size=8), hour=st.integers(-4, 4), occasion=st.sampled_from([*OCCASIONS, "x"]))
def test_as_said_plainly(engine: Engine, terms: list[Terms], hour: int, occasion: str | None) -> None:
    at = NOON + timedelta(hours=hour)
    found = in_force(rules(*terms), engine, at)
    live = [each for each in terms if (each.starts or at) <= at and (each.ends is None or at < each.ends)]
    assert hidden(found, engine) == {toy for each in live if each.kind == "hide" for toy in matches(each, engine)}
    live = [each for each in live if each.occasion in (None, occasion)]
    wanted: dict[str, float] = {}
    for each in live:
        for toy in matches(each, engine):
            wanted[toy] = wanted.get(toy, 0) + {"boost": 1, "bury": -1}.get(each.kind, 0) * (each.strength or 0)
    assert boosted(found, engine, occasion) == {toy: max(-3, min(3, lift)) for toy, lift in wanted.items() if lift}
    pins = sorted((each for each in live if each.kind == "pin"), key=lambda each: each.position or 99)
    assert pinned(found, engine, occasion) == list(dict.fromkeys(each.value for each in pins))
    for other in range(-4, 5):
        then = NOON + timedelta(hours=other)
        if found.holds(then):
            again = in_force(rules(*terms), engine, then)
            assert again.active.keys() == found.active.keys()
            assert (again.since, again.until) == (found.since, found.until)


def test_a_rule_for_a_toy_that_comes_later_holds_when_it_comes(engine: Engine, bundle: Path) -> None:
    made = rules(Terms("hide", "toy_id", "later"), Terms("pin", "toy_id", "later"))
    assert in_force(made, engine, NOON).hidden is None
    toys = [*engine.toys[:-1], replace(engine.toys[-1], id="later")]
    newer = Engine(engine.folder, engine.manifest, toys, engine.student)
    assert hidden(in_force(made, newer, NOON), newer) == {"later"}
    assert pinned(in_force(made, newer, NOON), newer) == ["later"]
