"""A database of an earlier version gets the tables it lacks, and events and staff keys the form of today."""

from __future__ import annotations

import sqlalchemy as sa

from app.kiosk.store.tables import EVENTS, METADATA, STAFF_KEYS


def upgrade(connection: sa.Connection, found: int) -> None:
    """Make the tables of `VERSION` in a database of version `found`, within the transaction of `connection`."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")  # Python begins none of its own before a change of tables
    there = sa.inspect(connection)
    old = found < 3 and there.has_table(EVENTS.name) and "id" not in _columns(there, EVENTS.name)
    if old:
        connection.exec_driver_sql("DROP INDEX IF EXISTS events_by_time")
        connection.exec_driver_sql("ALTER TABLE events RENAME TO old_events")
    if there.has_table(STAFF_KEYS.name) and "expires_ms" not in _columns(there, STAFF_KEYS.name):
        connection.exec_driver_sql("ALTER TABLE staff_keys ADD COLUMN expires_ms BIGINT")
    METADATA.create_all(connection)
    if old:
        names = ", ".join(column.name for column in EVENTS.columns if column.name in _columns(there, "old_events"))
        connection.exec_driver_sql(f"INSERT INTO events ({names}) SELECT {names} FROM old_events ORDER BY rowid")
        connection.exec_driver_sql("DROP TABLE old_events")


def _columns(there: sa.Inspector, table: str) -> set[str]:
    there.clear_cache()
    return {column["name"] for column in there.get_columns(table)}
