"""A dataset holds what its schema allows and nothing that must not be learned from; a damaged one is told so."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from data.dataset import Dataset, Source, build_dataset, load_dataset, load_fit_dataset, save_dataset
from data.errors import DataError, UnfitError
from data.schema import Event, EventKind, Hazard, Recipient, Toy
from data.tables import EVENT_TABLE, TOY_TABLE, event_row, toy_row

SOURCE = Source("test", 1)
TOY = Toy("ball", "Ball", price=Decimal("3.50"), currency="GBP")
EVENT = Event("e1", "ann", "s1", "ball", EventKind.PURCHASE)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"price": Decimal("-3.00")},
            r"toys, row 1 \('bear'\), column 'price': has a price of 0 or less\. Got '-3\.00'",
        ),
        (
            {"price": Decimal("NaN")},
            r"row 1 \('bear'\), column 'price': must be decimal128\(12, 2\)\. Got Decimal\('NaN'\)",
        ),
        ({"price": Decimal("Infinity")}, r"'bear'.*column 'price': must be decimal"),
        ({"price": Decimal("1.234")}, r"'bear'.*column 'price': must be decimal"),
        ({"price": Decimal(10) ** 12}, r"'bear'.*column 'price': must be decimal"),
        ({"recommended_age": -1}, r"'bear'.*column 'recommended_age': has an age below 0"),
        ({"safety_min_age": 70_000}, r"'bear'.*column 'safety_min_age': must be int16\. Got 70000"),
        ({"recommended_age": "3"}, r"'bear'.*column 'recommended_age': must be int16\. Got '3'"),
        ({"hazards": ("lava",)}, r"'bear'.*column 'hazards': has a hazard that the schema does not know.*lava"),
        ({"audience": "aliens"}, r"'bear'.*column 'audience'.*aliens"),
        ({"currency": "pounds"}, r"'bear'.*column 'currency'.*pounds"),
        ({"id": ""}, r"row 1 \(''\), column 'toy_id': has no id"),
        ({"id": None}, r"row 1 \(None\), column 'toy_id': has no id"),
        ({"id": "ball"}, r"row 1 \('ball'\), column 'toy_id': has an id that an earlier row has"),
        ({"title": "\ud800"}, r"'bear'.*column 'title': must be string"),
    ],
)
def test_a_toy_that_cannot_be_is_refused_by_row_and_column(changes, said):
    with pytest.raises(DataError, match=said):
        build_dataset([TOY, replace(TOY, **{"id": "bear", **changes})], [EVENT], SOURCE)


def test_events_that_cannot_be_are_refused_too():
    with pytest.raises(DataError, match=r"events, row 0 \('e1'\), column 'recipient_age': must be int16\. Got 'four'"):
        build_dataset([TOY], [replace(EVENT, recipient=Recipient(age_months="four"))], SOURCE)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="1 toys that the toy table does not hold, for example 'bear'"):
        build_dataset([TOY], [replace(EVENT, toy="bear")], SOURCE)
    with pytest.raises(DataError, match="at least one toy"):
        build_dataset([], [], SOURCE)


def test_toys_without_words_or_prices_or_ages_are_welcome(tmp_path):
    dataset = build_dataset([TOY, Toy("bare", "")], [EVENT, replace(EVENT, id="e2", toy="bare")], SOURCE)
    save_dataset(dataset, tmp_path / "d")
    assert load_fit_dataset(tmp_path / "d").toys.num_rows == 2


@pytest.mark.parametrize(
    ("toy", "event", "said"),
    [
        ({"price": Decimal("-1")}, {}, r"toys, row 0 \('ball'\), column 'price': has a price of 0 or less"),
        ({"hazards": ("lava",)}, {}, r"column 'hazards'"),
        ({"safety_min_age": 3, "hazards": (Hazard.BALLOON,)}, {}, r"column 'safety_min_age'"),
        ({}, {"kind": "steal"}, r"events, row 0 \('e1'\), column 'kind': is of a kind that the schema does not know"),
        ({}, {"toy": "gone"}, r"events, row 0 \('e1'\), column 'toy_id': names a toy"),
        ({}, {"shopper": ""}, r"column 'shopper_id': has no shopper"),
        ({}, {"recipient": Recipient(age_months=-4)}, r"column 'recipient_age'"),
    ],
)
def test_a_dataset_with_an_error_can_be_read_but_not_learned_from(tmp_path, toy, event, said):
    toys = pa.Table.from_pylist([toy_row(replace(TOY, **toy))], schema=TOY_TABLE)
    events = pa.Table.from_pylist([event_row(replace(EVENT, **event))], schema=EVENT_TABLE)
    save_dataset(Dataset(toys, events, SOURCE), tmp_path / "d")
    assert load_dataset(tmp_path / "d").events.num_rows == 1
    with pytest.raises(UnfitError, match=said) as error:
        load_fit_dataset(tmp_path / "d")
    assert str(error.value).startswith(f"{tmp_path / 'd'} must not be learned from: ")


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    save_dataset(build_dataset([TOY], [EVENT], SOURCE), tmp_path / "d")
    return tmp_path / "d"


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        *itertools.product(["toys.parquet", "events.parquet"], ["half", "empty", "gone", "folder", "bit"]),
        *itertools.product(["dataset.json"], ["half", "empty", "gone", "folder"]),  # it has no digest of its own
    ],
)
def test_a_damaged_dataset_is_one_sentence_that_names_it(kept, name, damage):
    file = kept / name
    whole = file.read_bytes()
    file.unlink()
    if damage == "folder":
        file.mkdir()
    elif damage != "gone":
        changed = bytearray(whole)
        changed[len(whole) // 2] ^= 1
        file.write_bytes({"half": whole[: len(whole) // 2], "empty": b"", "bit": bytes(changed)}[damage])
    with pytest.raises(DataError) as error:
        load_dataset(kept)
    assert str(kept) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["[" * 100_000, "1" * 6000, "[]", "null", '{"source": {"name": "x"}}'])
def test_a_record_that_is_none_is_one_sentence(kept, text):
    (kept / "dataset.json").write_text(text)
    with pytest.raises(DataError, match=r"dataset\.json cannot be read as a dataset record"):
        load_dataset(kept)


def test_a_record_of_another_format_says_so(kept):
    record = json.loads((kept / "dataset.json").read_text())
    (kept / "dataset.json").write_text(json.dumps(record | {"format": 99}))
    with pytest.raises(DataError, match=r"field 'format' must be 1\. Got 99"):
        load_dataset(kept)
