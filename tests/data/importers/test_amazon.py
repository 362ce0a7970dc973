from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.dataset import load_dataset
from data.errors import DataError, ToyGuideError
from data.importers.amazon import import_amazon
from data.importers.amazon_toys import FieldFaultError, toy_from_metadata
from data.importers.shares import Shares
from data.schema import Toy

GOLDEN = Path(__file__).parent / "golden" / "amazon"
DOLL = "B01DOLL001"
TOYS = {
    2014: {
        "B00TRAIN01": Toy(
            "B00TRAIN01",
            "Wooden Train & Track",
            description="It's a train. Not for children under 3 years.",
            brand="Hobel",
            category=("Toys & Games", "Vehicles", "Trains"),
            price=Decimal("24.90"),
            currency="USD",
            recommended_age=36,
            safety_min_age=36,
            tags=("path:Gifts",),
        ),
        "B00DICE002": Toy("B00DICE002", "Games", category=("Toys & Games", "Games")),
        "B00NOMETA3": Toy("B00NOMETA3", "Toy"),
    },
    2018: {
        DOLL: Toy(
            DOLL,
            "Doll with a Hat",
            description="A doll with a hat.",
            brand="Sunny Lane",
            category=("Toys & Games", "Dolls & Accessories"),
            price=Decimal("12.99"),
            currency="USD",
            recommended_age=18,
            safety_min_age=18,
        ),
        "B01JUNK002": Toy(
            "B01JUNK002",
            "Novelty",
            description="Blinks",
            category=("Toys & Games", "Novelty"),
            recommended_age=60,
            recommended_age_to=96,
            safety_min_age=60,
        ),
    },
    2023: {
        "B0PARENT01": Toy(
            "B0PARENT01",
            "Magnetic Blocks 磁力片",
            description="60 pieces",
            brand="Cubelo",
            category=("Toys & Games", "Building Toys", "Magnetic"),
            recommended_age=36,
            safety_min_age=36,
        ),
        "B0PUZZLE02": Toy(
            "B0PUZZLE02",
            "Sea Puzzle",
            description="Forty-eight pieces.",
            price=Decimal("9.50"),
            currency="USD",
            recommended_age=48,
            safety_min_age=48,
        ),
        "B0KITE0003": Toy(
            "B0KITE0003", "Kite", brand="Windle", category=("Toys & Games",), price=Decimal("12.99"), currency="USD"
        ),
    },
}
EVENTS = {  # id, shopper, toy, kind, time
    2014: [
        ("1", "A1TRAIN", "B00TRAIN01", "purchase", datetime(2013, 2, 26, tzinfo=UTC)),
        ("2", "A2DICE", "B00DICE002", "dismiss", datetime(2013, 2, 26, 0, 0, 1, tzinfo=UTC)),
        ("3", "A1TRAIN", "B00DICE002", "purchase", datetime(2014, 7, 22, tzinfo=UTC)),
        ("4", "A2DICE", "B00NOMETA3", "purchase", datetime(2014, 7, 22, tzinfo=UTC)),
    ],
    2018: [
        ("1", "A3DOLL", DOLL, "purchase", datetime(2016, 5, 3, tzinfo=UTC)),
        ("2", "A4DOLL", DOLL, "dismiss", datetime(2016, 5, 4, tzinfo=UTC)),
        ("3", "A4DOLL", "B01JUNK002", "purchase", datetime(2016, 5, 4, tzinfo=UTC)),
    ],
    2023: [
        (
            "1",
            "AFKZENTNBQ7A7V7UXW5JJI6UGRYQ",
            "B0PARENT01",
            "purchase",
            datetime(2020, 5, 5, 14, 8, 48, 923000, tzinfo=UTC),
        ),
        (
            "2",
            "AHV6QCNBJNSGLATP56JAWJ3C4G2A",
            "B0PARENT01",
            "dismiss",
            datetime(2020, 5, 4, 18, 10, 55, 70000, tzinfo=UTC),
        ),
        ("3", "AHV6QCNBJNSGLATP56JAWJ3C4G2A", "B0PUZZLE02", "purchase", datetime(2023, 9, 10, tzinfo=UTC)),
    ],
}


def golden(year: int) -> tuple[Path, Path]:
    return GOLDEN / f"reviews-{year}.jsonl", GOLDEN / f"metadata-{year}.jsonl"


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    """Thirty good reviews of 2023."""
    file = tmp_path / "reviews.jsonl"
    file.write_text("".join(line(n) for n in range(30)))
    return file


