"""What recommendation answers showed: one row a list, one row a toy of it, and counts by the hour."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from recommender.serving.results import Recommendation

HOUR_MS: Final = 3_600_000
_ANSWER: Final = """
    INSERT INTO answers (recommendation_id, time_ms, model, session_id, shopper_id, session_only, recipient_age,
        youngest_age, occasion, purpose, language, interests, budget)
    VALUES (:recommendation_id, :time_ms, :model, :session_id, :shopper_id, :session_only, :recipient_age,
        :youngest_age, :occasion, :purpose, :language, :interests, :budget)
    ON CONFLICT (recommendation_id) DO NOTHING
"""
_NUMBERS: Final = """
    SELECT recommendation_id, id FROM answers WHERE recommendation_id IN (SELECT value FROM json_each(?))
"""
_TOY: Final = """
    INSERT INTO impressions (answer_id, position, toy_id, score, propensity, pinned)
    VALUES (:answer_id, :position, :toy_id, :score, :propensity, :pinned)
    ON CONFLICT DO NOTHING
"""
_COUNT: Final = """
    INSERT INTO hours (hour_ms, name, count) VALUES (?, ?, ?)
    ON CONFLICT (hour_ms, name) DO UPDATE SET count = count + excluded.count
"""


@dataclass(frozen=True, slots=True)
class ShownList:
    """An answer and what it was asked with. Ages in months; session_only as in `StoredEvent`.

    interests: those that the model reads, None where they are not noted; budget: a round sum, or None
    """

    answer: Recommendation
    time_ms: int
    session_id: str | None = None
    shopper_id: str | None = None
    session_only: bool = False
    recipient_age: int | None = None
    youngest_age: int | None = None
    occasion: str | None = None
    purpose: str = "self"
    language: str = "en"
    interests: tuple[str, ...] | None = None
    budget: float | None = None


def write_shown(connection: sqlite3.Connection, shown: Sequence[ShownList], lost: Mapping[int, int]) -> None:
    """Write `shown` and the counts of its hours within the transaction of `connection`.

    lost: hour in milliseconds → toys shown that could not be written
    """
    if shown:
        connection.executemany(_ANSWER, map(_answer_row, shown))
        ids = {each.answer.recommendation_id: each for each in shown}
        for name, number in connection.execute(_NUMBERS, (json.dumps(list(ids)),)).fetchall():
            connection.executemany(_TOY, _toy_rows(ids[name].answer, number))
    counts: Counter[tuple[int, str]] = Counter({(hour, "lost"): count for hour, count in lost.items()})
    for each in shown:
        hour = hour_of(each.time_ms)
        counts[hour, "answers"] += 1
        counts[hour, "impressions"] += len(each.answer.items)
        for rule, removed in each.answer.masked.items():
            counts[hour, f"masked.{rule}"] += removed
    connection.executemany(_COUNT, ((hour, name, count) for (hour, name), count in counts.items()))


def hour_of(time_ms: int) -> int:
    """The hour in which `time_ms` lies, by its first millisecond."""
    return time_ms - time_ms % HOUR_MS


def _answer_row(shown: ShownList) -> dict[str, Any]:
    return {
        "recommendation_id": shown.answer.recommendation_id,
        "time_ms": shown.time_ms,
        "model": shown.answer.model,
        "session_id": shown.session_id,
        "shopper_id": shown.shopper_id,
        "session_only": shown.session_only,
        "recipient_age": shown.recipient_age,
        "youngest_age": shown.youngest_age,
        "occasion": shown.occasion,
        "purpose": shown.purpose,
        "language": shown.language,
        "interests": None if shown.interests is None else json.dumps(shown.interests, ensure_ascii=False),
        "budget": shown.budget,
    }


def _toy_rows(answer: Recommendation, number: int) -> list[dict[str, Any]]:
    return [
        {
            "answer_id": number,
            "position": position,
            "toy_id": pick.toy.id,
            "score": pick.score,
            "propensity": pick.propensity,
            "pinned": pick.pinned,
        }
        for position, pick in enumerate(answer.items, start=1)
    ]
