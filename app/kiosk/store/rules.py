"""The staff's rules: pin, boost, bury and hide, each in its time. Who changes one says which revision was read last.

A target that today's catalogue does not know is kept: the rule holds when the toy comes.
"""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from app.kiosk.store.audit import Change, changed_now, newest_change, note
from app.kiosk.store.database import Database, milliseconds, moment
from data.errors import ToyGuideError

Kind = Literal["pin", "boost", "bury", "hide"]
Target = Literal["toy_id", "category", "brand"]
MAX_RULES: Final = 1000
"""Whoever needs more wants another assortment; what so many come to is worked out in some milliseconds."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_INSERT: Final = """
    INSERT INTO rules (rule_id, revision, kind, "by", value, strength, position, starts_ms, ends_ms, occasion, note,
        created_ms, changed_ms, changed_by)
    VALUES (:rule_id, :revision, :kind, :by, :value, :strength, :position, :starts_ms, :ends_ms, :occasion, :note,
        :created_ms, :changed_ms, :changed_by)
"""
_UPDATE: Final = """
    UPDATE rules SET revision = :revision, kind = :kind, "by" = :by, value = :value, strength = :strength,
        position = :position, starts_ms = :starts_ms, ends_ms = :ends_ms, occasion = :occasion, note = :note,
        changed_ms = :changed_ms, changed_by = :changed_by
    WHERE rule_id = :rule_id
"""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a rule says.

    value: of the toy's id, its category or its brand, as `by` says
    strength: of boost and bury, logits; position: of pins, the lower the earlier
    starts, ends: UTC to the millisecond; in force from `starts` on and no longer at `ends`
    occasion: it holds for requests with this occasion alone
    """

    kind: Kind
    by: Target
    value: str
    strength: float | None = None
    position: int | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    occasion: str | None = None
    note: str | None = None

    def in_force(self, at: datetime) -> bool:
        """Whether `at` lies in its time."""
        return (self.starts is None or self.starts <= at) and (self.ends is None or at < self.ends)

    def said(self) -> dict[str, Any]:
        """JSON of what was said, without what was not; the target under its own name."""
        words = {name: value for name, value in asdict(self).items() if value is not None}
        words[words.pop("by")] = words.pop("value")
        return {name: rfc_3339(word) if isinstance(word, datetime) else word for name, word in words.items()}


@dataclass(frozen=True, slots=True)
class StaffRule:
    """A rule as it is kept. revision: one more at every change; created, changed: RFC 3339."""

    rule_id: str
    revision: int
    terms: Terms
    created: str
    changed: str
    changed_by: str


class UnknownRuleError(Exception):
    """There never was such a rule."""


class RuleChangedError(Exception):
    """Somebody changed or removed the rule since it was read; nothing was done.

    rule: as it is now, None if it was removed; who, time: of the last change
    read: what it said at the revision that was read, None where the audit log does not go back so far
    """

    def __init__(self, rule: StaffRule | None, who: str, time: str, read: dict[str, Any] | None) -> None:
        super().__init__(rule)
        self.rule, self.who, self.time, self.read = rule, who, time, read


class RuleStore:
    """The rules in the database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def all(self) -> tuple[StaffRule, ...]:
        """Every rule, in force or not, in the order in which they were made."""
        with self.database.reading() as connection:
            return _all(connection)

    def add(self, terms: Terms, who: str) -> StaffRule:
        """Keep a new rule. One that says just the same is not made twice: a second click must not boost again.

        Raises ToyGuideError where there are `MAX_RULES`.
        """
        row = {**_columns(terms), "rule_id": f"r-{secrets.token_hex(5)}", "revision": 1, **changed_now(who)}
        row["created_ms"] = row["changed_ms"]
        with self.database.writing() as connection:
            rules = _all(connection)
            for rule in rules:
                if rule.terms == terms:
                    return rule
            if len(rules) >= MAX_RULES:
                raise ToyGuideError(f"There must be at most {MAX_RULES} rules. Remove some that are over.")
            connection.execute(_INSERT, row)
            note(connection, who, "rule.add", {"rule_id": row["rule_id"], "after": terms.said()})
            return _found(connection, row["rule_id"])

    def replace(self, rule_id: str, revision: int, terms: Terms, who: str) -> StaffRule:
        """Let a rule say something else. `revision`: as the rule was last read.

        Raises UnknownRuleError, or RuleChangedError if it is another by now.
        """
        with self.database.writing() as connection:
            before = _unchanged(connection, rule_id, revision)
            row = {**_columns(terms), "rule_id": rule_id, "revision": revision + 1, **changed_now(who)}
            connection.execute(_UPDATE, row)
            details = {"rule_id": rule_id, "revision": revision, "before": before.terms.said(), "after": terms.said()}
            note(connection, who, "rule.change", details)
            return _found(connection, rule_id)

    def remove(self, rule_id: str, revision: int, who: str) -> None:
        """Forget a rule. Raises as `replace` does."""
        with self.database.writing() as connection:
            before = _unchanged(connection, rule_id, revision)
            connection.execute("DELETE FROM rules WHERE rule_id = ?", (rule_id,))
            details = {"rule_id": rule_id, "revision": revision, "before": before.terms.said()}
            note(connection, who, "rule.remove", details)


def rfc_3339(time: datetime) -> str:
    """A time as answers have it, in UTC to the millisecond."""
    return moment(milliseconds(time))


def _unchanged(connection: sqlite3.Connection, rule_id: str, revision: int) -> StaffRule:
    """The rule, if it is still as it was read."""
    rule = _find(connection, rule_id)
    if rule is not None and rule.revision == revision:
        return rule
    removed = None if rule is not None else newest_change(connection, "rule.remove", rule_id=rule_id)
    if rule is None and removed is None:
        raise UnknownRuleError
    then = newest_change(connection, "rule.change", rule_id=rule_id, revision=revision)
    if removed is not None and removed.details["revision"] == revision:
        then = removed
    who, time = _last(rule, removed)
    raise RuleChangedError(rule, who, time, None if then is None else then.details["before"])


def _last(rule: StaffRule | None, removed: Change | None) -> tuple[str, str]:
    if rule is not None:
        return rule.changed_by, rule.changed
    assert removed is not None
    return removed.who, removed.time


def _all(connection: sqlite3.Connection) -> tuple[StaffRule, ...]:
    return tuple(map(_rule, connection.execute("SELECT * FROM rules ORDER BY place")))


def _find(connection: sqlite3.Connection, rule_id: str) -> StaffRule | None:
    row = connection.execute("SELECT * FROM rules WHERE rule_id = ?", (rule_id,)).fetchone()
    return None if row is None else _rule(row)


def _found(connection: sqlite3.Connection, rule_id: str) -> StaffRule:
    rule = _find(connection, rule_id)
    assert rule is not None
    return rule


def _columns(terms: Terms) -> dict[str, Any]:
    row = asdict(terms)
    for name in ("starts", "ends"):
        time = row.pop(name)
        row[f"{name}_ms"] = None if time is None else milliseconds(time)
    return row


def _rule(row: sqlite3.Row) -> StaffRule:
    starts, ends = (
        None if since_1970 is None else _EPOCH + timedelta(milliseconds=since_1970)
        for since_1970 in (row["starts_ms"], row["ends_ms"])
    )
    terms = Terms(
        row["kind"],
        row["by"],
        row["value"],
        row["strength"],
        row["position"],
        starts,
        ends,
        row["occasion"],
        row["note"],
    )
    changed = moment(row["changed_ms"])
    return StaffRule(row["rule_id"], row["revision"], terms, moment(row["created_ms"]), changed, row["changed_by"])
