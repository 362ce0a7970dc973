"""How often something was wanted of a model's lists."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from app.kiosk.store.database import Database
from data.schema import WANTED_KINDS

MOST_OF_A_SESSION: Final = 20
"""Of one session no more lists count: a machine that asks for thousands must not speak for all shoppers."""
_LISTS: Final = "SELECT count(*) FROM answers WHERE time_ms BETWEEN ? AND ? AND model = ? AND session_only = 0"
# Of an event, when it was received has an index, and is by the same clock as the list.
_RATE: Final = """
    WITH numbered AS (
        SELECT id, recommendation_id, time_ms,
            row_number() OVER (PARTITION BY coalesce(session_id, id) ORDER BY id) AS place
        FROM answers WHERE time_ms BETWEEN :since AND :last AND model = :model AND session_only = 0
    ),
    chosen AS MATERIALIZED (
        SELECT id, recommendation_id, time_ms FROM numbered WHERE place <= :of_a_session
        ORDER BY time_ms DESC, id DESC LIMIT :most
    ),
    wanted AS (
        SELECT DISTINCT chosen.id
        FROM events
        JOIN chosen ON chosen.recommendation_id = events.recommendation_id
        JOIN impressions ON answer_id = chosen.id AND impressions.toy_id = events.toy_id
        WHERE received_ms BETWEEN :since AND :last + :allowance
            AND received_ms BETWEEN chosen.time_ms AND chosen.time_ms + :allowance
            AND kind IN (SELECT value FROM json_each(:kinds))
    )
    SELECT (SELECT count(*) FROM chosen), (SELECT count(*) FROM wanted)
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many lists, and those of them of which something was wanted."""

    lists: int
    wanted: int

    @property
    def share(self) -> float:
        """The positive rate, in [0, 1]; 0 of no lists."""
        return self.wanted / self.lists if self.lists else 0.0


def lists_of(database: Database, model: str, since_ms: int, last_ms: int) -> int:
    """How many lists of a model are kept from that time. Raises StoreUnavailableError."""
    with database.reading() as connection:
        return int(connection.execute(_LISTS, (since_ms, last_ms, model)).fetchone()[0])


def rate_of(database: Database, model: str, since_ms: int, last_ms: int, allowance_ms: int, most: int) -> Rate:
    """The positive rate of the newest `most` lists of a model from that time. Raises StoreUnavailableError.

    allowance_ms: a like, a place in a cart or a purchase counts if it was received so soon after its list. Lists that
    pass with their session are left out.
    """
    asked = {
        "model": model,
        "since": since_ms,
        "last": last_ms,
        "allowance": allowance_ms,
        "most": most,
        "of_a_session": MOST_OF_A_SESSION,
        "kinds": json.dumps(sorted(WANTED_KINDS)),
    }
    with database.reading() as connection:
        return Rate(*map(int, connection.execute(_RATE, asked).fetchone()))
