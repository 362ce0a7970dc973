from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from data.dataset import Dataset, load_dataset
from data.errors import DataError
from data.importers.recbole import import_recbole
from data.importers.table import Imported
from data.importers.toys import Reading
from data.schema import Toy

GOLDEN = Path(__file__).parent / "golden" / "recbole"
NEW_YEAR = datetime(2016, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> tuple[Imported, Dataset, list[str]]:
    out = tmp_path_factory.mktemp("golden") / "d"
    faults: list[str] = []
    imported = import_recbole(
        out,
        GOLDEN / "toys.inter",
        GOLDEN / "toys.item",
        GOLDEN / "toys.user",
        Reading(currency="GBP"),
        on_fault=faults.append,
    )
    return imported, load_dataset(out), faults


def test_the_golden_toys(golden: tuple[Imported, Dataset, list[str]]) -> None:
    assert {toy.id: toy for toy in golden[1].toy_rows()} == {
        "10": Toy("10", 'Doll "Mia" 18" tall', category=("Dolls", "Fashion"), price=Decimal("12.99"), currency="GBP",
                  tags=("pretend", "dress-up")),
        "20": Toy("20", "Train"),
        "30": Toy("30", "Never met", category=("Games",)),
    }  # fmt: skip


def test_the_golden_events(golden: tuple[Imported, Dataset, list[str]]) -> None:
    events = golden[1].events.to_pylist()
    assert [(e["event_id"], e["shopper_id"], e["toy_id"], e["kind"], e["time"]) for e in events] == [
        ("2", "ann", "10", "purchase", NEW_YEAR),
        ("3", "ann", "20", "dismiss", NEW_YEAR + timedelta(milliseconds=500)),
        ("4", "bob", "10", "purchase", NEW_YEAR),  # without a rating
    ]


def test_the_golden_faults_and_counts(golden: tuple[Imported, Dataset, list[str]]) -> None:
    imported, _, faults = golden
    assert len(faults) == 3
    assert "toys.user, line 4, column 'user_id': must name each shopper once" in faults[0]
    assert "toys.inter, line 5, column 'item_id': must be a toy of the toy table. Got '99'" in faults[1]
    assert "toys.inter, line 6, column 'rating': must be a number. Got 'good'" in faults[2]
    options = imported.record["source"]["options"]
    assert options["counts"]["events"] == {"read": 5, "kept": 3, "rejected": 2}
    assert options["users"] == {"counts": {"read": 3, "kept": 2, "rejected": 1}, "columns_not_kept": ["age"]}
    assert imported.shares["toys"]["price"].not_understood == 1  # a price of 0


def test_toys_without_a_description_are_those_of_the_events(tmp_path: Path) -> None:
    inter = tmp_path / "x.inter"
    inter.write_text("user_id:token\titem_id:token\nu\ta\nu\tb\nv\ta\n")
    imported = import_recbole(tmp_path / "d", inter)
    assert {toy.id: toy.title for toy in load_dataset(tmp_path / "d").toy_rows()} == {"a": "Toy", "b": "Toy"}
    options = imported.record["source"]["options"]
    assert options["kinds"] == {"purchase": 3}
    assert options["undated"] == 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("user_id\titem_id:token\n", "each column must be named once, as 'name:type'"),
        ("user_id:token\titem_id:words\n", "Got 'item_id:words'"),
        ("user_id:token\tthing:token\nu\ta\n", "no column 'item_id', which an atomic file must have"),
        ("user_id:token\titem_id:token\nu\ta\nu\ta\tb\n", "line 3: must have 2 fields"),
        ("user_id:token\titem_id:token\n", "nothing to import"),
    ],
)
def test_a_faulty_file_is_told(tmp_path: Path, content: str, said: str) -> None:
    inter = tmp_path / "x.inter"
    inter.write_text(content)
    with pytest.raises(DataError) as caught:
        import_recbole(tmp_path / "d", inter)
    assert said in str(caught.value)
    assert not (tmp_path / "d").exists()
