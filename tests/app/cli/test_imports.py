from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.cli.console import Exit
from data.dataset import load_dataset
from tests.app.cli.conftest import Run


@pytest.fixture
def sequences(tmp_path: Path) -> Path:
    file = tmp_path / "sequences.txt"
    file.write_text("".join(f"u{i} t{i} t{i + 1} t{i + 2} t{i + 3}\n" for i in range(30)))
    return file


def test_an_import_ends_in_counts(toyguide: Run, sequences: Path, tmp_path: Path) -> None:
    code, out, _ = toyguide("data", "import", "sequences", sequences, "--seed", 4, "--out", tmp_path / "d", "--json")
    summary = json.loads(out)
    assert code == Exit.OK
    assert summary["counts"] == {"shoppers": {"read": 30, "kept": 30, "rejected": 0}}
    assert (summary["shoppers"], summary["toys"], summary["events"]) == (30, 33, 120)
    dataset = load_dataset(tmp_path / "d")
    assert (dataset.digest, dataset.source.seed) == (summary["digest"], 4)
    code, out, _ = toyguide("data", "import", "sequences", sequences, "--out", tmp_path / "d")  # it may be replaced
    assert code == Exit.OK
    assert "30 shoppers, 33 toys, 120 events" in out


def test_a_faulty_line_stops_the_import_and_leaves_nothing(toyguide: Run, sequences: Path, tmp_path: Path) -> None:
    sequences.write_text(sequences.read_text(encoding="utf-8") + "alone\n", encoding="utf-8")
    code, out, err = toyguide("data", "import", "sequences", sequences, "--out", tmp_path / "d")
    assert (code, out) == (Exit.MISTAKE, "")
    assert "line 31" in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == [sequences]
    code, out, err = toyguide(
        "data", "import", "sequences", sequences, "--out", tmp_path / "d", "--on-error", "skip", "--json"
    )
    assert code == Exit.OK
    assert json.loads(out)["counts"]["shoppers"] == {"read": 31, "kept": 30, "rejected": 1}
    assert "line 31" in err


def test_a_folder_that_is_no_dataset_is_not_replaced(toyguide: Run, sequences: Path, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_text("dear")
    code, _, err = toyguide("data", "import", "sequences", sequences, "--out", tmp_path / "photos")
    assert code == Exit.MISTAKE
    assert "'--out'" in err
    assert (tmp_path / "photos" / "a.jpg").read_text() == "dear"


def test_baselines_are_judged_in_one_table(toyguide: Run, sequences: Path, tmp_path: Path) -> None:
    toyguide("data", "import", "sequences", sequences, "--out", tmp_path / "d")
    code, out, err = toyguide("evaluate", "--data", tmp_path / "d", "--lists", tmp_path / "lists.txt")
    assert code == Exit.OK
    for words in ("leave-one-out, test part, given order", "popularity by age", "item-kNN", "rules", "p = "):
        assert words in out
    assert "Judging rules" in err
    assert "Judging" not in out
    assert len((tmp_path / "lists-item-knn.txt").read_text().splitlines()) == 30


def test_figures_come_as_json_with_their_labels(toyguide: Run, sequences: Path, tmp_path: Path) -> None:
    toyguide("data", "import", "sequences", sequences, "--out", tmp_path / "d")
    choice = ("--recommender", "rules", "--part", "validation", "--order", "hashed")
    code, out, _ = toyguide("evaluate", "--data", tmp_path / "d", *choice, "--lists", tmp_path / "l.txt", "--json")
    found = json.loads(out)
    assert code == Exit.OK
    assert (found["protocol"], found["part"], found["order"]) == ("leave-one-out", "validation", "hashed")
    assert {"all", "no tie", "cold toys", "history ≤ 5", "age under 3"} <= {row["slice"] for row in found["rows"]}
    assert found["rows"][1]["queries"] == 0  # no dates: nothing is known to be free of ties
    assert (tmp_path / "l.txt").is_file()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--data", "nowhere"), "nowhere is not a dataset"),
        (("--data", "d", "--recommender", "magic"), "one of popularity"),
        (("--data", "d", "--teacher", "nowhere"), "nowhere"),
        (("--data", "d", "--student", "nowhere"), "nowhere"),
        (("--data", "d", "--bundle", "nowhere"), "nowhere"),
        (("--data", "d", "--protocol", "guess"), "guess"),
    ],
)
def test_mistakes_are_told_in_words(
    toyguide: Run,
    sequences: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    words: str,
) -> None:
    toyguide("data", "import", "sequences", sequences, "--out", tmp_path / "d")
    monkeypatch.chdir(tmp_path)
    code, _, err = toyguide("evaluate", *arguments)
    assert code == Exit.MISTAKE
    assert words in err
    assert "Traceback" not in err
