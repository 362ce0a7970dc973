from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kiosk.store.database import Database
from app.kiosk.store.searches import (
    DAY_MS,
    MOST_A_DAY,
    MOST_DAYS,
    MOST_LETTERS,
    Missed,
    kept_text,
    missed_searches,
    write_searches,
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "kiosk.sqlite")
    yield database
    database.close()


def write(database: Database, missed: dict[tuple[int, str], int]) -> None:
    with database.writing() as connection:
        write_searches(connection, missed)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  UNICORN castle! ", "unicorn castle"),
        ("ＬＥＧＯ 42115", "lego 42115"),
        ("独角兽", "独角兽"),
        ("ann@example.org", None),
        ("ann＠example.org", None),
        ("+44 20 7946 0958", None),
        ("０１２３４５６", None),
        ("🚂🚂", None),
        ("", None),
        ("x" * (MOST_LETTERS + 1), None),
    ],
)
def test_what_may_name_somebody_is_not_kept(text: str, kept: str | None) -> None:
    assert kept_text(text) == kept


@given(st.text(max_size=200))
def test_any_text_is_kept_short_or_not_at_all(text: str) -> None:
    kept = kept_text(text)
    assert kept is None or (0 < len(kept) <= MOST_LETTERS and "@" not in kept and kept == kept_text(kept))


def test_texts_are_counted_by_day_and_told_the_most_frequent_first(database: Database) -> None:
    write(database, {(0, "unicorn"): 2, (0, "slime"): 1})
    write(database, {(0, "unicorn"): 1, (DAY_MS, "slime"): 5})
    assert missed_searches(database) == (
        Missed("slime", 6, 2, "1970-01-02T00:00:00.000Z"),
        Missed("unicorn", 3, 1, "1970-01-01T00:00:00.000Z"),
    )
    assert len(missed_searches(database, 1)) == 1


def test_a_day_keeps_so_many_texts_and_counts_those_it_knows(database: Database) -> None:
    write(database, {(0, f"text {place}"): 1 for place in range(MOST_A_DAY - 1)})
    write(database, {(0, "text 0"): 1, (0, "one more"): 1, (0, "too many"): 1})
    found = {missed.text: missed.times for missed in missed_searches(database, 1000)}
    assert len(found) == MOST_A_DAY
    assert (found["text 0"], found["one more"], "too many" in found) == (2, 1, False)


def test_the_last_days_are_kept_whatever_the_clock_says_of_them(database: Database) -> None:
    for day in range(MOST_DAYS + 3):
        write(database, {(day * DAY_MS, f"text {day}"): 1})
    found = {missed.text for missed in missed_searches(database, 1000)}
    assert found == {f"text {day}" for day in range(3, MOST_DAYS + 3)}
