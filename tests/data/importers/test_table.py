from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.dataset import Dataset, load_dataset
from data.errors import DataError, ToyGuideError
from data.importers.mapping import load_maps, parse_map, same_names, save_maps
from data.importers.rows import LONGEST_FIELD, Format, Table
from data.importers.shares import WRONG_ENCODING
from data.importers.table import Imported, Part, first_rows, import_table
from data.importers.toys import Reading
from data.schema import Hazard, Toy

GOLDEN = Path(__file__).parent / "golden" / "table"
MAPS = load_maps(GOLDEN / "map.toml")
SIMPLE = parse_map("toys", ["toy_id=id,title=name,price=price"], "--map")


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> tuple[Imported, Dataset]:
    out = tmp_path_factory.mktemp("golden") / "d"
    imported = import_table(
        out,
        Part(Table(GOLDEN / "toys.csv"), MAPS["toys"]),
        Part(Table(GOLDEN / "events.jsonl"), MAPS["events"]),
        Reading(currency="GBP"),
        seed=7,
    )
    return imported, load_dataset(out)


def test_the_golden_toys(golden: tuple[Imported, Dataset]) -> None:
    toys = {toy.id: toy for toy in golden[1].toy_rows()}
    small, balloon = (Hazard.SMALL_PARTS,), (Hazard.BALLOON,)
    assert toys == {
        "t1": Toy("t1", "Wooden train & track", brand="Brio", category=("Vehicles", "Trains > Wooden"),
                  price=Decimal("1299.00"), currency="EUR", recommended_age=36, safety_min_age=36, hazards=small,
                  barcode="4006381333931"),
        "t2": Toy("t2", 'Doll "Mia"; with a dress', category=("Dolls",), price=Decimal("269.00"), currency="GBP"),
        "t3": Toy("t3", "Balloons", brand="Brio", category=("Party",), recommended_age=36, recommended_age_to=96,
                  safety_min_age=96, hazards=balloon),
        "t4": Toy("t4", "Dice", brand="PokÃ©", category=("Games", "Dice"), price=Decimal("3.00"), currency="USD",
                  recommended_age=36),
        "t5": Toy("t5", "积木", price=Decimal("199.00"), currency="CNY"),
    }  # fmt: skip


def test_the_golden_events(golden: tuple[Imported, Dataset]) -> None:
    events = golden[1].events.to_pylist()
    assert [(e["event_id"], e["shopper_id"], e["toy_id"], e["kind"], e["recipient_age"]) for e in events] == [
        ("e1", "ann", "t1", "purchase", None),
        ("e2", "ann", "t2", "view", 40),
        ("e3", "bob", "t1", "cart", 40),
        ("e4", "bob", "t5", "return", None),
    ]
    assert [event["time"] for event in events] == [
        datetime(2016, 1, 1, tzinfo=UTC),
        datetime(2016, 3, 3, 21, 6, 7, tzinfo=UTC),
        datetime(2016, 1, 1, 0, 0, 0, 123000, tzinfo=UTC),
        None,
    ]


def test_the_golden_shares(golden: tuple[Imported, Dataset]) -> None:
    shares = {name: share.record() for name, share in golden[0].shares["toys"].items()}
    counts = {name: (s["empty"], s["understood"], s["not_understood"]) for name, s in shares.items()}
    assert counts == {
        "category": (1, 4, 0),
        "title": (1, 4, 0),
        "price": (1, 4, 0),
        "hazards": (0, 2, 1),
        "age": (1, 3, 1),
        "stock": (1, 3, 1),
        "brand": (2, 3, 0),
        "barcode": (3, 1, 1),
    }
    assert shares["age"]["share"] == 0.75
    assert shares["age"]["forms_not_understood"] == [
        {"text": "4 - 3 years", "why": "the bounds are upside down", "count": 1, "first": "line 3"}
    ]
    assert shares["brand"]["notes"] == [{"note": WRONG_ENCODING, "count": 1, "examples": ["line 6: PokÃ©"]}]
    assert golden[0].shares["events"]["time"].not_understood == 1
    options = golden[0].record["source"]["options"]
    assert options["counts"] == {
        "toys": {"read": 5, "kept": 5, "rejected": 0},
        "events": {"read": 4, "kept": 4, "rejected": 0},
    }
    assert (options["undated"], options["repeated"]) == (1, 0)


