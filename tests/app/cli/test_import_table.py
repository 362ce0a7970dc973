from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from app.cli.console import Exit
from data.dataset import load_dataset
from tests.app.cli.conftest import Run

GOLDEN = Path(__file__).parents[2] / "data" / "importers" / "golden"
MAP = "toy_id=sku,title=name,price=cost,age=search:info"


@pytest.fixture
def run(toyguide: Run) -> Run:
    """`toyguide data import` with the given arguments: (exit code, stdout, stderr)."""
    return partial(toyguide, "data", "import")


def test_a_table_ends_in_counts_shares_and_a_report(run: Run, tmp_path: Path) -> None:
    code, out, _ = run(
        "table", GOLDEN / "table" / "toys.csv", "--map", MAP, "--out", tmp_path / "d", "--report", tmp_path / "r.json"
    )
    assert code == Exit.OK
    assert "75.00%" in out
    assert "toys: age: not understood 1 ×: '4 - 3 years' (the bounds are upside down; first at line 3)" in out
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["counts"]["toys"] == {"read": 5, "kept": 5, "rejected": 0}
    assert report["shares"]["toys"]["age"]["share"] == 0.75
    assert load_dataset(tmp_path / "d").toys.num_rows == 5


def test_a_saved_map_makes_the_same_dataset(run: Run, tmp_path: Path) -> None:
    toys, saved = GOLDEN / "table" / "toys.csv", tmp_path / "m.json"
    both = [
        json.loads(run("table", toys, *how, "--out", tmp_path / "d", "--json")[1])
        for how in (("--map", MAP, "--save-map", saved), ("--map-file", saved))
    ]
    assert both[0] == both[1]
    events = GOLDEN / "table" / "events.jsonl"
    code, out, _ = run(
        "table",
        toys,
        "--events",
        events,
        "--map-file",
        GOLDEN / "table" / "map.toml",
        "--out",
        tmp_path / "d",
        "--json",
    )
    assert code == Exit.OK
    summary = json.loads(out)
    assert (summary["toys"], summary["events"], summary["shoppers"], summary["undated"]) == (5, 4, 2, 1)


def test_a_dry_run_writes_nothing(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("table", GOLDEN / "table" / "toys.csv", "--map", MAP, "--dry-run", "--out", tmp_path / "d")
    assert code == Exit.OK
    assert "Wooden train & track" in out
    code, out, _ = run("table", GOLDEN / "table" / "toys.csv", "--map", MAP, "--dry-run", "--json")
    assert [toy["toy_id"] for toy in json.loads(out)["toys"]] == ["t1", "t2", "t3", "t4", "t5"]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--map", MAP], "needs --out"),
        (["--map", "toy_id=skuu,title=name", "--out", "d"], "has no column 'skuu'"),
        (["--out", "d"], "has no column 'toy_id'"),
        (["--map", MAP, "--out", "d", "--currency", "GBB"], "--currency"),
        (["--map", MAP, "--out", "d", "--map-events", "toy_id=a,shopper_id=b"], "--events"),
        (["--map", MAP, "--out", "d", "--delimiter", ","], "has no column 'sku'"),
    ],
)
def test_a_mistake_is_one_sentence(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run("table", GOLDEN / "table" / "toys.csv", *arguments)
    assert (code, out) == (Exit.MISTAKE, "")
    assert said in err.replace("\n", " ")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("year-first", [None, None]),
        ("day-first", ["2026-02-01T09:05:00+00:00", None]),
        ("month-first", ["2026-01-02T09:05:00+00:00", "2026-01-31T00:00:00+00:00"]),
    ],
)
def test_dates_are_read_in_the_order_that_is_said(
    run: Run, tmp_path: Path, order: str, found: list[str | None]
) -> None:
    (tmp_path / "toys.csv").write_text("toy_id,title\nt1,Toy\n")
    (tmp_path / "sales.csv").write_text("shopper_id,toy_id,time\na,t1,01/02/2026 9:05 AM\nb,t1,01/31/2026\n")
    files = ("table", tmp_path / "toys.csv", "--events", tmp_path / "sales.csv")
    code, _, err = run(*files, "--date-order", order, "--out", tmp_path / "d", "--report", tmp_path / "r.json")
    assert code == Exit.OK, err
    times = load_dataset(tmp_path / "d").events.sort_by("shopper_id")["time"].to_pylist()
    assert [time and time.isoformat() for time in times] == found
    assert ("--date-order" in (tmp_path / "r.json").read_text()) == (order == "year-first")


def test_faulty_rows_stop_or_are_left_out(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("toy_id,title\n" + "".join(f"t{i},Toy\n,x\n" for i in range(12)))
    code, _, err = run("table", file, "--out", tmp_path / "d")
    assert code == Exit.MISTAKE
    assert "--on-error skip" in err
    assert not (tmp_path / "d").exists()
    code, out, err = run("table", file, "--out", tmp_path / "d", "--on-error", "skip", "--json")
    assert json.loads(out)["counts"]["toys"] == {"read": 24, "kept": 12, "rejected": 12}
    assert "2 more" in err


def test_recbole_finds_the_files_beside(run: Run, tmp_path: Path) -> None:
    inter = GOLDEN / "recbole" / "toys.inter"
    code, out, _ = run("recbole", inter, "--out", tmp_path / "d", "--on-error", "skip", "--json", "--currency", "gbp")
    assert code == Exit.OK
    summary = json.loads(out)
    assert summary["users"]["counts"]["kept"] == 2
    assert load_dataset(tmp_path / "d").toy_rows()[0].currency in ("GBP", None)
    alone = tmp_path / "a.inter"
    alone.write_bytes(inter.read_bytes())
    code, _, err = run("recbole", alone, "--out", tmp_path / "e", "--on-error", "skip")
    assert code == Exit.OK
    assert "every toy is called 'Toy'" in err
