from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.dataset import Dataset, load_dataset, save_dataset
from data.errors import DataError
from data.importers.sequences import import_sequences
from data.schema import EventKind
from data.sequences import build_sequences

GOLDEN = Path(__file__).parent / "golden"
WHOLE = {
    "toys": GOLDEN / "toys.tsv",
    "attributes": GOLDEN / "attributes.json",
    "dates": GOLDEN / "dates.tsv",
}


@pytest.fixture(scope="module")
def golden() -> Dataset:
    return import_sequences(GOLDEN / "sequences.txt", **WHOLE, seed=7)


def test_the_golden_events_keep_their_order(golden: Dataset) -> None:
    events = golden.events.to_pylist()
    assert [(event["shopper_id"], event["toy_id"]) for event in events] == [
        *(("ann", toy) for toy in ("10", "20", "30")),
        *(("bob", toy) for toy in ("20", "40")),
        *(("cho", toy) for toy in ("10", "30", "20", "10")),
    ]
    assert {event["kind"] for event in events} == {EventKind.PURCHASE}
    assert len({event["event_id"] for event in events}) == len(events)


def test_the_golden_dates_are_utc_and_may_be_missing(golden: Dataset) -> None:
    times = golden.events["time"].to_pylist()
    day = datetime(2013, 9, 16, tzinfo=UTC)
    assert times[:3] == [day, day, datetime(2014, 1, 28, tzinfo=UTC)]
    assert times[3:5] == [None, None]
    assert times[5:8] == [datetime(1970, 1, 1, tzinfo=UTC), *[datetime(1970, 1, 2, tzinfo=UTC)] * 2]
    assert times[8] is None  # the last toy of cho has no row


def test_the_golden_toys(golden: Dataset) -> None:
    toys = {toy.id: toy for toy in golden.toy_rows()}
    assert {toy.id: toy.title for toy in toys.values()} == {
        "10": "Wooden train",
        "20": 'Doll 18" tall',
        "30": "Card Games",  # the last name of its category
        "40": "Toy",  # neither title nor category
        "50": "Never met",
    }
    assert toys["20"].category == ("Toys & Games", "Dolls", "Fashion Dolls", "Outfits")
    assert toys["20"].tags == ("attribute:2", "path:Toys & Games > Gifts", "path:Toys & Games > Gifts > Small")
    assert toys["10"].tags == ("attribute:3", "attribute:1")
    assert toys["40"].category == ()
    assert "B00" not in str(golden.toys.to_pylist())  # an ASIN is never read


def test_the_golden_counts(golden: Dataset) -> None:
    options = golden.source.options
    assert {part: (c["read"], c["kept"], c["rejected"]) for part, c in options["counts"].items()} == {
        "shoppers": (3, 3, 0),
        "toys": (5, 5, 0),
        "attributes": (3, 3, 0),
        "dates": (8, 8, 0),
    }
    assert (options["repeated"], options["undated"]) == (1, 3)


def test_a_toy_met_again_is_one_contact(golden: Dataset) -> None:
    sequences = build_sequences(golden)
    ids = [golden.index.ids[toy - 1] for toy in sequences.toys]
    assert ids == ["10", "20", "30", "20", "40", "10", "30", "20"]


def test_toys_are_numbered_by_the_seed_alone(tmp_path: Path) -> None:
    lines = [f"u{i} t{i} t{i + 1} t{i + 2}" for i in range(40)]
    orders = []
    for seed, text in ((1, lines), (1, lines[::-1]), (2, lines)):
        file = tmp_path / "s.txt"
        file.write_text("\n".join(text))
        orders.append(import_sequences(file, seed=seed).index.ids)
    assert orders[0] == orders[1]
    assert orders[0] != orders[2]
    assert orders[0] != tuple(f"t{i}" for i in range(42))


def test_a_round_trip_keeps_the_digest(golden: Dataset, tmp_path: Path) -> None:
    save_dataset(golden, tmp_path / "d")
    loaded = load_dataset(tmp_path / "d")
    assert loaded.digest == golden.digest
    assert loaded.toy_rows() == golden.toy_rows()
    assert loaded.events.equals(golden.events)


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    file = tmp_path / "s.txt"
    file.write_bytes(b"\xef\xbb\xbfann 1 2\n")
    assert import_sequences(file).events["shopper_id"].to_pylist() == ["ann", "ann"]


def test_a_missing_or_empty_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.txt does not exist"):
        import_sequences(tmp_path / "none.txt")
    with pytest.raises(DataError, match="cannot be read"):
        import_sequences(tmp_path)
    for content in (b"", b"\n \n"):
        (tmp_path / "empty.txt").write_bytes(content)
        with pytest.raises(DataError, match=r"empty\.txt is empty"):
            import_sequences(tmp_path / "empty.txt")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"ann 1 2\nbob\n", "line 2.*at least one toy.*'bob' alone"),
        (b"ann 1 2\nbob 3\nann 4\n", "line 3.*'ann' again.*line 1"),
        (b"ann 1 2\nbob \xff 3\n", "line 2: must be UTF-8.*0xff"),
    ],
)
def test_a_malformed_sequence_line_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "s.txt").write_bytes(content)
    with pytest.raises(DataError, match=rf"s\.txt, {words}"):
        import_sequences(tmp_path / "s.txt")


