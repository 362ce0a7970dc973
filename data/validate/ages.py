"""Checks of a toy's ages, hazards and audience: what the shelf's safety stands on."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.schema import HAZARD_FLOOR_MONTHS, Audience, Hazard, ToyColumn
from data.validate.check import Check, Found, Severity, Tables
from data.validate.toys import where

_OLDEST_MONTHS: Final = 100 * 12
_AGES: Final = (ToyColumn.RECOMMENDED_AGE, ToyColumn.RECOMMENDED_AGE_TO, ToyColumn.SAFETY_MIN_AGE)
_KNOWN = pa.array([str(hazard) for hazard in Hazard])
_FLOORS = np.array([HAZARD_FLOOR_MONTHS[hazard] for hazard in Hazard], np.int64)


def _flat_hazards(tables: Tables) -> tuple[pa.Array, pa.Array]:
    """(row of each hazard, its name): one entry a hazard of a toy."""
    column = tables.toys[ToyColumn.HAZARDS].combine_chunks()
    return pc.list_parent_indices(column), pc.list_flatten(column)


def _floors(tables: Tables) -> np.ndarray:
    """int64 [N]: the highest floor of each toy's hazards; 0 without any."""
    rows, names = _flat_hazards(tables)
    floors = np.zeros(tables.toys.num_rows, np.int64)
    code = pc.index_in(names, _KNOWN)
    known = pc.is_valid(code).to_numpy(zero_copy_only=False)
    owner = rows.to_numpy(zero_copy_only=False)[known]
    np.maximum.at(floors, owner, _FLOORS[code.drop_null().to_numpy(zero_copy_only=False)])
    return floors


def _unknown_hazard(tables: Tables) -> Found:
    rows, names = _flat_hazards(tables)
    wrong = pc.invert(pc.is_in(names, _KNOWN))
    return Found(np.unique(rows.filter(wrong).to_numpy(zero_copy_only=False)).astype(np.int64))


def _hazard_without_age(tables: Tables) -> Found:
    some = pc.greater(pc.fill_null(pc.list_value_length(tables.toys[ToyColumn.HAZARDS]), 0), 0)
    rows = where(pc.and_(some, pc.is_null(tables.toys[ToyColumn.SAFETY_MIN_AGE])))
    hazards = tables.toys[ToyColumn.HAZARDS].take(pa.array(rows)).to_pylist()
    return Found(rows, [", ".join(str(name) for name in names) for names in hazards])


def _below_floor(tables: Tables) -> Found:
    floors = _floors(tables)
    column = tables.toys[ToyColumn.SAFETY_MIN_AGE]
    rows = where(pc.less(column.cast(pa.int64()), pa.array(floors)))
    ages = column.take(pa.array(rows)).to_pylist()
    return Found(rows, [f"{age} months, floor {floors[row]}" for age, row in zip(ages, rows, strict=True)])


def _upside_down(tables: Tables) -> Found:
    start, end = tables.toys[ToyColumn.RECOMMENDED_AGE], tables.toys[ToyColumn.RECOMMENDED_AGE_TO]
    rows = where(pc.less(end, start))
    pairs = zip(start.take(pa.array(rows)).to_pylist(), end.take(pa.array(rows)).to_pylist(), strict=True)
    return Found(rows, [f"{first} to {last} months" for first, last in pairs])


def _impossible(tables: Tables) -> Found:
    found: dict[int, str] = {}
    for name in _AGES:
        column = tables.toys[name]
        for row in where(pc.or_(pc.less(column, 0), pc.greater(column, _OLDEST_MONTHS))):
            found.setdefault(int(row), f"{name}: {column[int(row)].as_py()}")
    rows = np.array(sorted(found), np.int64)
    return Found(rows, [found[int(row)] for row in rows])


def _unknown_audience(tables: Tables) -> Found:
    names = pa.array([str(audience) for audience in Audience])
    return Found(where(pc.invert(pc.is_in(tables.toys[ToyColumn.AUDIENCE], names))))


AGE_CHECKS: Final = (
    Check(
        "unknown hazard",
        Severity.ERROR,
        "toys",
        ToyColumn.HAZARDS,
        "has a hazard that the schema does not know, so no floor keeps it from small children",
        f"use one of {', '.join(Hazard)}",
        _unknown_hazard,
    ),
    Check(
        "unknown audience",
        Severity.ERROR,
        "toys",
        ToyColumn.AUDIENCE,
        "has an audience that the schema does not know",
        f"use one of {', '.join(Audience)}",
        _unknown_audience,
    ),
    Check(
        "age out of range",
        Severity.ERROR,
        "toys",
        ToyColumn.RECOMMENDED_AGE,
        "has an age below 0 or above 100 years",
        "give ages in months, or leave them empty",
        _impossible,
    ),
    Check(
        "age range upside down",
        Severity.ERROR,
        "toys",
        ToyColumn.RECOMMENDED_AGE_TO,
        "is recommended to a lower age than it is recommended from",
        "swap the two if the maker says so, or leave both empty",
        _upside_down,
    ),
    Check(
        "hazard without a safety age",
        Severity.WARNING,
        "toys",
        ToyColumn.SAFETY_MIN_AGE,
        "has hazards but no safety age",
        "set safety_min_age from the maker's warning; until then the shelf goes by the hazards' floor and 36 months",
        _hazard_without_age,
    ),
    Check(
        "safety age below the hazards' floor",
        Severity.ERROR,
        "toys",
        ToyColumn.SAFETY_MIN_AGE,
        "has a safety age below what its hazards allow",
        "raise safety_min_age to the floor of its hazards, or correct the hazards",
        _below_floor,
    ),
)
