from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings, create_app
from app.kiosk.models.toys import ListAnswer
from app.kiosk.store.database import Database
from app.kiosk.store.events import EventStore, StoredEvent
from app.kiosk.trends import Trends
from data.schema import EventKind
from recommender.serving.engine import Engine
from recommender.serving.load import load_bundle

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
_number = count()


def event(toy: str, kind: str = "purchase", session: str | None = None, at: datetime = NOW, **more: int) -> StoredEvent:
    name = f"e{next(_number)}"
    return StoredEvent(name, session or name, toy, EventKind(kind), time=at, received=at, **more)  # type: ignore[arg-type]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "kiosk.sqlite")
    yield database
    database.close()


@pytest.fixture(scope="module")
def engine(bundle: Path) -> Engine:
    return load_bundle(bundle)


def read(
    database: Database, engine: Engine, *events: StoredEvent, now: datetime = NOW
) -> tuple[dict[str, float], set[str]]:
    """(heat by toy id where there is any, the toys that are popular now)."""
    EventStore(database).keep(events)
    heat = Trends(database, 14, lambda: now).heat(engine)
    return (
        {toy.id: round(heat.counts[place], 4) for place, toy in enumerate(engine.toys, 1) if heat.counts[place]},
        {toy.id for place, toy in enumerate(engine.toys, 1) if heat.lately[place]},
    )


def test_kinds_weigh_as_they_should_and_refusals_count_against(database: Database, engine: Engine) -> None:
    kinds = {"rattle": "purchase", "bear": "cart", "blocks": "like", "track": "view", "engine": "return"}
    heat, lately = read(database, engine, *(event(toy, kind) for toy, kind in kinds.items()), event("unicorn"))
    assert heat == {"rattle": 1.0, "bear": 0.5, "blocks": 0.3, "track": 0.1, "engine": -1.0}
    assert lately == set(), "one session is not popularity"


def test_five_thousand_likes_of_one_session_are_one_like(database: Database, engine: Engine) -> None:
    heat, lately = read(database, engine, *(event("rattle", "like", "robot") for _ in range(5000)))
    assert (heat, lately) == ({"rattle": 0.3}, set())
    heat, lately = read(database, engine, *(event("rattle", "like", "robot", NOW - DAY) for _ in range(9)))
    assert heat["rattle"] == pytest.approx(0.3 + 0.3 * 0.5 ** (1 / 14), abs=1e-4)


def test_events_fade_and_three_sessions_of_the_last_weeks_make_a_toy_popular(
    database: Database, engine: Engine
) -> None:
    old = [event("bear", at=NOW - 28 * DAY) for _ in range(4)]
    heat, lately = read(database, engine, *old, *(event("rattle", "like") for _ in range(3)))
    assert heat == {"bear": 1.0, "rattle": 0.9}
    assert lately == {"rattle"}
    heat, lately = read(database, engine, event("rattle", "dismiss"))
    assert lately == set(), "as many refused it as were needed to make it so"
    ancient = read(database, engine, event("track", at=NOW - 200 * DAY))
    assert "track" not in ancient[0]


def test_a_clock_that_was_wrong_makes_nothing_popular(database: Database, engine: Engine) -> None:
    sold = [event("rattle") for _ in range(3)]
    assert read(database, engine, *sold, now=NOW - 365 * DAY) == ({}, set()), (
        "set back a year: nothing is known, no error"
    )
    assert read(database, engine, now=NOW) == ({"rattle": 3.0}, {"rattle"})
    assert read(database, engine, now=NOW - DAY)[0]["rattle"] == pytest.approx(3 * 0.5 ** (1 / 14), abs=1e-4)
    ahead = event("bear", at=NOW, skew_ms=1)
    told = StoredEvent(**{**{name: getattr(ahead, name) for name in ahead.__slots__}, "time": NOW + 300 * DAY})
    assert read(database, engine, told)[0]["bear"] == 1.0, "a time that is not believed: when it came is"


