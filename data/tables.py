"""The two tables of a dataset: their schemas, and toys and events as rows of them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

import pyarrow as pa

from data.errors import DataError
from data.schema import Audience, Event, EventColumn, Hazard, Toy, ToyColumn

_STRINGS = pa.list_(pa.string())
_CONVERSION_FAULTS: Final = (pa.ArrowException, TypeError, ValueError, OverflowError, AttributeError)
"""What pyarrow raises for a value of the wrong kind; it has no common class for them."""
_TOY_FIELDS: Final = tuple(one.name for one in fields(Toy))
TOY_TABLE: Final = pa.schema(
    [
        pa.field(ToyColumn.ID, pa.string(), nullable=False),
        pa.field(ToyColumn.TITLE, pa.string(), nullable=False),
        pa.field(ToyColumn.TITLE_ZH, pa.string()),
        pa.field(ToyColumn.DESCRIPTION, pa.string()),
        pa.field(ToyColumn.DESCRIPTION_ZH, pa.string()),
        pa.field(ToyColumn.BRAND, pa.string()),
        pa.field(ToyColumn.CATEGORY, _STRINGS),
        pa.field(ToyColumn.PRICE, pa.decimal128(12, 2)),
        pa.field(ToyColumn.CURRENCY, pa.string()),
        pa.field(ToyColumn.RECOMMENDED_AGE, pa.int16()),
        pa.field(ToyColumn.RECOMMENDED_AGE_TO, pa.int16()),
        pa.field(ToyColumn.SAFETY_MIN_AGE, pa.int16()),
        pa.field(ToyColumn.HAZARDS, _STRINGS),
        pa.field(ToyColumn.AUDIENCE, pa.string(), nullable=False),
        pa.field(ToyColumn.INTERESTS, _STRINGS),
        pa.field(ToyColumn.TAGS, _STRINGS),
        pa.field(ToyColumn.BARCODE, pa.string()),
        pa.field(ToyColumn.AISLE, pa.string()),
        pa.field(ToyColumn.PICTURE, pa.string()),
        pa.field(ToyColumn.ACTIVE, pa.bool_(), nullable=False),
    ]
)
EVENT_TABLE: Final = pa.schema(
    [
        pa.field(EventColumn.ID, pa.string(), nullable=False),
        pa.field(EventColumn.SHOPPER, pa.string(), nullable=False),
        pa.field(EventColumn.SESSION, pa.string()),
        pa.field(EventColumn.TOY, pa.string(), nullable=False),
        pa.field(EventColumn.KIND, pa.string(), nullable=False),
        pa.field(EventColumn.TIME, pa.timestamp("ms", tz="UTC")),
        pa.field(EventColumn.STORE, pa.string()),
        pa.field(EventColumn.RECIPIENT, pa.string()),
        pa.field(EventColumn.RECIPIENT_AGE, pa.int16()),
        pa.field(EventColumn.RECIPIENT_INTERESTS, _STRINGS),
        pa.field(EventColumn.BUDGET, pa.float32()),
    ]
)


def toy_row(toy: Toy) -> dict[str, Any]:
    """A `Toy` as a row of `TOY_TABLE`."""
    # Not `asdict`, which copies every value: catalogues have a million toys.
    row = {name: getattr(toy, name) for name in _TOY_FIELDS}
    row[ToyColumn.ID] = row.pop("id")
    return row


def event_row(event: Event) -> dict[str, Any]:
    """An `Event` as a row of `EVENT_TABLE`."""
    who = event.recipient
    return {
        EventColumn.ID: event.id,
        EventColumn.SHOPPER: event.shopper,
        EventColumn.SESSION: event.session,
        EventColumn.TOY: event.toy,
        EventColumn.KIND: event.kind,
        EventColumn.TIME: event.time,
        EventColumn.STORE: event.store,
        EventColumn.RECIPIENT: who.id if who else None,
        EventColumn.RECIPIENT_AGE: who.age_months if who else None,
        EventColumn.RECIPIENT_INTERESTS: list(who.interests) if who else [],
        EventColumn.BUDGET: who.budget if who else None,
    }


def toy_from_row(row: dict[str, Any]) -> Toy:
    """A row of `TOY_TABLE` as a `Toy`."""
    values = {"id" if name == ToyColumn.ID else name: value for name, value in row.items()}
    values["hazards"] = tuple(Hazard(hazard) for hazard in values["hazards"] or ())
    values["audience"] = Audience(values["audience"])
    for name in (ToyColumn.CATEGORY, ToyColumn.INTERESTS, ToyColumn.TAGS):
        values[name] = tuple(values[name] or ())
    return Toy(**values)


def to_table(rows: list[dict[str, Any]], schema: pa.Schema, name: str, id_column: str) -> pa.Table:
    """`rows` as a table. Raises DataError naming the first value that its column cannot hold."""
    try:
        return pa.Table.from_pylist(rows, schema=schema)
    except _CONVERSION_FAULTS:
        for place, row in enumerate(rows):
            for column in schema:
                try:
                    pa.array([row[column.name]], column.type)
                except _CONVERSION_FAULTS as error:
                    raise DataError(
                        f"{name}, row {place} ({row[id_column]!r}), column '{column.name}': must be {column.type}. "
                        f"Got {row[column.name]!r}."
                    ) from error
        raise