def test_every_format_gives_the_same_dataset(golden: tuple[Imported, Dataset], tmp_path: Path) -> None:
    import csv

    with (GOLDEN / "toys.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "toys.parquet")
    (tmp_path / "toys.jsonl.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    (tmp_path / "toys.csv").write_bytes((GOLDEN / "toys.csv").read_bytes().decode("utf-8-sig").encode("utf-16"))
    with (tmp_path / "gb.tsv").open("w", encoding="gb18030", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0], dialect="excel-tab")
        writer.writeheader()
        writer.writerows(rows)
    for name, encoding in (("toys.parquet", None), ("toys.jsonl.gz", None), ("toys.csv", None), ("gb.tsv", "gb18030")):
        part = Part(Table(tmp_path / name, encoding=encoding), MAPS["toys"])
        import_table(tmp_path / "d", part, reading=Reading(currency="GBP"), seed=7)
        assert load_dataset(tmp_path / "d").toys.equals(golden[1].toys), name


def test_our_own_tables_come_back_as_they_were(golden: tuple[Imported, Dataset], tmp_path: Path) -> None:
    pq.write_table(golden[1].toys, tmp_path / "toys.parquet")
    pq.write_table(golden[1].events, tmp_path / "events.parquet")
    imported = import_table(
        tmp_path / "d",
        Part(Table(tmp_path / "toys.parquet"), same_names("toys")),
        Part(Table(tmp_path / "events.parquet"), same_names("events")),
        seed=7,
    )
    assert imported.record["digest"] == golden[1].digest


def test_a_dry_run_gives_the_first_rows_alone() -> None:
    parts = (Part(Table(GOLDEN / "toys.csv"), MAPS["toys"]), Part(Table(GOLDEN / "events.jsonl"), MAPS["events"]))
    found = first_rows(*parts, rows=2)
    assert [row["toy_id"] for row in found["toys"]] == ["t1", "t2"]
    assert [row["event_id"] for row in found["events"]] == ["e1", "e2"]


def faults_of(tmp_path: Path, content: bytes, name: str = "t.csv", **how: Any) -> tuple[list[str], dict[str, int]]:
    """(sentences, counts) of an import that skips."""
    (tmp_path / name).write_bytes(content)
    faults: list[str] = []
    imported = import_table(tmp_path / "d", Part(Table(tmp_path / name, **how), SIMPLE), on_fault=faults.append)
    counts = imported.record["source"]["options"]["counts"]["toys"]
    assert counts["read"] == counts["kept"] + counts["rejected"]
    assert load_dataset(tmp_path / "d").toys.num_rows == counts["kept"]
    return faults, counts


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"id,name,price\na,A,1\n,B,2\nc,C,3\n", ["line 3, column 'id': must be an id", "Got ''"]),
        (b"id,name,price\na,A,1\nb c,B,2\nc,C,3\n", ["line 3, column 'id'", "Got 'b c'"]),
        (b"id,name,price\na,A,1\nb,B\nc,C,3\n", ["line 3: must have 3 fields", "Got 2"]),
        (b"id,name,price\na,A,1\na,Other,2\nc,C,3\n", ["line 3, column 'id'", "'a' again", "line 2"]),
        (
            b"id,name,price\na,A,1\nb,Caf\xe9,2\nc,C,3\n",
            ["line 3, column 'name'", "utf-8", "0xe9", "byte 25", "--encod"],
        ),
        (b'id,name,price\na,A,1\nb,"x"y,2\nc,C,3\n', ["line 3: cannot be read as fields separated by ','"]),
        (b'id,name,price\na,A,1\nc,C,3\nb,"open,2\n', ["line 4", "quotation mark"]),
    ],
)
def test_a_faulty_row_is_told_and_left_out(tmp_path: Path, content: bytes, said: list[str]) -> None:
    faults, counts = faults_of(tmp_path, content)
    assert counts == {"read": 3, "kept": 2, "rejected": 1}
    assert len(faults) == 1
    assert all(part in faults[0] for part in [str(tmp_path / "t.csv"), *said]), faults[0]
    with pytest.raises(DataError, match=r"t\.csv, line"):
        import_table(tmp_path / "e", Part(Table(tmp_path / "t.csv"), SIMPLE))
    assert not (tmp_path / "e").exists()


def test_a_row_given_twice_word_for_word_is_kept_once(tmp_path: Path) -> None:
    faults, counts = faults_of(tmp_path, b"id,name,price\na,A,1\na,A,1\n")
    assert (faults, counts) == ([], {"read": 2, "kept": 1, "rejected": 1})


