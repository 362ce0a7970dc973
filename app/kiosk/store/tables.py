"""The tables of the kiosk's SQLite file, in one place. Times are milliseconds since 1970 UTC, truths 0 or 1."""

from __future__ import annotations

from typing import Final

VERSION: Final = 4
"""`user_version` of the database; a newer one is refused rather than misread, an older one gets what it lacks."""

# AUTOINCREMENT: a number is never given twice, whatever is cleared away. The forwarder's cursor is such a number.
TABLES: Final[dict[str, str]] = {
    "events": """CREATE TABLE IF NOT EXISTS events (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, -- the order of arrival, whatever the clock says
    event_id TEXT NOT NULL UNIQUE,
    session_id TEXT NOT NULL,
    shopper_id TEXT,
    toy_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    time_ms BIGINT NOT NULL, -- as the client said it
    received_ms BIGINT NOT NULL, -- by the kiosk's clock
    skew_ms BIGINT, -- time - received, where that is too much to be believed; else null
    session_only BOOLEAN NOT NULL DEFAULT 0,
    recommendation_id TEXT,
    recipient_id TEXT,
    recipient_age INTEGER,
    recipient_interests TEXT NOT NULL -- a JSON list
)""",
    "answers": """CREATE TABLE IF NOT EXISTS answers (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    recommendation_id TEXT NOT NULL UNIQUE,
    time_ms BIGINT NOT NULL,
    model TEXT NOT NULL,
    session_id TEXT,
    shopper_id TEXT,
    session_only BOOLEAN NOT NULL,
    recipient_age INTEGER,
    youngest_age INTEGER,
    occasion TEXT,
    purpose TEXT NOT NULL,
    language TEXT NOT NULL,
    interests TEXT, -- a JSON list of those that the model reads; null: not noted, as before version 4
    budget FLOAT -- a round sum; null: none was said, or one that is not round
)""",
    "impressions": """CREATE TABLE IF NOT EXISTS impressions (
    answer_id INTEGER NOT NULL REFERENCES answers (id) ON DELETE CASCADE,
    position INTEGER NOT NULL, -- from 1
    toy_id TEXT NOT NULL,
    score FLOAT NOT NULL,
    propensity FLOAT NOT NULL,
    pinned BOOLEAN NOT NULL,
    PRIMARY KEY (answer_id, position)
) WITHOUT ROWID""",
    "hours": """CREATE TABLE IF NOT EXISTS hours (
    hour_ms BIGINT NOT NULL,
    name TEXT NOT NULL, -- answers, impressions, lost, or masked.RULE
    count BIGINT NOT NULL,
    PRIMARY KEY (hour_ms, name)
) WITHOUT ROWID""",
    "searches": """CREATE TABLE IF NOT EXISTS searches (
    day_ms BIGINT NOT NULL, -- its first millisecond
    text TEXT NOT NULL, -- what found nothing; of whom is not known
    times BIGINT NOT NULL,
    PRIMARY KEY (day_ms, text)
) WITHOUT ROWID""",
    "forgotten": """CREATE TABLE IF NOT EXISTS forgotten (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    who TEXT NOT NULL, -- shopper or session
    value TEXT NOT NULL, -- until headquarters has been told, and no longer
    time_ms BIGINT NOT NULL
)""",
    "removals": """CREATE TABLE IF NOT EXISTS removals (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    time_ms BIGINT NOT NULL,
    cause TEXT NOT NULL, -- retention or shopper
    kind TEXT NOT NULL, -- the table
    cutoff_ms BIGINT, -- where the cause is retention
    rows BIGINT NOT NULL
)""",
    "marks": """CREATE TABLE IF NOT EXISTS marks (
    name TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
)""",
    "staff_keys": """CREATE TABLE IF NOT EXISTS staff_keys (
    name TEXT NOT NULL PRIMARY KEY,
    role TEXT NOT NULL,
    digest BLOB NOT NULL, -- SHA-256 of the key, which is kept nowhere
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT -- null: never
)""",
    "recalls": """CREATE TABLE IF NOT EXISTS recalls (
    "by" TEXT NOT NULL, -- toy_id or barcode
    value TEXT NOT NULL, -- a barcode as barcode_key has it
    reason TEXT,
    source TEXT,
    added_ms BIGINT NOT NULL,
    PRIMARY KEY ("by", value)
)""",
    "stock_lists": """CREATE TABLE IF NOT EXISTS stock_lists (
    store_id TEXT NOT NULL PRIMARY KEY,
    loaded_ms BIGINT NOT NULL -- when a whole list came last
)""",
    "stock": """CREATE TABLE IF NOT EXISTS stock (
    store_id TEXT NOT NULL,
    toy_id TEXT NOT NULL,
    count BIGINT NOT NULL,
    changed_ms BIGINT NOT NULL,
    PRIMARY KEY (store_id, toy_id)
)""",
    "rules": """CREATE TABLE IF NOT EXISTS rules (
    place INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, -- the order in which they were made, whatever the clock said
    rule_id TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL,
    kind TEXT NOT NULL,
    "by" TEXT NOT NULL, -- toy_id, category or brand
    value TEXT NOT NULL,
    strength FLOAT,
    position INTEGER,
    starts_ms BIGINT,
    ends_ms BIGINT,
    occasion TEXT,
    note TEXT,
    created_ms BIGINT NOT NULL,
    changed_ms BIGINT NOT NULL,
    changed_by TEXT NOT NULL -- the name of a key
)""",
    "own_toys": """CREATE TABLE IF NOT EXISTS own_toys (
    place INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, -- the order in which they came; an added toy keeps its own
    kind TEXT NOT NULL, -- added, corrected or retired
    toy_id TEXT NOT NULL,
    said TEXT NOT NULL, -- a JSON object of the toy's fields; of a retired one, empty
    revision INTEGER NOT NULL,
    changed_ms BIGINT NOT NULL,
    changed_by TEXT NOT NULL, -- the name of a key
    UNIQUE (kind, toy_id)
)""",
    "audit": """CREATE TABLE IF NOT EXISTS audit (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    time_ms BIGINT NOT NULL,
    who TEXT NOT NULL, -- the name of a key, or "command line"
    action TEXT NOT NULL,
    details TEXT NOT NULL -- a JSON object
)""",
}
"""Name → what makes it."""

INDEXES: Final = (
    "CREATE INDEX IF NOT EXISTS events_by_time ON events (time_ms)",
    "CREATE INDEX IF NOT EXISTS events_by_arrival ON events (received_ms)",
    "CREATE INDEX IF NOT EXISTS events_by_session ON events (session_id)",
    "CREATE INDEX IF NOT EXISTS events_that_pass ON events (session_id, received_ms) WHERE session_only = 1",
    "CREATE INDEX IF NOT EXISTS events_by_shopper ON events (shopper_id) WHERE shopper_id IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS answers_by_time ON answers (time_ms)",
    "CREATE INDEX IF NOT EXISTS answers_by_session ON answers (session_id) WHERE session_id IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS answers_that_pass ON answers (session_id, time_ms) WHERE session_only = 1",
    "CREATE INDEX IF NOT EXISTS answers_by_shopper ON answers (shopper_id) WHERE shopper_id IS NOT NULL",
)

PASSING: Final = frozenset(
    ("events", "answers", "impressions", "hours", "searches", "forgotten", "removals", "marks", "audit")
)
"""Tables of shoppers, and of what only this database knows. All others are the shop's own word, and are mirrored."""
