"""Searches that found nothing: what shoppers would buy here if the shop had it.

A text stands alone: no session, no shopper, the day and no time. It is kept as the search read it, words in small
letters with spaces between. What looks like an address or a number of somebody is not kept at all.
"""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.kiosk.store.database import Database, moment
from recommender.serving.search.words import words

DAY_MS: Final = 86_400_000
MOST_LETTERS: Final = 60
"""A longer text is a sentence, and may speak of people."""
MOST_DIGITS: Final = 5
MOST_A_DAY: Final = 200
"""How many different texts of one day are kept; those that are known are counted on."""
MOST_DAYS: Final = 90
"""How many days that have texts are kept, whatever the clock says of them."""
_COUNT: Final = """
    INSERT INTO searches (day_ms, text, times) VALUES (?, ?, ?)
    ON CONFLICT (day_ms, text) DO UPDATE SET times = times + excluded.times
"""
_CLEAR: Final = """
    DELETE FROM searches
    WHERE day_ms NOT IN (SELECT DISTINCT day_ms FROM searches ORDER BY day_ms DESC LIMIT ?)
"""
_OFTEN: Final = """
    SELECT text, sum(times) AS times, count(*) AS days, max(day_ms) AS last_ms
    FROM searches GROUP BY text ORDER BY sum(times) DESC, last_ms DESC, text LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Missed:
    """A text that found nothing: how often, on how many days, and when last (RFC 3339, the beginning of the day)."""

    text: str
    times: int
    days: int
    last: str


def kept_text(text: str) -> str | None:
    """`text` as it may be kept; None where there is nothing of it, or it may name somebody."""
    plain = unicodedata.normalize("NFKC", text)
    if "@" in plain or sum(character.isdigit() for character in plain) > MOST_DIGITS:
        return None
    said = " ".join(words(plain))
    return said if 0 < len(said) <= MOST_LETTERS else None


def write_searches(connection: sqlite3.Connection, missed: Mapping[tuple[int, str], int]) -> None:
    """Add (day_ms, text) → times within the transaction of `connection`, and forget what is too much or too old."""
    for day in sorted({day for day, _ in missed}):
        known = {row["text"] for row in connection.execute("SELECT text FROM searches WHERE day_ms = ?", (day,))}
        asked = {text: times for (when, text), times in missed.items() if when == day}
        fresh = [text for text in asked if text not in known][: max(0, MOST_A_DAY - len(known))]
        rows = [(day, text, asked[text]) for text in asked if text in known or text in fresh]
        connection.executemany(_COUNT, rows)
    connection.execute(_CLEAR, (MOST_DAYS,))


def missed_searches(database: Database, limit: int = 100) -> tuple[Missed, ...]:
    """What was sought in vain, the most often first. Raises StoreUnavailableError."""
    with database.reading() as connection:
        rows = connection.execute(_OFTEN, (limit,)).fetchall()
    return tuple(Missed(row["text"], row["times"], row["days"], moment(row["last_ms"])) for row in rows)