def line(n: int, **changes: Any) -> str:
    row = {"user_id": f"U{n % 7}", "parent_asin": f"B{n % 5}", "rating": 4.0, "timestamp": 1588687728923 + n}
    return json.dumps(row | changes) + "\n"


@pytest.mark.parametrize("year", [2014, 2018, 2023])
@pytest.mark.parametrize("packed", [False, True])
def test_each_year_becomes_what_was_written_by_hand(tmp_path: Path, year: int, packed: bool) -> None:
    files = golden(year)
    if packed:
        for file in files:
            (tmp_path / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
        files = (tmp_path / f"{files[0].name}.gz", tmp_path / f"{files[1].name}.gz")
    record = import_amazon(files[0], tmp_path / "d", files[1]).record
    dataset = load_dataset(tmp_path / "d")
    assert {toy.id: toy for toy in dataset.toy_rows()} == TOYS[year]
    rows = dataset.events.to_pylist()
    assert [
        tuple(row[name] for name in ("event_id", "shopper_id", "toy_id", "kind", "time")) for row in rows
    ] == EVENTS[year]
    for count in record["source"]["options"]["counts"].values():
        assert count["read"] == count["kept"] + count["rejected"]


def test_the_result_tells_what_was_understood_and_what_not(tmp_path: Path) -> None:
    imported = import_amazon(golden(2018)[0], tmp_path / "d", golden(2018)[1])
    options = imported.record["source"]["options"]
    assert options["counts"]["metadata"] == {"read": 3, "kept": 2, "rejected": 1}
    assert (options["repeated"], options["kinds"]) == (1, {"purchase": 2, "dismiss": 1})
    assert imported.shares["metadata"]["price"].forms == {(".a-box-inner{background-color:#fff}", "not a price"): 2}
    assert imported.repeated_titles == 0
    options = import_amazon(golden(2014)[0], tmp_path / "d", golden(2014)[1]).record["source"]["options"]
    assert options["undescribed"] == 1


def test_every_rating_is_a_purchase_where_1_is_enough(tmp_path: Path) -> None:
    record = import_amazon(golden(2014)[0], tmp_path / "d", wanted_from=1).record
    assert record["source"]["options"]["kinds"] == {"purchase": 4}
    with pytest.raises(ToyGuideError, match=r"must be an int in \[1, 5\]. Got 6"):
        import_amazon(golden(2014)[0], tmp_path / "d", wanted_from=6)


def test_the_seed_and_not_the_asin_numbers_the_toys(tmp_path: Path, reviews: Path) -> None:
    orders = set()
    for seed in range(4):
        import_amazon(reviews, tmp_path / "d", seed=seed)
        orders.add(load_dataset(tmp_path / "d").index.ids)
    assert len(orders) > 1


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ('{"user_id": "U1", "par\n', "line 31: must be a JSON object. Got a fault at column 19"),
        ("[1, 2]\n", "line 31: must be a JSON object. Got '[1, 2]'"),
        ("[" * 100_000 + "\n", "line 31: must be a JSON object. Got lists or objects too deep"),
        ("{'user_id': 'U1'}\n", "line 31: must be a JSON object. Got Python's own notation"),
        (line(1, rating="5"), "line 31, field 'rating': must be a number from 1 to 5. Got '5'"),
        (line(1, rating=0), "field 'rating': must be a number from 1 to 5. Got 0"),
        (line(1, rating=True), "field 'rating': must be a number from 1 to 5. Got True"),
        (line(1, rating=float("nan")), "field 'rating': must be a number from 1 to 5. Got None"),
        (line(1, user_id=""), "field 'user_id': must be an id without blanks. Got ''"),
        (line(1, user_id="a\u2028b"), "field 'user_id': must be an id without blanks"),
        (line(1, parent_asin=["B1"]), "field 'parent_asin': must be an id without blanks. Got ['B1']"),
        ('{"user_id": "U1", "parent_asin": "B1", "rating": 5}\n', "field 'timestamp': must be whole milliseconds"),
        (line(1, timestamp=1588687728), "field 'timestamp': must be whole milliseconds"),
        (line(1, timestamp=1588687728923.5), "field 'timestamp': must be whole milliseconds"),
        (line(1, timestamp=-1), "Got -1"),
        (line(1, timestamp=10**30), "Got 1000"),
        (line(1, text="\ud83d"), "line 31, field 'text': must be text. Got half a character"),
    ],
)
def test_a_faulty_row_is_named_and_stops_or_is_left_out(tmp_path: Path, reviews: Path, bad: str, words: str) -> None:
    reviews.write_text(reviews.read_text(encoding="utf-8") + bad + line(2), encoding="utf-8")
    with pytest.raises(DataError) as told:
        import_amazon(reviews, tmp_path / "d")
    assert words in str(told.value)
    assert str(reviews) in str(told.value)
    assert list(tmp_path.iterdir()) == [reviews]
    faults: list[str] = []
    record = import_amazon(reviews, tmp_path / "d", on_fault=faults.append).record
    assert len(faults) == 1
    assert record["source"]["options"]["counts"]["reviews"] == {"read": 32, "kept": 31, "rejected": 1}
    assert record["events"] == 31


