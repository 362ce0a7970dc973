"""What the shop changes of a bundle's toys: added, corrected, retired. Rows of one table, and the overlay they make."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal

from app.kiosk.store.audit import changed_now, note
from app.kiosk.store.database import moment
from data.errors import ToyGuideError
from data.schema import Audience, Hazard, Toy
from recommender.serving.overlay import Correction, Overlay

Kind = Literal["added", "corrected", "retired"]
MAX_OWN: Final = 1000
"""As many toys of each kind: whoever has more of them wants a bundle that knows them."""
_ACTIONS: Final[dict[Kind, tuple[str, str]]] = {
    "added": ("toy.add", "toy.remove"),
    "corrected": ("toy.correct", "toy.uncorrect"),
    "retired": ("toy.retire", "toy.restore"),
}
"""What the audit log calls a row that is kept, and one that is taken back."""
_LISTS: Final = ("category", "interests")
_INSERT: Final = """
    INSERT INTO own_toys (kind, toy_id, said, revision, changed_ms, changed_by)
    VALUES (:kind, :toy_id, :said, 1, :changed_ms, :changed_by)
"""
_UPDATE: Final = """
    UPDATE own_toys SET said = :said, revision = revision + 1, changed_ms = :changed_ms, changed_by = :changed_by
    WHERE kind = :kind AND toy_id = :toy_id
"""


@dataclass(frozen=True, slots=True)
class OwnToy:
    """One row. said: JSON of the fields that staff gave; revision: one more at every change; changed: RFC 3339."""

    kind: Kind
    toy_id: str
    said: dict[str, Any]
    revision: int
    changed: str
    changed_by: str


class ToyChangedError(Exception):
    """There is such a row, of another revision than the one that was read; None where it is gone."""

    def __init__(self, row: OwnToy | None) -> None:
        super().__init__(row)
        self.row = row


def own_toys(connection: sqlite3.Connection) -> tuple[OwnToy, ...]:
    """Every row, the oldest first."""
    return tuple(map(_own, connection.execute("SELECT * FROM own_toys ORDER BY place")))


def keep(
    connection: sqlite3.Connection, kind: Kind, toy_id: str, said: dict[str, Any], who: str, revision: int | None = None
) -> OwnToy:
    """Keep what was said of a toy, within the transaction of `connection`; saying the same again changes nothing.

    revision: of the row that this one takes the place of, None where none was read. Raises ToyChangedError if it is
    another by now, ToyGuideError where there are `MAX_OWN`.
    """
    before = _find(connection, kind, toy_id)
    if before is not None and before.said == said:
        return before
    _check_unchanged(before, revision)
    row = {"kind": kind, "toy_id": toy_id, "said": json.dumps(said, ensure_ascii=False), **changed_now(who)}
    if before is None:
        (of_kind,) = connection.execute("SELECT count(*) FROM own_toys WHERE kind = ?", (kind,)).fetchone()
        if of_kind >= MAX_OWN:
            raise ToyGuideError(f"At most {MAX_OWN} toys can be {kind}. Build a bundle that knows them.")
        connection.execute(_INSERT, row)
    else:
        connection.execute(_UPDATE, row)
    details = {"toy_id": toy_id, "before": before.said if before else None, "after": said}
    note(connection, who, _ACTIONS[kind][0], details)
    after = _find(connection, kind, toy_id)
    assert after is not None
    return after


def forget(connection: sqlite3.Connection, kind: Kind, toy_id: str, who: str, revision: int | None) -> None:
    """Take a row back. Raises ToyChangedError as `keep` does."""
    before = _find(connection, kind, toy_id)
    _check_unchanged(before, revision)
    if before is not None:
        connection.execute("DELETE FROM own_toys WHERE kind = ? AND toy_id = ?", (kind, toy_id))
        note(connection, who, _ACTIONS[kind][1], {"toy_id": toy_id, "before": before.said})


def restore(connection: sqlite3.Connection, toy_id: str, who: str) -> None:
    """Take a retirement back, whoever it is from; nothing happens where there is none."""
    row = _find(connection, "retired", toy_id)
    forget(connection, "retired", toy_id, who, row.revision if row else None)


def _check_unchanged(row: OwnToy | None, revision: int | None) -> None:
    """Raise ToyChangedError unless `revision` is that of `row`, None where there is no row."""
    if revision != (row.revision if row else None):
        raise ToyChangedError(row)


def overlay_of(rows: Iterable[OwnToy]) -> Overlay:
    """What the rows come to. Raises ToyGuideError that names a row which is no toy."""
    added: list[Toy] = []
    corrections: dict[str, Correction] = {}
    retired: set[str] = set()
    for row in rows:
        try:
            if row.kind == "added":
                added.append(Toy(row.toy_id, **_values(row.said)))
            elif row.kind == "corrected":
                corrections[row.toy_id] = Correction(**_values(row.said))
            else:
                retired.add(row.toy_id)
        except (TypeError, ValueError, InvalidOperation) as error:
            raise ToyGuideError(
                f"The database's row of the toy {row.toy_id[:80]!r} ({row.kind}) cannot be read: {error}."
            ) from error
    return Overlay(tuple(added), corrections, frozenset(retired))


def _values(said: dict[str, Any]) -> dict[str, Any]:
    """The fields of a toy, or of a correction, from their JSON."""
    values: dict[str, Any] = {name: tuple(value) if name in _LISTS else value for name, value in said.items()}
    if "price" in values:
        values["price"] = Decimal(values["price"])
    if "hazards" in values:
        values["hazards"] = tuple(Hazard(hazard) for hazard in values["hazards"])
    if "audience" in values:
        values["audience"] = Audience(values["audience"])
    return values


def _find(connection: sqlite3.Connection, kind: Kind, toy_id: str) -> OwnToy | None:
    asked = "SELECT * FROM own_toys WHERE kind = ? AND toy_id = ?"
    row = connection.execute(asked, (kind, toy_id)).fetchone()
    return None if row is None else _own(row)


def _own(row: sqlite3.Row) -> OwnToy:
    toy_id = row["toy_id"]
    try:
        said = json.loads(row["said"])
    except ValueError as error:
        raise ToyGuideError(f"The database's row of the toy {toy_id[:80]!r} is not JSON: {error}.") from error
    return OwnToy(row["kind"], toy_id, said, row["revision"], moment(row["changed_ms"]), row["changed_by"])
