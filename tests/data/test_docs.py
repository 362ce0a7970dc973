"""docs/data.md says what the schema and the checks are, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pytest

from data.schema import (
    HAZARD_FLOOR_MONTHS,
    KIND_CODES,
    SMALLEST_MONTHS,
    WANTED_KINDS,
    Audience,
    EventColumn,
    EventKind,
    Hazard,
    ToyColumn,
)
from data.tables import EVENT_TABLE, TOY_TABLE
from data.validate.report import CHECKS
from data.world.words import INTERESTS, brands, kinds, looks

PAGE = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
TYPES = {
    pa.string(): "text",
    pa.list_(pa.string()): "list of texts",
    pa.int16(): "integer",
    pa.float32(): "number",
    pa.bool_(): "true or false",
    pa.decimal128(12, 2): "decimal(12, 2)",
    pa.timestamp("ms", tz="UTC"): "time",
}


def rows_under(heading: str) -> list[list[str]]:
    """The cells of the first table under a heading, without its head; code marks are taken off."""
    section = re.split(r"^#{2,3} ", PAGE.split(f"# {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split(" | ")] for line in lines[2:]]


@pytest.mark.parametrize(
    ("heading", "schema", "names"), [("Toys", TOY_TABLE, ToyColumn), ("Events", EVENT_TABLE, EventColumn)]
)
def test_every_column_is_described_with_its_type(heading: str, schema: pa.Schema, names: type) -> None:
    rows = rows_under(heading)
    assert [row[0] for row in rows] == [str(name) for name in names] == schema.names
    assert [row[1] for row in rows] == [TYPES[field.type] for field in schema]
    assert [row[2] for row in rows] == ["yes" if field.nullable else "no" for field in schema]
    assert all(len(row) == 4 and row[3] for row in rows)
    for name, _, _, meaning in rows:
        assert ("months" in meaning) == ("age" in name.split("_")), name


def test_every_hazard_has_its_floor() -> None:
    assert [(row[0], int(row[1])) for row in rows_under("Hazards")] == [
        (str(hazard), HAZARD_FLOOR_MONTHS[hazard]) for hazard in Hazard
    ]
    assert f"not for a child under {SMALLEST_MONTHS} months" in PAGE


def test_every_kind_and_audience_is_described() -> None:
    assert [(row[0], int(row[1]), row[2]) for row in rows_under("Kinds")] == [
        (str(kind), KIND_CODES[kind], "yes" if kind in WANTED_KINDS else "no") for kind in EventKind
    ]
    assert [row[0] for row in rows_under("Audiences")] == [str(audience) for audience in Audience]


def test_every_check_is_described() -> None:
    assert rows_under("Checks") == [
        [check.name, str(check.severity), check.table, str(check.column), check.says] for check in CHECKS
    ]


def test_the_world_is_as_large_as_it_says() -> None:
    text = " ".join(PAGE.split())
    assert f"{len(kinds())} kinds of toy, {len(looks())} looks and {len(brands())} made-up brands" in text
    assert f"{len(INTERESTS)} interests" in text
