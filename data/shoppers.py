"""Every shopper's past, one shopper after another, however many there are: DuckDB sorts the events, on disk if it must.

This is what a shopper would tell a kiosk, not what a model learns from (`sequences.py`): each toy once, at the place of
its first contact, with what was last done with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from data.dataset import FILES, seeded_key
from data.schema import ADULT_MONTHS, EventColumn, Recipient
from data.sequences import Order
from data.stream import duckdb_beside, one_file

_ROWS_AT_ONCE: Final = 1 << 14
_COLUMNS: Final = (
    EventColumn.SHOPPER,
    EventColumn.TOY,
    EventColumn.KIND,
    EventColumn.RECIPIENT,
    EventColumn.RECIPIENT_AGE,
    EventColumn.RECIPIENT_INTERESTS,
    EventColumn.BUDGET,
)
_TIME: Final = f"coalesce(epoch_ms({EventColumn.TIME}), -1)"

Row = tuple[Any, ...]
"""Values of `_COLUMNS`, and then the time in ms, −1 where it is unknown."""


@dataclass(frozen=True, slots=True)
class ShopperPast:
    """What is known of one shopper.

    contacts: (toy id, the kind of what was last done with it), in the order of the first contact
    recipient: whom the last event that names one was for
    youngest: months; the youngest child under 18 that any event was for, each child at the age last told
    """

    shopper: str
    contacts: tuple[tuple[str, str], ...]
    recipient: Recipient | None
    youngest: int | None


def read_pasts(
    folder: Path, spill: Path, order: Order, seed: int, wanted: Iterable[str] | None = None
) -> Iterator[ShopperPast]:
    """The pasts of a dataset's shoppers, by id; memory holds the events of one shopper and what DuckDB sorts with.

    folder: the dataset; spill: a folder that DuckDB may use; order, seed: as of `build_sequences`
    wanted: only these shoppers. Raises OSError where the disk is full.
    """
    chosen = "" if wanted is None else f"WHERE {EventColumn.SHOPPER} IN (SELECT id FROM wanted)"
    with duckdb_beside(spill) as database:
        if wanted is not None:
            database.register("wanted", pa.table({"id": pa.array(wanted, pa.string())}))
        reader = database.sql(
            f"SELECT {', '.join(_COLUMNS)}, {_TIME} "
            f"FROM read_parquet(?, hive_partitioning = false, file_row_number = true) {chosen} "
            f"ORDER BY {EventColumn.SHOPPER}, file_row_number",
            params=[one_file(folder / FILES[1])],
        ).to_arrow_reader(_ROWS_AT_ONCE)
        rows = (row for batch in reader for row in zip(*(each.to_pylist() for each in batch.columns), strict=True))
        for shopper, own in groupby(rows, key=itemgetter(0)):
            yield _past(shopper, _ordered(own, order, seed))


def _ordered(rows: Iterable[Row], order: Order, seed: int) -> list[Row]:
    if order == "given":
        return list(rows)
    own = list(rows)
    if len({row[-1] for row in own}) == len(own):  # no ties: a hash of each would take as long as all else
        return sorted(own, key=itemgetter(-1))
    return sorted(own, key=lambda row: (row[-1], seeded_key(f"{row[0]}\0{row[1]}", seed)))


def _past(shopper: str, rows: list[Row]) -> ShopperPast:
    contacts: dict[str, str] = {}
    ages: dict[str | int, int] = {}
    recipient = None
    for _, toy, kind, name, age, interests, budget, _ in rows:
        contacts[toy] = kind
        if name is not None or age is not None or interests or budget is not None:
            recipient = Recipient(name, age, tuple(interests or ()), budget)
        if age is not None:
            ages[age if name is None else name] = age  # who has no id may be another one each time
    if recipient is not None and recipient.age_months is None and recipient.id in ages:
        recipient = replace(recipient, age_months=ages[recipient.id])
    children = [age for age in ages.values() if age < ADULT_MONTHS]
    return ShopperPast(shopper, tuple(contacts.items()), recipient, min(children, default=None))
