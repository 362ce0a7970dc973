"""What is old goes and is recorded; a clock that is wrong takes nothing with it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.kiosk.store import retention as module
from app.kiosk.store.audit import note
from app.kiosk.store.database import Database, milliseconds
from app.kiosk.store.events import EventStore, StoredEvent
from app.kiosk.store.impressions import ShownList, write_shown
from app.kiosk.store.marks import write_mark
from app.kiosk.store.retention import HOLD, LAST_RUN, Retention
from app.kiosk.store.searches import DAY_MS, missed_searches, write_searches
from data.schema import EventKind, Toy
from recommender.serving.results import Pick, Recommendation

NOW = datetime(2026, 11, 1, 3, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "kiosk.sqlite")
    yield database
    database.close()


def keep(database: Database, *days_ago: float, prefix: str = "e") -> None:
    """An event and a list of each age, in that order of arrival."""
    count = EventStore(database).count()
    for place, days in enumerate(days_ago, start=count):
        at = NOW - timedelta(days=days)
        name = f"{prefix}{place}"
        EventStore(database).keep([StoredEvent(name, "s", "track", EventKind.VIEW, at, at)])
        shown = ShownList(Recommendation(name, "m", (Pick(Toy("track", "Track"), 1, 1.0),)), milliseconds(at))
        with database.writing() as connection:
            write_shown(connection, [shown], {})


def names(database: Database) -> list[str]:
    with database.reading() as connection:
        events = [row[0] for row in connection.execute("SELECT event_id FROM events ORDER BY id")]
        answers = [row[0] for row in connection.execute("SELECT recommendation_id FROM answers ORDER BY id")]
        assert connection.execute("SELECT count(*) FROM impressions").fetchone()[0] == len(answers)
    assert events == answers
    return events


def test_what_is_old_goes_in_batches_and_is_recorded(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 2)
    keep(database, 500, 450, 420, 410, 401, 399, 10, 0)
    jobs = Retention(database, 400, 0)
    assert jobs.run(NOW) == {"events": 5, "answers": 5}
    assert names(database) == ["e5", "e6", "e7"]
    cutoff = "2025-09-27T03:00:00.000Z"
    found = [(each.cause, each.kind, each.rows, each.cutoff) for each in jobs.removals()]
    assert found == [("retention", "answers", 5, cutoff), ("retention", "events", 5, cutoff)]
    with database.reading() as connection:
        assert connection.execute("SELECT min(hour_ms) FROM hours").fetchone()[0] >= milliseconds(
            NOW - timedelta(days=400)
        )
    assert jobs.run(NOW + timedelta(hours=1)) == {}
    assert len(jobs.removals()) == 2, "no line where nothing went"
    assert jobs.run(NOW + timedelta(days=2)) == {"events": 1, "answers": 1}


def test_it_stops_between_batches_and_the_record_is_true(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 2)
    keep(database, 500, 500, 500, 500, 500, 0)
    jobs = Retention(database, 400, 0)
    assert jobs.run(NOW, lambda: True) == {"events": 2, "answers": 2}
    assert [each.rows for each in jobs.removals()] == [2, 2]
    assert jobs.run(NOW) == {"events": 3, "answers": 3}


def seek(database: Database, *days_ago: int) -> None:
    """A search that found nothing on each of these days."""
    with database.writing() as connection:
        days = {days: milliseconds(NOW - timedelta(days=days)) for days in days_ago}
        write_searches(connection, {(at - at % DAY_MS, f"{days} days ago"): 1 for days, at in days.items()})


def test_what_was_sought_in_vain_goes_with_the_rest(database: Database) -> None:
    seek(database, 401, 399)
    assert Retention(database, 400, 0).run(NOW) == {}, "neither names anybody: they are not in the record"
    assert [missed.text for missed in missed_searches(database)] == ["399 days ago"]


def test_for_ever_is_for_ever(database: Database) -> None:
    keep(database, 5000, 0)
    seek(database, 5000, 0)
    with database.reading() as connection:
        hours = connection.execute("SELECT count(*) FROM hours").fetchone()[0]
    assert Retention(database, 0, 0).run(NOW) == {}
    assert names(database) == ["e0", "e1"]
    assert len(missed_searches(database)) == 2
    with database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM hours").fetchone()[0] == hours > 0


def test_the_audit_log_has_its_own_time(database: Database) -> None:
    with database.writing() as connection:
        note(connection, "Kim", "stock.set", {})
    jobs, started = Retention(database, 10, 30), datetime.now(UTC)
    for days in range(0, 30, 2):
        assert jobs.run(started + timedelta(days=days)) == {}
    assert jobs.run(started + timedelta(days=30, seconds=1)) == {"audit": 1}


def test_a_clock_that_leaps_ahead_deletes_nothing_and_one_that_is_mended_neither(database: Database) -> None:
    keep(database, 10, 0)
    jobs = Retention(database, 400, 0)
    assert jobs.run(NOW) == {}
    assert jobs.held_until() is None
    leapt = NOW + timedelta(days=3650)
    for hours in (0, 1, 25, 24 * 6):
        assert jobs.run(leapt + timedelta(hours=hours)) == {}
        assert jobs.held_until() is not None
    assert jobs.run(NOW + timedelta(days=7)) == {}, "mended: a leap again, and nothing goes for a week"
    assert jobs.held_until() is not None
    assert jobs.run(NOW + timedelta(days=15)) == {}
    assert jobs.held_until() is None
    assert names(database) == ["e0", "e1"]


@pytest.mark.parametrize(
    ("days", "audit_days", "later", "leapt"),
    [
        (400, 0, 31, False),
        (400, 0, 31.1, True),
        (40, 400, 10, False),  # a quarter of the time kept
        (40, 400, 10.1, True),
        (0, 40, 10.1, True),
        (1, 0, 2, False),  # a run once a day is never a leap
        (1, 0, 2.1, True),
        (400, 0, -1, False),
        (400, 0, -1.1, True),
    ],
)
def test_what_is_a_leap_of_the_clock(database: Database, days: int, audit_days: int, later: float, leapt: bool) -> None:
    jobs = Retention(database, days, audit_days)
    jobs.run(NOW)
    assert jobs.held_until() is None
    jobs.run(NOW + timedelta(days=later))
    assert (jobs.held_until() is not None) == leapt


def test_a_kiosk_that_slept_for_two_years_deletes_a_week_late(database: Database) -> None:
    keep(database, 800, 760, 0)
    jobs = Retention(database, 400, 0)
    with database.writing() as connection:
        connection.execute("DELETE FROM events WHERE event_id = 'e2'")
        connection.execute("DELETE FROM answers WHERE recommendation_id = 'e2'")
    assert jobs.run(NOW) == {}, "never run before: the newest row says when it was last awake"
    assert jobs.run(NOW + timedelta(days=3)) == {}
    assert jobs.run(NOW + HOLD) == {"events": 2, "answers": 2}


def test_a_clock_set_back_a_year_deletes_nothing(database: Database) -> None:
    keep(database, 390, 0)
    jobs = Retention(database, 400, 0)
    jobs.run(NOW)
    assert jobs.run(NOW - timedelta(days=365)) == {}
    assert names(database) == ["e0", "e1"]


def test_what_was_stamped_by_a_dead_clock_stays_as_long_as_what_came_before_it(database: Database) -> None:
    keep(database, 450, 30, 20_000, 20_000, 29)  # two came while the clock said 1972
    jobs = Retention(database, 400, 0)
    assert jobs.run(NOW) == {"events": 1, "answers": 1}
    assert names(database) == ["e1", "e2", "e3", "e4"]
    for days in range(30, 400, 30):
        jobs.run(NOW + timedelta(days=days))
    assert names(database) == [], "they go with what came before them"


def test_what_was_stamped_in_the_future_does_not_keep_all_for_ever(database: Database) -> None:
    keep(database, 450, -3650, 420, 10, 0)
    jobs = Retention(database, 400, 0)
    with database.writing() as connection:
        write_mark(connection, LAST_RUN, milliseconds(NOW))
    assert jobs.run(NOW) == {"events": 3, "answers": 3}
    assert names(database) == ["e3", "e4"]


def test_what_arrives_while_all_is_old_is_kept(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 2)
    keep(database, 500, 500, 500)
    with database.writing() as connection:
        write_mark(connection, LAST_RUN, milliseconds(NOW))
    arrived: list[int] = []

    def arrive() -> bool:
        if not arrived:
            arrived.append(1)
            keep(database, 0, prefix="new")
        return False

    assert Retention(database, 400, 0).run(NOW, arrive)["events"] == 3
    assert len(names(database)) == 1
