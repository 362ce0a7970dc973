"""`toyguide score`: every shopper's list for the night."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from app.cli.console import Exit
from data.dataset import Source, build_dataset, save_dataset
from data.schema import Event, EventKind, Recipient, Toy
from recommender.serving.load import load_bundle
from tests.app.cli.conftest import Run

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
AGES = (4, 20, 40, 70, 100, 480)


@pytest.fixture
def run(toyguide: Run) -> Run:
    """`toyguide score` with the given arguments: (exit code, stdout, stderr)."""
    return partial(toyguide, "score")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, toys: list[Toy]) -> Path:
    """Six hundred shoppers, more than one chunk, each with a child of their own and two toys met."""
    folder = tmp_path_factory.mktemp("shop") / "dataset"
    known = [replace(toy, hazards=()) for toy in toys]  # as a dataset may hold them; the bundle's hazards still count
    events = [
        Event(
            f"{n}-{step}",
            f"shopper-{n:03}",
            f"visit-{n}",
            toys[(n * 5 + step * 3) % len(toys)].id,
            EventKind.LIKE,
            NOW,
            "main",
            Recipient(f"child-{n}", AGES[n % len(AGES)]),
        )
        for n in range(600)
        for step in range(2)
    ]
    save_dataset(build_dataset(known, events, Source("shop", 0)), folder)
    return folder


def test_lists_are_safe_and_the_same_whatever_the_workers_and_batches(
    run: Run, bundle: Path, shop: Path, tmp_path: Path
) -> None:
    one, two = tmp_path / "one.parquet", tmp_path / "two.parquet"
    code, out, _ = run("--bundle", bundle, "--data", shop, "--out", one, "--k", 5, "--workers", 1, "--json")
    assert code == Exit.OK
    figures = json.loads(out)
    assert (figures["shoppers"], figures["k"], figures["workers"], figures["hidden_toys"]) == (600, 5, 1, 0)
    assert figures["shoppers_per_second"] > 0
    code, out, _ = run("--bundle", bundle, "--data", shop, "--out", two, "--k", 5, "--workers", 2, "--batch", 7)
    assert code == Exit.OK
    assert "600 shoppers in" in out
    assert "have fewer than 5 toys" in out
    assert one.read_bytes() == two.read_bytes()

    engine = load_bundle(bundle)
    table = pq.read_table(one)
    assert json.loads(table.schema.metadata[b"toyguide"])["model"] == engine.model
    rows = table.to_pylist()
    assert [row["shopper_id"] for row in rows] == sorted(row["shopper_id"] for row in rows)
    assert sum(len(row["toys"]) < 5 for row in rows) == figures["shorter"]
    for row in rows:
        assert row["scores"] == sorted(row["scores"], reverse=True)
        youngest = row["youngest_months"]
        assert youngest == (row["recipient_age"] if row["recipient_age"] < 216 else None)
        may = engine.recommend(
            recipient=Recipient(age_months=row["recipient_age"]), youngest_age_months=youngest, k=100
        )
        assert set(row["toys"]) <= {pick.toy.id for pick in may.items}
        assert youngest is None or all(engine.verdicts(toy, youngest)[0].allowed for toy in row["toys"])


def test_only_those_asked_for_are_scored(run: Run, bundle: Path, shop: Path, tmp_path: Path) -> None:
    wanted, lists = tmp_path / "wanted.txt", tmp_path / "lists.parquet"
    wanted.write_text("shopper-007\nnobody\n\nshopper-002\n", encoding="utf-8")
    words = ("--bundle", bundle, "--data", shop, "--out", lists, "--workers", 1, "--shoppers", wanted)
    code, out, _ = run(*words)
    assert code == Exit.OK
    assert "1 of those asked for have no event in the dataset" in out
    assert pq.read_table(lists)["shopper_id"].to_pylist() == ["shopper-002", "shopper-007"]
    wanted.write_text("nobody\n", encoding="utf-8")
    before = lists.read_bytes()
    code, out, err = run(*words)
    assert (code, out) == (Exit.MISTAKE, "")
    assert "There is no shopper to score" in err
    assert lists.read_bytes() == before
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["lists.parquet", "wanted.txt"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"--k": 0}, "'k' parameter of score must be an int in [1, 100]. Got 0"),
        ({"--workers": 0}, "'workers' parameter of score must be an int in [1, 1024]. Got 0"),
        ({"--batch": 9000}, "'batch' parameter of score must be an int in [1, 8192]. Got 9000"),
        ({"--out": "."}, "'--out' parameter of score must be a new file's name, or a Parquet file"),
        ({"--out": "notes.txt"}, "'--out' parameter of score must be a new file's name, or a Parquet file"),
        ({"--shoppers": "missing.txt"}, "missing.txt cannot be read: No such file or directory."),
        ({"--shoppers": "empty.txt"}, "empty.txt must hold a shopper's id a line. It holds none."),
        ({"--data": "."}, ". is not a dataset"),
        ({"--bundle": "missing"}, "missing"),
        ({"--default-youngest-months": -1}, "'default_youngest_months' parameter"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_mistake_is_one_sentence_and_nothing_is_written(
    run: Run,
    bundle: Path,
    shop: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, object],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in (("notes.txt", "mine\n"), ("empty.txt", "\n")):
        Path(name).write_text(text, encoding="utf-8")
    words = {"--bundle": bundle, "--data": shop, "--out": "lists.parquet", "--workers": 1} | options
    code, out, err = run(*(part for pair in words.items() for part in pair))
    assert (code, out) == (Exit.MISTAKE, "")
    assert said in err
    assert err.count("\n") == 1
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["empty.txt", "notes.txt"]
    assert Path("notes.txt").read_text(encoding="utf-8") == "mine\n"
