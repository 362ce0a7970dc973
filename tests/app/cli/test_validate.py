from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from app.cli.console import Exit
from app.cli.main import app
from data.dataset import Dataset, Source, load_dataset, save_dataset
from data.errors import ToyGuideError
from data.schema import Event, EventKind, Toy
from data.tables import EVENT_TABLE, TOY_TABLE, event_row, toy_row

runner = CliRunner()
GOOD = Event("e1", "ann", "s1", "t1", EventKind.PURCHASE, datetime(2025, 5, 1, tzinfo=UTC))


def folder_of(where: Path, toys: list[Toy], events: list[Event]) -> Path:
    """A dataset folder whose tables hold whatever is given, as an older version or another tool may have left it."""
    toy_table = pa.Table.from_pylist([toy_row(toy) for toy in toys], schema=TOY_TABLE)
    event_table = pa.Table.from_pylist([event_row(event) for event in events], schema=EVENT_TABLE)
    save_dataset(Dataset(toy_table, event_table, Source("table", 3, {"from": "test"})), where)
    return where


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    toys = [Toy(f"t{n}", f"Toy {n}", category=("A",)) for n in range(1, 5)]
    toys[3] = replace(toys[3], recommended_age=60, recommended_age_to=36)
    events = [
        GOOD,
        replace(GOOD, id="e2", toy="t4"),  # goes with its toy
        replace(GOOD, id="e3", toy="gone"),
        replace(GOOD, id="e3", toy="t2"),
        replace(GOOD, id="e3", toy="gone"),  # two errors, one row
        replace(GOOD, id="e4", toy="t3", time=datetime(2999, 1, 1, tzinfo=UTC)),
        replace(GOOD, id="e5", toy="t2", session="s2", time=datetime(2025, 6, 1, tzinfo=UTC)),
    ]
    return folder_of(tmp_path / "faulty", toys, events)


def test_a_dataset_with_errors_must_not_be_trained_on(faulty: Path) -> None:
    run = runner.invoke(app, ["data", "validate", str(faulty), "--json"])
    assert run.exit_code == Exit.UNFIT
    said = json.loads(run.stdout)
    assert said["unfit"] is True
    assert {name: said["checks"][name] for name in ("orphan event", "duplicate event ids", "future date")} == {
        "orphan event": 2,
        "duplicate event ids": 2,
        "future date": 1,
    }
    first = next(finding for finding in said["findings"] if finding["check"] == "orphan event")
    assert (first["severity"], first["table"], first["row"], first["column"]) == ("error", "events", 2, "toy_id")
    assert (first["id"], first["value"]) == ("e3", "gone")
    assert first["fix"]
    assert "must not be trained on" in run.stderr


def test_the_table_names_check_row_value_and_fix(faulty: Path) -> None:
    run = runner.invoke(app, ["data", "validate", str(faulty)])
    assert run.exit_code == Exit.UNFIT
    for words in ("orphan event", "gone", "60 to 36 months", "export both files on one day"):
        assert words in run.stdout


def test_skip_writes_what_is_left_and_the_counts_add_up(faulty: Path, tmp_path: Path) -> None:
    out = tmp_path / "clean"
    arguments = ["data", "validate", str(faulty), "--on-error", "skip", "--out", str(out)]
    run = runner.invoke(app, [*arguments, "--json"])
    assert run.exit_code == Exit.OK, run.stderr
    cleaned = json.loads(run.stdout)["cleaned"]
    assert cleaned["toys"] == {"read": 4, "kept": 3, "rejected": 1}
    assert cleaned["events"] == {"read": 7, "kept": 2, "rejected": 5}
    assert sum(cleaned["left_out"].values()) == 6
    assert cleaned["left_out"]["event of a toy left out"] == 1
    dataset = load_dataset(out)
    assert dataset.index.ids == ("t1", "t2", "t3")
    assert dataset.events["event_id"].to_pylist() == ["e1", "e5"]
    assert dataset.source.seed == 3
    again = runner.invoke(app, ["data", "validate", str(out)])
    assert again.exit_code == Exit.OK, again.stdout
    assert "7 │    2 │        5" in runner.invoke(app, arguments).stdout


def test_a_sound_dataset_passes(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "good", [Toy("t1", "Toy", category=("A",))], [GOOD])
    run = runner.invoke(app, ["data", "validate", str(folder)])
    assert run.exit_code == Exit.OK
    assert "Nothing found." in run.stdout


def test_skip_and_out_go_together(faulty: Path, tmp_path: Path) -> None:
    for options in (["--on-error", "skip"], ["--out", str(tmp_path / "x")]):
        with pytest.raises(ToyGuideError, match="'--out' option of data validate goes with"):
            runner.invoke(app, ["data", "validate", str(faulty), *options], catch_exceptions=False)


def test_a_folder_that_is_no_dataset_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ToyGuideError, match="is not a dataset"):
        runner.invoke(app, ["data", "validate", str(tmp_path)], catch_exceptions=False)
