"""Searches that found nothing: what shoppers would buy here if the shop had it.

A text stands alone: no session, no shopper, the day and no time. It is kept as the search read it, words in small
letters with spaces between. What looks like an address or a number of somebody is not kept at all.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from app.kiosk.store.database import Database, moment
from app.kiosk.store.tables import SEARCHES
from recommender.serving.search.words import words

DAY_MS: Final = 86_400_000
MOST_LETTERS: Final = 60
"""A longer text is a sentence, and may speak of people."""
MOST_DIGITS: Final = 5
MOST_A_DAY: Final = 200
"""How many different texts of one day are kept; those that are known are counted on."""
MOST_DAYS: Final = 90
"""How many days that have texts are kept, whatever the clock says of them."""


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


def write_searches(connection: sa.Connection, missed: Mapping[tuple[int, str], int]) -> None:
    """Add (day_ms, text) → times within the transaction of `connection`, and forget what is too much or too old."""
    for day in sorted({day for day, _ in missed}):
        known = set(connection.scalars(sa.select(SEARCHES.c.text).where(SEARCHES.c.day_ms == day)))
        asked = {text: times for (when, text), times in missed.items() if when == day}
        fresh = [text for text in asked if text not in known][: max(0, MOST_A_DAY - len(known))]
        rows = [{"day_ms": day, "text": text, "times": asked[text]} for text in asked if text in known or text in fresh]
        if rows:
            added = insert(SEARCHES)
            more = {"times": SEARCHES.c.times + added.excluded.times}
            connection.execute(added.on_conflict_do_update(index_elements=["day_ms", "text"], set_=more), rows)
    kept = sa.select(SEARCHES.c.day_ms).distinct().order_by(SEARCHES.c.day_ms.desc()).limit(MOST_DAYS)
    connection.execute(sa.delete(SEARCHES).where(SEARCHES.c.day_ms.not_in(kept)))


def missed_searches(database: Database, limit: int = 100) -> tuple[Missed, ...]:
    """What was sought in vain, the most often first. Raises StoreUnavailableError."""
    times, last = sa.func.sum(SEARCHES.c.times), sa.func.max(SEARCHES.c.day_ms)
    asked = (
        sa.select(SEARCHES.c.text, times, sa.func.count(), last)
        .group_by(SEARCHES.c.text)
        .order_by(times.desc(), last.desc(), SEARCHES.c.text)
        .limit(limit)
    )
    with database.reading() as connection:
        return tuple(Missed(text, int(n), days, moment(day)) for text, n, days, day in connection.execute(asked))