def test_it_is_read_once_a_minute_and_again_for_another_engine(database: Database, engine: Engine) -> None:
    seconds = [100.0]
    trends, events = Trends(database, 14, lambda: NOW, lambda: seconds[0]), EventStore(database)
    assert not trends.heat(engine).counts.any()
    events.keep([event("rattle")])
    assert not trends.heat(engine).counts.any()
    seconds[0] += 60
    assert not trends.heat(engine).counts.any(), "nobody waits: this one has what was known"
    trends.wait()
    first = trends.heat(engine)
    assert first.counts[engine.index["rattle"]] == 1.0
    assert trends.heat(engine) is first
    longer = engine.with_toys({}, [engine.toys[0].__class__("own", "Own")], engine.student.table[1:2])
    assert len(trends.heat(longer).counts) == len(longer.shelf)


def test_what_takes_long_to_read_is_read_more_seldom(database: Database, engine: Engine) -> None:
    ticks = iter([0.0, 2.0, 199.0, 200.0, 200.0, 200.0])  # the first reading takes two seconds
    trends = Trends(database, 14, lambda: NOW, lambda: next(ticks, 200.0))
    trends.heat(engine)
    EventStore(database).keep([event("rattle")])
    trends.heat(engine)
    trends.wait()
    assert not trends.heat(engine).counts.any(), "at 199 and 200 seconds it is not old"
    ticks = iter([202.0])
    trends.heat(engine)
    trends.wait()
    assert trends.heat(engine).counts.any()


def test_where_the_database_does_not_answer_what_was_known_is_shown(database: Database, engine: Engine) -> None:
    seconds = [100.0]
    trends = Trends(database, 14, lambda: NOW, lambda: seconds[0])
    EventStore(database).keep([event("rattle")])
    assert trends.heat(engine).counts.any()
    with sqlite3.connect(database.file) as connection:
        connection.execute("ALTER TABLE events RENAME TO gone")
    connection.close()
    seconds[0] += 60
    trends.heat(engine)
    trends.wait()
    assert trends.heat(engine).counts.any()
    assert not Trends(database, 14, lambda: NOW).heat(engine).counts.any()


@pytest.fixture
def busy(settings: KioskSettings) -> Iterator[TestClient]:
    """A kiosk where three sessions bought the marbles today."""
    with TestClient(create_app(settings)) as client:
        events = [
            {"event_id": f"m{i}", "session_id": f"s{i}", "toy_id": "marbles", "kind": "purchase"} for i in range(3)
        ]
        assert client.post("/v1/events:batch", json={"events": events}).status_code == 200
        yield client


def test_what_this_shop_sells_comes_first_under_the_mask(busy: TestClient) -> None:
    body = busy.get("/v1/popular?k=2&youngest_age_months=60").json()
    ListAnswer.model_validate(body)
    assert body["items"][0]["toy"]["toy_id"] == "marbles"
    assert body["items"][0]["reasons"] == [{"code": "popular_now", "text": "Popular here these weeks"}]
    assert body["short_reason"] is None
    child = busy.get("/v1/popular?k=12&youngest_age_months=20&language=zh").json()
    assert {item["toy"]["toy_id"] for item in child["items"]} == {"rattle", "bear", "blocks"}
    assert child["masked"] == {"safety": 9}
    assert child["short_reason"]["code"] == "safety"
    games = busy.get("/v1/popular?category=games&youngest_age_months=60&price_max=4").json()
    assert [item["toy"]["toy_id"] for item in games["items"]] == ["marbles"]


@pytest.mark.parametrize("query", ["k=0", "k=101", "age=3", "price_min=5&price_max=4", "in_stock=perhaps"])
def test_what_is_not_understood_is_refused(client: TestClient, query: str) -> None:
    assert client.get(f"/v1/popular?{query}").status_code == 422
