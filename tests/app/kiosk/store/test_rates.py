"""How often something was wanted of a model's lists, counted on the fingers."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.kiosk.store.database import Database
from app.kiosk.store.rates import MOST_OF_A_SESSION, Rate, lists_of, rate_of


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "kiosk.sqlite")


def show(
    database: Database, name: str, at: int, model: str = "m", session: str | None = None, passing: bool = False
) -> None:
    with database.writing() as connection:
        number = connection.execute(
            "INSERT INTO answers (recommendation_id, time_ms, model, session_id, session_only, purpose, language) "
            "VALUES (?, ?, ?, ?, ?, 'self', 'en')",
            (name, at, model, session, passing),
        ).lastrowid
        connection.execute("INSERT INTO impressions VALUES (?, 1, 'bear', 0, 1, 0)", (number,))


def come(database: Database, name: str | None, at: int, toy: str = "bear", kind: str = "like") -> None:
    with database.writing() as connection:
        connection.execute(
            "INSERT INTO events (event_id, session_id, toy_id, kind, time_ms, received_ms, recommendation_id, "
            "recipient_interests) VALUES (?, 's', ?, ?, 0, ?, ?, '[]')",
            (f"{name}{at}{toy}{kind}", toy, kind, at, name),
        )


def rate(database: Database, since: int = 0, last: int = 1000, allowance: int = 100, most: int = 50) -> Rate:
    return rate_of(database, "m", since, last, allowance, most)


def test_a_list_counts_once_for_what_was_wanted_of_it_and_soon(database: Database) -> None:
    for number in range(8):
        show(database, f"r{number}", 500)
    show(database, "other", 500, model="n")
    show(database, "late", 1001)
    come(database, "r0", 500)
    come(database, "r0", 510, kind="purchase")
    come(database, "r1", 600)
    come(database, "r2", 601)  # too late
    come(database, "r3", 499)  # a clock that was set back
    come(database, "r4", 510, kind="view")
    come(database, "r5", 510, toy="blocks")  # was not on it
    come(database, "r6", 510, kind="cart")
    come(database, "other", 510)
    come(database, "late", 1010)
    come(database, None, 510)
    assert rate(database) == Rate(8, 3)
    assert rate(database).share == 3 / 8
    assert rate(database, last=1001) == Rate(9, 4)
    assert rate(database, since=501) == Rate(0, 0)
    assert rate(database, since=501).share == 0
    assert lists_of(database, "m", 0, 1000) == 8
    assert lists_of(database, "m", 0, 1001) == 9


def test_the_newest_are_taken_and_those_that_pass_are_not(database: Database) -> None:
    for number in range(10):
        show(database, f"r{number}", number)
        come(database, f"r{number}", number, kind="like" if number >= 7 else "view")
    show(database, "passing", 9, session="s", passing=True)
    come(database, "passing", 9)
    assert rate(database, most=4) == Rate(4, 3)
    assert rate(database) == Rate(10, 3)
    assert lists_of(database, "m", 0, 1000) == 10


def test_no_session_speaks_for_all(database: Database) -> None:
    for number in range(MOST_OF_A_SESSION + 30):
        show(database, f"bot{number}", number, session="bot")
    for number in range(3):
        show(database, f"r{number}", 500 + number, session=f"s{number}")
        come(database, f"r{number}", 510)
    assert rate(database, most=500) == Rate(MOST_OF_A_SESSION + 3, 3)