def test_two_encodings_in_one_file_are_told_by_line_and_column(tmp_path: Path, reviews: Path) -> None:
    latin = '{"user_id": "U1", "parent_asin": "B1", "rating": 5, "timestamp": 1588687728923, "title": "café"}\n'
    reviews.write_bytes(reviews.read_bytes() + latin.encode() + latin.encode("latin-1") + line(3).encode())
    with pytest.raises(DataError, match=r"line 32, column 94: must be UTF-8 text\. Got the byte 0xe9 after "):
        import_amazon(reviews, tmp_path / "d")
    record = import_amazon(reviews, tmp_path / "d", on_fault=lambda _: None).record
    assert record["source"]["options"]["counts"]["reviews"] == {"read": 33, "kept": 32, "rejected": 1}


@pytest.mark.parametrize("cut", [10, 60, -5])
def test_a_gzip_that_is_cut_short_is_refused_even_where_faults_are_skipped(
    tmp_path: Path, reviews: Path, cut: int
) -> None:
    packed = tmp_path / "reviews.jsonl.gz"
    packed.write_bytes(gzip.compress(reviews.read_bytes())[:cut])
    with pytest.raises(DataError, match="cut short or damaged after line"):
        import_amazon(packed, tmp_path / "d", on_fault=lambda _: None)
    assert {file.name for file in tmp_path.iterdir()} == {"reviews.jsonl", "reviews.jsonl.gz"}


def test_a_failed_import_leaves_the_old_dataset(tmp_path: Path, reviews: Path) -> None:
    before = import_amazon(reviews, tmp_path / "d").record
    reviews.write_text(reviews.read_text(encoding="utf-8") + "{\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 31"):
        import_amazon(reviews, tmp_path / "d")
    assert load_dataset(tmp_path / "d").digest == before["digest"]


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "is empty"), (b"\n \n", "is empty"), (gzip.compress(b"", mtime=0), "empty")],
    ids=["no byte", "blank lines", "nothing, packed"],
)
def test_a_file_with_nothing_in_it_is_told(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "r.jsonl").write_bytes(content)
    with pytest.raises(DataError, match=words):
        import_amazon(tmp_path / "r.jsonl", tmp_path / "d")
    with pytest.raises(DataError, match="does not exist"):
        import_amazon(tmp_path / "none.jsonl", tmp_path / "d")
    assert [file.name for file in tmp_path.iterdir()] == ["r.jsonl"]


def test_files_that_do_not_belong_together_are_told(tmp_path: Path, reviews: Path) -> None:
    with pytest.raises(DataError, match="describes none of the toys"):
        import_amazon(reviews, tmp_path / "d", golden(2014)[1])
    with pytest.raises(DataError, match="is this the metadata file"):
        import_amazon(golden(2023)[1], tmp_path / "d")
    reviews.write_text(line(1, rating=9), encoding="utf-8")
    with pytest.raises(DataError, match="none of its 1 lines is a review"):
        import_amazon(reviews, tmp_path / "d", on_fault=lambda _: None)


