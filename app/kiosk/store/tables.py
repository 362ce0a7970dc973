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
    sa.Column("event_id", sa.Text, primary_key=True),
    sa.Column("session_id", sa.Text, nullable=False),
    sa.Column("shopper_id", sa.Text),
    sa.Column("toy_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("time_ms", sa.BigInteger, nullable=False),
    sa.Column("received_ms", sa.BigInteger, nullable=False),
    sa.Column("recommendation_id", sa.Text),
    sa.Column("recipient_id", sa.Text),
    sa.Column("recipient_age", sa.Integer),
    sa.Column("recipient_interests", sa.Text, nullable=False),  # a JSON list
    sa.Index("events_by_time", "time_ms"),
)

STAFF_KEYS: Final = sa.Table(
    "staff_keys",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),  # SHA-256 of the key, which is kept nowhere
    sa.Column("created_ms", sa.BigInteger, nullable=False),
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