def test_ten_megabytes_in_one_field_are_one_faulty_row(tmp_path: Path) -> None:
    faults, counts = faults_of(tmp_path, b"id,name,price\na,A,1\nb," + b"x" * 10_000_000 + b",2\nc,C,3\n")
    assert "line 3, column 'name': must hold at most 1,048,576 characters. Got 10,000,000" in faults[0]
    assert counts == {"read": 3, "kept": 2, "rejected": 1}
    faults, counts = faults_of(
        tmp_path,
        json.dumps({"id": "b", "name": "x" * (LONGEST_FIELD + 1), "price": 1}).encode() + b'\n{"id":"a"}',
        "t.jsonl",
    )
    assert "line 1, column 'name': must hold at most" in faults[0]


@pytest.mark.parametrize("rows", [10, 3_000])
def test_a_quotation_mark_never_closed_costs_one_row(tmp_path: Path, rows: int) -> None:
    tail = "".join(f"t{row},{'A toy ' * 100},1\n" for row in range(rows))  # 3,000 are more than a field may hold
    faults, counts = faults_of(tmp_path, f'id,name,price\na,A,1\nb,"open,2\n{tail}'.encode())
    assert counts == {"read": rows + 2, "kept": rows + 1, "rejected": 1}
    assert "line 3" in faults[0]
    assert "quotation mark" in faults[0]


