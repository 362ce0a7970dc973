"""Rules, recalls and stock at random, over both lists that show toys: what may not be shown is not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kiosk import KioskSettings
from app.kiosk.in_force import toys_of
from app.kiosk.models.asks import RecommendationRequest
from app.kiosk.reading import asked
from app.kiosk.recommendations import ranked
from app.kiosk.state import Kiosk
from app.kiosk.store.database import Database
from app.kiosk.store.house import Recall
from app.kiosk.store.rules import StaffRule, Terms
from recommender.serving.load import load_bundle
from recommender.serving.policy.arrange import Arrangement
from recommender.serving.policy.mask import forbidding_rules
from recommender.serving.similar import similar

TOYS = ("rattle", "bear", "blocks", "track", "engine", "station", "marbles", "balloons", "puzzle", "poker", "unicorn")
BRANDS = ("lumi", "Holt", "Nobody")


@pytest.fixture(scope="module")
def kiosk(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    database = Database(tmp_path_factory.mktemp("random") / "kiosk.sqlite")
    kiosk = Kiosk(KioskSettings(bundle=bundle), load_bundle(bundle), database)
    kiosk.house.recall([Recall("toy_id", "station")], "Kim")
    kiosk.house.stock_up("main", {"blocks": 0, "bear": 2}, False, "Kim")
    kiosk.refresh_house()
    yield kiosk
    database.close()


def terms(kind: str) -> st.SearchStrategy[Terms]:
    toys = st.tuples(st.just("toy_id"), st.sampled_from(TOYS))
    targets = toys if kind == "pin" else toys | st.tuples(st.just("brand"), st.sampled_from(BRANDS))
    lifts = kind in ("boost", "bury")
    return st.builds(
        lambda target, strength, position, occasion: Terms(
            kind,  # type: ignore[arg-type]
            *target,
            strength if lifts else None,
            position if kind == "pin" else None,
            occasion=None if kind == "hide" else occasion,
        ),
        targets,
        st.sampled_from([0.5, 3.0]),
        st.none() | st.integers(1, 3),
        st.sampled_from([None, None, "birthday"]),
    )


@settings(max_examples=300, deadline=None)
@given(
    said=st.lists(st.sampled_from(["pin", "boost", "bury", "hide"]).flatmap(terms), max_size=8),
    youngest=st.sampled_from([None, 6, 40, 120]),
    occasion=st.sampled_from([None, "birthday"]),
    k=st.sampled_from([1, 3, 100]),
    history=st.lists(st.sampled_from(TOYS), max_size=3),
    in_stock=st.booleans(),
    arrangement=st.builds(Arrangement, st.sampled_from([0, 0.5]), st.sampled_from([0.3, 1]), st.sampled_from([0, 1])),
)
def test_no_rule_shows_what_may_not_be_shown(
    kiosk: Kiosk, said, youngest, occasion, k, history, in_stock, arrangement
) -> None:
    rules = [StaffRule(f"r-{place}", 1, each, "", "", "Kim") for place, each in enumerate(said)]
    now = kiosk.now.with_rules(rules, kiosk.clock())
    body = RecommendationRequest.model_validate(
        {
            "youngest_age_months": youngest,
            "occasion": occasion,
            "k": k,
            "history": history,
            "filters": {"in_stock": in_stock},
        }
    )
    engine = now.engine
    hidden = {engine.toys[place - 1].id for each in said if each.kind == "hide" for place in toys_of(each, engine)}
    silent = hidden | {"station"}
    shown = ranked(body, now, arrangement).items
    ids = [pick.toy.id for pick in shown]
    assert not set(ids) & (silent | {"blocks"} | set(history))
    assert not {reason.toy_id for pick in shown for reason in pick.reasons} & silent
    assert all(pick.toy.id == "bear" for pick in shown) or not in_stock

    situation = engine.situation(asked(body), now.masks)[1]
    allowed = {toy.id: not forbidding_rules(engine.shelf, situation, place) for place, toy in enumerate(engine.toys, 1)}
    assert all(allowed[toy] for toy in ids)
    assert len(ids) == min(k, sum(allowed.values()))
    pins = [each for each in said if each.kind == "pin" and each.occasion in (None, occasion)]
    pins.sort(key=lambda each: each.position or 99)
    wanted = [toy for toy in dict.fromkeys(each.value for each in pins) if allowed.get(toy)][:k]
    assert ids[: len(wanted)] == wanted
    assert [pick.pinned for pick in shown] == [place < len(wanted) for place in range(len(ids))]

    for toy in engine.toys[:4]:
        near = similar(engine, toy.id, k, youngest, house=now.masks).items
        assert not {pick.toy.id for pick in near} & (silent | {"blocks"})
        assert not {reason.toy_id for pick in near for reason in pick.reasons} & silent
