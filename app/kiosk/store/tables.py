"""The tables of the kiosk's SQLite file, in one place. Times are milliseconds since 1970 UTC."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

VERSION: Final = 3
"""`user_version` of the database; a newer one is refused rather than misread, an older one gets the tables it lacks."""

METADATA: Final = sa.MetaData()

EVENTS: Final = sa.Table(
    "events",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),  # the order of arrival, whatever the clock says
    sa.Column("event_id", sa.Text, nullable=False, unique=True),
    sa.Column("session_id", sa.Text, nullable=False),
    sa.Column("shopper_id", sa.Text),
    sa.Column("toy_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("time_ms", sa.BigInteger, nullable=False),  # as the client said it
    sa.Column("received_ms", sa.BigInteger, nullable=False),  # by the kiosk's clock
    sa.Column("skew_ms", sa.BigInteger),  # time − received, where that is too much to be believed; else null
    sa.Column("session_only", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("recommendation_id", sa.Text),
    sa.Column("recipient_id", sa.Text),
    sa.Column("recipient_age", sa.Integer),
    sa.Column("recipient_interests", sa.Text, nullable=False),  # a JSON list
    sa.Index("events_by_time", "time_ms"),
    sa.Index("events_by_arrival", "received_ms"),
    sa.Index("events_by_session", "session_id"),
    sa.Index("events_that_pass", "session_id", "received_ms", sqlite_where=sa.text("session_only = 1")),
    sa.Index("events_by_shopper", "shopper_id", sqlite_where=sa.text("shopper_id IS NOT NULL")),
    sqlite_autoincrement=True,  # the forwarder's cursor is a number: it must never be given twice
)

ANSWERS: Final = sa.Table(
    "answers",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("recommendation_id", sa.Text, nullable=False, unique=True),
    sa.Column("time_ms", sa.BigInteger, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("session_id", sa.Text),
    sa.Column("shopper_id", sa.Text),
    sa.Column("session_only", sa.Boolean, nullable=False),
    sa.Column("recipient_age", sa.Integer),
    sa.Column("youngest_age", sa.Integer),
    sa.Column("occasion", sa.Text),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Index("answers_by_time", "time_ms"),
    sa.Index("answers_by_session", "session_id", sqlite_where=sa.text("session_id IS NOT NULL")),
    sa.Index("answers_that_pass", "session_id", "time_ms", sqlite_where=sa.text("session_only = 1")),
    sa.Index("answers_by_shopper", "shopper_id", sqlite_where=sa.text("shopper_id IS NOT NULL")),
    sqlite_autoincrement=True,
)

IMPRESSIONS: Final = sa.Table(
    "impressions",
    METADATA,
    sa.Column("answer_id", sa.Integer, sa.ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),  # from 1
    sa.Column("toy_id", sa.Text, nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("propensity", sa.Float, nullable=False),
    sa.Column("pinned", sa.Boolean, nullable=False),
    sqlite_with_rowid=False,
)

HOURS: Final = sa.Table(
    "hours",
    METADATA,
    sa.Column("hour_ms", sa.BigInteger, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),  # answers, impressions, lost, or masked.RULE
    sa.Column("count", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

SEARCHES: Final = sa.Table(
    "searches",
    METADATA,
    sa.Column("day_ms", sa.BigInteger, primary_key=True),  # its first millisecond
    sa.Column("text", sa.Text, primary_key=True),  # what found nothing; of whom is not known
    sa.Column("times", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

FORGOTTEN: Final = sa.Table(
    "forgotten",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("who", sa.Text, nullable=False),  # shopper or session
    sa.Column("value", sa.Text, nullable=False),  # until headquarters has been told, and no longer
    sa.Column("time_ms", sa.BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

REMOVALS: Final = sa.Table(
    "removals",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("time_ms", sa.BigInteger, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),  # retention or shopper
    sa.Column("kind", sa.Text, nullable=False),  # the table
    sa.Column("cutoff_ms", sa.BigInteger),  # where the cause is retention
    sa.Column("rows", sa.BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

MARKS: Final = sa.Table(
    "marks",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False),
)

STAFF_KEYS: Final = sa.Table(
    "staff_keys",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),  # SHA-256 of the key, which is kept nowhere
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("expires_ms", sa.BigInteger),  # NULL: never
)

RECALLS: Final = sa.Table(
    "recalls",
    METADATA,
    sa.Column("by", sa.Text, primary_key=True),  # toy_id or barcode
    sa.Column("value", sa.Text, primary_key=True),  # a barcode as `barcode_key` has it
    sa.Column("reason", sa.Text),
    sa.Column("source", sa.Text),
    sa.Column("added_ms", sa.BigInteger, nullable=False),
)

STOCK_LISTS: Final = sa.Table(
    "stock_lists",
    METADATA,
    sa.Column("store_id", sa.Text, primary_key=True),
    sa.Column("loaded_ms", sa.BigInteger, nullable=False),  # when a whole list came last
)

STOCK: Final = sa.Table(
    "stock",
    METADATA,
    sa.Column("store_id", sa.Text, primary_key=True),
    sa.Column("toy_id", sa.Text, primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("changed_ms", sa.BigInteger, nullable=False),
)

RULES: Final = sa.Table(
    "rules",
    METADATA,
    sa.Column("place", sa.Integer, primary_key=True),  # the order in which they were made, whatever the clock said
    sa.Column("rule_id", sa.Text, nullable=False, unique=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),  # toy_id, category or brand
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("strength", sa.Float),
    sa.Column("position", sa.Integer),
    sa.Column("starts_ms", sa.BigInteger),
    sa.Column("ends_ms", sa.BigInteger),
    sa.Column("occasion", sa.Text),
    sa.Column("note", sa.Text),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("changed_ms", sa.BigInteger, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),  # the name of a key
    sqlite_autoincrement=True,
)

OWN_TOYS: Final = sa.Table(
    "own_toys",
    METADATA,
    sa.Column("place", sa.Integer, primary_key=True),  # the order in which they came; an added toy keeps its own
    sa.Column("kind", sa.Text, nullable=False),  # added, corrected or retired
    sa.Column("toy_id", sa.Text, nullable=False),
    sa.Column("said", sa.Text, nullable=False),  # a JSON object of the toy's fields; of a retired one, empty
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("changed_ms", sa.BigInteger, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),  # the name of a key
    sa.UniqueConstraint("kind", "toy_id"),
    sqlite_autoincrement=True,
)

AUDIT: Final = sa.Table(
    "audit",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("time_ms", sa.BigInteger, nullable=False),
    sa.Column("who", sa.Text, nullable=False),  # the name of a key, or "command line"
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("details", sa.Text, nullable=False),  # a JSON object
    sqlite_autoincrement=True,  # a number is never given twice, whatever a retention job clears away
)

PASSING: Final = frozenset({EVENTS, ANSWERS, IMPRESSIONS, HOURS, SEARCHES, FORGOTTEN, REMOVALS, MARKS, AUDIT})
"""Tables of shoppers, and of what only this database knows. All others are the shop's own word, and are mirrored."""