HEADER = "item\ttitle\tcategories\n"
ROWS = [f"{toy}\tA toy\tToys\n" for toy in (10, 20, 30, 40)]
DATES = "user\tpos\titem\tunix_time\n"


@pytest.mark.parametrize(
    ("part", "content", "words"),
    [
        ("toys", "item\ttitle\n10\tx\n", "line 1.*'categories' is missing"),
        ("toys", HEADER + "".join(ROWS[:3]), "must have a row for every toy.*'40'"),
        ("toys", HEADER + "".join([*ROWS, ROWS[0]]), "line 6.*'item'.*'10' again"),
        ("toys", HEADER + "10\tx\n", "line 2.*3 tab-separated fields.*Got 2"),
        ("toys", HEADER + '10\t"open\tx\n', "cannot be read as tab-separated"),
        ("toys", HEADER + "\tx\ty\n", "line 2.*'item'"),
        ("attributes", "{", "line 1.*must be a JSON object"),
        ("attributes", "[1]", "must be a JSON object.*Got a list"),
        ("attributes", "[" * 100_000, "deep nesting|JSON object"),
        ("attributes", '{"99": [1]}', "field '99'.*unknown id"),
        ("attributes", '{"10": ["red"]}', "field '10'.*whole attribute numbers"),
        ("attributes", '{"10": [true]}', "field '10'.*whole attribute numbers"),
        ("attributes", '{"10": 5}', "field '10'.*whole attribute numbers"),
        ("dates", "user\titem\n", "line 1.*'pos' is missing"),
        ("dates", DATES + "dan\t0\t10\t1\n", "line 2.*'user'.*'dan'"),
        ("dates", DATES + "bob\t2\t20\t1\n", "line 2.*'pos' must be 0 to 1.*'2'"),
        ("dates", DATES + "bob\t-1\t20\t1\n", "line 2.*'pos'.*'-1'"),
        ("dates", DATES + "bob\t0\t40\t1\n", "line 2.*'item' must be '20'.*Got '40'"),
        ("dates", DATES + "bob\t0\t20\t1\nbob\t0\t20\t1\n", "line 3.*one date"),
        ("dates", DATES + "bob\t0\t20\tsoon\n", "line 2.*'unix_time'.*'soon'"),
        ("dates", DATES + "bob\t0\t20\t1379289600000\n", "line 2.*'unix_time'.*whole seconds"),
    ],
)
def test_a_malformed_part_is_named(tmp_path: Path, part: str, content: str, words: str) -> None:
    file = tmp_path / f"{part}.txt"
    file.write_text(content)
    with pytest.raises(DataError, match=rf"(?s){part}\.txt.*{words}"):
        import_sequences(GOLDEN / "sequences.txt", **{part: file})


def test_faulty_rows_can_be_left_out_and_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "s.txt"
    file.write_text("ann 10 20\nbob\nann 30\ncho 10\n")
    dates = tmp_path / "d.tsv"
    dates.write_text(DATES + "ann\t0\t10\t86400\nann\t1\t99\t86400\nbob\t0\n")
    faults: list[str] = []
    dataset = import_sequences(file, dates=dates, on_fault=faults.append)
    assert dataset.events["toy_id"].to_pylist() == ["10", "20", "10"]
    assert [count["rejected"] for count in dataset.source.options["counts"].values()] == [2, 2]
    assert len(faults) == 4


def test_nothing_usable_is_an_error_even_when_faults_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "s.txt").write_text("ann\nbob\n")
    with pytest.raises(DataError, match="none of its 2 lines"):
        import_sequences(tmp_path / "s.txt", on_fault=lambda _: None)


_NAMES = st.text(st.characters(blacklist_categories=("Cs", "Z", "Cc")), min_size=1, max_size=4).filter(
    lambda name: name.split() == [name] and not name.startswith("\ufeff")
)


@given(st.dictionaries(_NAMES, st.lists(_NAMES, min_size=1, max_size=6), min_size=1, max_size=6))
def test_any_well_formed_text_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: dict[str, list[str]]
) -> None:
    file = tmp_path_factory.mktemp("any") / "s.txt"
    file.write_text("".join(f"{user} {' '.join(toys)}\n" for user, toys in rows.items()), encoding="utf-8")
    events = import_sequences(file).events
    found: dict[str, list[str]] = {}
    for user, toy in zip(events["shopper_id"].to_pylist(), events["toy_id"].to_pylist(), strict=True):
        found.setdefault(user, []).append(toy)
    assert found == rows


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_words(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.mktemp("any") / "s.txt"
    file.write_bytes(content)
    readers: list[Callable[[], Dataset]] = [
        lambda: import_sequences(file),
        *(lambda part=part: import_sequences(GOLDEN / "sequences.txt", **{part: file}) for part in WHOLE),
    ]
    for read in readers:
        with suppress(DataError):  # any other error fails the test
            read()