def test_a_toy_described_twice_differently_is_a_fault(tmp_path: Path, reviews: Path) -> None:
    metadata = tmp_path / "meta.jsonl"
    rows = [{"parent_asin": "B1", "title": title} for title in ("One", "Other", "One")]
    metadata.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(DataError, match=r"line 2: must describe each toy once\. Got toy 'B1' again"):
        import_amazon(reviews, tmp_path / "d", metadata)
    options = import_amazon(reviews, tmp_path / "d", metadata, on_fault=lambda _: None).record["source"]["options"]
    assert options["counts"]["metadata"] == {"read": 3, "kept": 1, "rejected": 2}
    titles = {toy.id: toy.title for toy in load_dataset(tmp_path / "d").toy_rows()}
    assert (titles["B1"], titles["B2"]) == ("One", "Toy")


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("{'asin': __import__('os').getcwd()}", "more than literal values"),
        ("{'asin': 'B1', 'title': 'x'", "a fault at column"),
        ("{'asin', 'B1'}", "Got"),
    ],
)
def test_python_notation_is_read_and_never_run(tmp_path: Path, reviews: Path, written: str, words: str) -> None:
    metadata = tmp_path / "meta.json"
    metadata.write_text(r"{'asin': 'B2', 'title': 'A \/ B'}" + "\n" + written + "\n")
    with pytest.raises(DataError, match=f"line 2: must be a JSON object. .*{words}"):
        import_amazon(reviews, tmp_path / "d", metadata)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"price": "—"}, {}),
        ({"price": None}, {}),
        ({"price": 0}, {}),
        ({"price": 1.299}, {"price": Decimal("1.30"), "currency": "USD"}),
        ({"price": 1299}, {"price": Decimal("1299.00"), "currency": "USD"}),
        ({"price": "$1,299.00"}, {"price": Decimal("1299.00"), "currency": "USD"}),
        ({"price": "£5.00"}, {}),
        ({"price": True}, {}),
        ({"price": 1e300}, {}),
        ({"categories": "Toys"}, {"category": ("Toys",), "title": "Toys"}),
        ({"categories": [1, None]}, {}),
        ({"store": "Hobel"}, {"brand": "Hobel"}),
        ({"brand": "A", "store": "B"}, {"brand": "A"}),
        ({"title": "&quot;Hi&quot;\u00a0there"}, {"title": '"Hi" there'}),
        ({"title": "x" * 501}, {}),
        ({"title": None, "description": None, "details": None, "features": None}, {}),
        (
            {"details": '{"Manufacturer recommended age": "5 years and up"}'},
            {"recommended_age": 60, "safety_min_age": 60},
        ),
        ({"details": "no table"}, {}),
        (
            {
                "details": {"Manufacturer recommended age": "2 years and up"},
                "features": ["Not for children under 3 years"],
            },
            {"recommended_age": 24, "safety_min_age": 36, "description": "Not for children under 3 years"},
        ),
        (
            {"details": {"Manufacturer recommended age": "big", "Manufacturer Minimum Age (MONTHS)": 24}},
            {"recommended_age": 24, "safety_min_age": 24},
        ),
    ],
)
def test_fields_of_metadata(row: dict[str, Any], expected: dict[str, Any]) -> None:
    toy = toy_from_metadata({"parent_asin": "B1"} | row, "line 1", Shares())
    assert toy == Toy(**({"id": "B1", "title": "Toy"} | expected))


def test_a_long_description_is_cut_at_a_word_and_noted() -> None:
    shares = Shares()
    toy = toy_from_metadata({"asin": "B1", "description": ["word " * 1000]}, "line 1", shares)
    assert toy.description is not None
    assert len(toy.description) <= 2000
    assert toy.description.endswith("word …")
    assert shares["description"].notes == {"cut to 2,000 characters": 1}


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("asin", "title", "price", "brand", "store", "categories", "category", "description", "features", "details")


@settings(max_examples=200, deadline=None)
@given(row=st.dictionaries(st.sampled_from(FIELDS), anything))
def test_no_row_of_metadata_makes_anything_but_a_toy_or_a_fault(row: dict[str, Any]) -> None:
    name = row.get("asin")
    if not isinstance(name, str) or not name or not name.isprintable() or " " in name:
        with pytest.raises(FieldFaultError, match="'asin'"):
            toy_from_metadata(row, "line 1", Shares())
        return
    toy = toy_from_metadata(row, "line 1", Shares())
    assert toy.id == name
    assert toy.title
    assert (toy.price is None) == (toy.currency is None)
    assert toy.price is None or toy.price > 0
    assert (toy.safety_min_age is None) == (toy.recommended_age is None)