def test_a_broken_line_in_the_middle_of_json(tmp_path: Path) -> None:
    content = (
        b'{"id": "a", "name": "A", "price": 1.5}\n{"id": "b", "na\n[1]\n{"id": "\\ud800", "name": "x"}\n{"id": "c"}\n'
    )
    faults, counts = faults_of(tmp_path, content, "t.jsonl")
    assert counts == {"read": 5, "kept": 2, "rejected": 3}
    assert "line 2: must be a JSON object. Got a fault at column" in faults[0]
    assert "line 3: must be a JSON object. Got '[1]'" in faults[1]
    assert "line 4, column 'id': must be text" in faults[2]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("t.csv", b"", "is empty: it has 0 bytes"),
        ("t.csv", b"\n\n", "is empty; it must hold a header"),
        ("t.csv", b"id,name,price\n", "none of its 0 rows is a toy"),
        (
            "t.csv",
            b"id,title,prise\na,A,1\n",
            "no column 'name', from which a field is to come (see --map and --map-events). Its columns are id",
        ),
        ("t.csv", b"id,name,prise\na,A,1\n", "Is 'prise' meant"),
        (
            "t.csv",
            "货号,名称\n1,火车\n".encode("gbk"),
            "t.csv, line 1: must be utf-8 text. Got the byte 0xbb (byte 0 of",
        ),
        (
            "t.csv",
            "id,name,price\n1,火车,1\n".encode("gbk"),
            "line 2, column 'name': must be utf-8 text. Got the byte 0xbb",
        ),
        ("t.csv", b"id,name,price,id\na,A,1,b\n", "must name column 'id' once"),
        ("t.jsonl", b"\n", "is empty"),
        ("t.jsonl", b'{"id": "a", "name": "A"}\n', "no column 'price'"),
        ("t.jsonl", b"{" * 10, "must be a JSON object"),
        ("t.parquet", b"PAR1 but not really", "cannot be read as Parquet"),
        (
            "t.csv.gz",
            gzip.compress(b"id,name,price\n" + b"a,A,1\n" * 10_000, mtime=0)[:-40],
            "cut short or damaged after line",
        ),
        ("t.csv.gz", gzip.compress(b"id,name,price\n", mtime=0)[:12], "cut short or damaged after line 0"),
        ("t.xlsx", b"PK", "its name must end with .csv"),
    ],
)
def test_a_faulty_file_leaves_nothing_behind(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as caught:
        import_table(tmp_path / "d", Part(Table(tmp_path / name), SIMPLE))
    assert said in str(caught.value)
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_parquet_with_damaged_text_is_told(tmp_path: Path) -> None:
    rows = {"id": ["a", "b"], "name": ["Train", "Doll"], "price": ["1", "2"]}
    pq.write_table(pa.table(rows), tmp_path / "t.parquet", compression="none", use_dictionary=False)
    content = (tmp_path / "t.parquet").read_bytes()
    (tmp_path / "t.parquet").write_bytes(content.replace(b"Train", b"Tr\xe9in"))
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        import_table(tmp_path / "d", Part(Table(tmp_path / "t.parquet"), SIMPLE))


def test_options_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,name,price\na,A,1\n")
    odd = [({"encoding": name}, "--encoding") for name in ("utf-99", "base64", "idna", "utf_7", "undefined")]
    for how, said in (*odd, ({"delimiter": "ab"}, "--delimiter")):
        with pytest.raises(ToyGuideError, match=said):
            import_table(tmp_path / "d", Part(Table(tmp_path / "t.csv", **how), SIMPLE))  # type: ignore[arg-type]
    with pytest.raises(DataError, match="does not exist"):
        import_table(tmp_path / "d", Part(Table(tmp_path / "no.parquet"), SIMPLE))
    assert Table(Path("x.TSV.gz")).found_format is Format.TSV


def test_hazards_have_names_in_the_plural_and_in_chinese(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("toy_id,title,age,hazards\na,A,3+,Magnets;小零件\nb,B,3+,Marbles\nc,C,3+,glue\n")
    import_table(
        tmp_path / "d",
        Part(
            Table(tmp_path / "t.csv"), parse_map("toys", ["toy_id=toy_id,title=title,age=age,hazards=hazards"], "--map")
        ),
    )
    toys = {toy.id: toy for toy in load_dataset(tmp_path / "d").toy_rows()}
    assert (toys["a"].hazards, toys["a"].safety_min_age) == ((Hazard.MAGNET, Hazard.SMALL_PARTS), 168)
    assert (toys["b"].hazards, toys["b"].safety_min_age) == ((Hazard.MARBLE,), 36)
    assert (toys["c"].hazards, toys["c"].safety_min_age) == ((), None)


@pytest.mark.parametrize(
    ("age", "audience", "safe_from"),
    [("14+", "child", 168), ("3+", "child", 36), ("2+", "child", None), ("14+", "", None), ("", "child", None)],
)
def test_a_hazard_without_a_name_never_makes_a_toy_safer(
    tmp_path: Path, age: str, audience: str, safe_from: int | None
) -> None:
    (tmp_path / "t.csv").write_text(f"toy_id,title,age,hazards,audience\na,A,{age},lava,{audience}\n")
    columns = parse_map("toys", ["toy_id=toy_id,title=title,age=age,hazards=hazards,audience=audience"], "--map")
    import_table(tmp_path / "d", Part(Table(tmp_path / "t.csv"), columns))
    (toy,) = load_dataset(tmp_path / "d").toy_rows()
    assert toy.safety_min_age == safe_from


def test_an_event_of_no_toy_or_no_kind_is_told(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,name,price\na,A,1\n")
    (tmp_path / "e.csv").write_text("shopper_id,toy_id,kind\nann,a,view\nann,z,view\nann,a,eaten\n,a,view\n")
    faults: list[str] = []
    parts = (Part(Table(tmp_path / "t.csv"), SIMPLE), Part(Table(tmp_path / "e.csv"), same_names("events")))
    imported = import_table(tmp_path / "d", *parts, on_fault=faults.append)
    assert imported.record["source"]["options"]["counts"]["events"] == {"read": 4, "kept": 1, "rejected": 3}
    assert "line 3, column 'toy_id': must be a toy of the toy table. Got 'z'" in faults[0]
    assert "line 4, column 'kind': must be one of view, like" in faults[1]
    assert "line 5, column 'shopper_id': must be an id" in faults[2]


@pytest.mark.parametrize("name", ["map.toml", "map.json"])
def test_a_saved_map_comes_back(tmp_path: Path, name: str) -> None:
    odd = parse_map("toys", ['toy_id=the "id",title=名\x7f字', "category=a+b,age=search:info"], "--map")
    save_maps({"toys": odd, "events": MAPS["events"]}, tmp_path / name)
    assert load_maps(tmp_path / name) == {"toys": odd, "events": MAPS["events"]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("toy_id=id", "must say where 'title' comes from"),
        ("toy_id", "must be 'field=column"),
        ("toy_id=a,toy_id=b", "each field once"),
        ("toy_id=a,title=b,colour=c", "Got 'colour'"),
        ("toy_id=a,title=search:b", "for field 'age' alone"),
    ],
)
def test_a_map_that_cannot_be(text: str, said: str) -> None:
    with pytest.raises(ToyGuideError, match=said):
        parse_map("toys", [text], "--map")


@pytest.mark.parametrize("text", ["", "[toys]\ntoy_id = 3", "[toys", "[shops]\na = 'b'", "[toys]\ntoy_id = []"])
def test_a_map_file_that_cannot_be(tmp_path: Path, text: str) -> None:
    (tmp_path / "m.toml").write_text(text)
    with pytest.raises(ToyGuideError, match=r"m\.toml"):
        load_maps(tmp_path / "m.toml")
