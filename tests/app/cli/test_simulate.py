import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.main import app
from data.dataset import load_dataset
from data.errors import ToyGuideError

runner = CliRunner()
SMALL = ["--toys", "200", "--shoppers", "100", "--events", "1500"]


def test_simulate_writes_a_dataset_and_sums_it_up(tmp_path: Path) -> None:
    out = tmp_path / "world"
    run = runner.invoke(app, ["data", "simulate", "--out", str(out), *SMALL, "--json"])
    assert run.exit_code == 0, run.stderr
    said = json.loads(run.stdout)
    dataset = load_dataset(out)
    assert said["digest"] == dataset.digest
    assert (said["toys"], said["shoppers"], said["events"]) == (200, 100, dataset.events.num_rows)
    assert sum(said["events_by_kind"].values()) == said["events"]
    assert said["period"][0] < said["period"][1]
    again = runner.invoke(app, ["data", "simulate", "--out", str(out), *SMALL])
    assert again.exit_code == 0, again.stderr
    assert said["digest"] in again.stdout
    assert "purchase" in again.stdout


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--toys", "3"], "The 'toys' parameter of simulate must be an int in [50, 1000000]. Got 3 instead."),
        (["--events", "10"], "The 'events' parameter of simulate must be an int in"),
        (["--shoppers", "0"], "The 'shoppers' parameter of simulate must be an int in [1, 10000000]. Got 0 instead."),
        (["--seed", "-4"], "The 'seed' parameter of simulate must be an int in [0, 2147483647]. Got -4 instead."),
        (["--shoppers", "9" * 30], "The 'shoppers' parameter of simulate must be an int in [1, 10000000]. Got 999"),
    ],
)
def test_a_mistake_is_one_sentence_and_writes_nothing(tmp_path: Path, options: list[str], sentence: str) -> None:
    with pytest.raises(ToyGuideError) as error:
        runner.invoke(app, ["data", "simulate", "--out", str(tmp_path / "w"), *options], catch_exceptions=False)
    assert str(error.value).startswith(sentence)
    assert not list(tmp_path.iterdir())


def test_a_folder_of_something_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(ToyGuideError, match=r"'--out' parameter of data simulate must be a new or empty folder"):
        runner.invoke(app, ["data", "simulate", "--out", str(tmp_path), *SMALL], catch_exceptions=False)
    assert (tmp_path / "letters.txt").read_text(encoding="utf-8") == "dear"
