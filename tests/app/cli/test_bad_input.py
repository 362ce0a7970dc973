"""`toyguide train` on data at the edge of having anything to learn from: a right result, or one clear sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.main import app
from data.dataset import Source, build_dataset, load_dataset, save_dataset
from data.errors import DataError, ToyGuideError
from data.schema import Event, EventKind, Toy
from recommender.learning import presets

SMALL = Path(presets.__file__).parent / "presets" / "small.toml"
START = datetime(2025, 1, 1, tzinfo=UTC)
TOYS = [Toy(f"t{i}", f"Toy number {i}", category=("Toys", "Cars"), price=Decimal(3 + i)) for i in range(12)]
Train = Callable[[list[Toy], list[Event]], float]


def visits(shopper: str, toys: list[str]) -> list[Event]:
    """A toy a day."""
    return [
        Event(f"{shopper}-{i}", shopper, f"{shopper}-{i}", toy, EventKind.PURCHASE, START + timedelta(days=i))
        for i, toy in enumerate(toys)
    ]


EVENTS = [event for n in range(8) for event in visits(f"s{n}", [f"t{(n + i) % 12}" for i in range(5)])]


@pytest.fixture
def train(tmp_path: Path) -> Train:
    """Trains one epoch of a tiny teacher on toys and events, judges it, and gives its NDCG@10 on the test part."""
    preset = tmp_path / "tiny.toml"
    text = SMALL.read_text(encoding="utf-8").replace("epochs = 12", "epochs = 1").replace("width = 96", "width = 16")
    preset.write_text(text, encoding="utf-8")

    def run(toys: list[Toy], events: list[Event]) -> float:
        data, out = tmp_path / "dataset", tmp_path / "teacher"
        save_dataset(build_dataset(toys, events, Source("test", seed=1)), data)
        words = ["train", "--data", str(data), "--preset", str(preset), "--out", str(out)]
        assert CliRunner().invoke(app, words, catch_exceptions=False).exit_code == 0
        words = ["evaluate", "--data", str(data), "--recommender", "item-knn", "--teacher", str(out), "--json"]
        done = CliRunner().invoke(app, words, catch_exceptions=False)
        assert done.exit_code == 0
        (row,) = (
            row for row in json.loads(done.stdout)["rows"] if (row["recommender"], row["slice"]) == ("teacher", "all")
        )
        assert row["queries"] == len({event.shopper for event in events})
        return float(row["metrics"]["ndcg@10"])

    return run


@pytest.mark.parametrize(
    ("toys", "events", "most"),
    [
        (TOYS, EVENTS[:1], 1),
        (TOYS[:1], EVENTS[:1], 1),
        (TOYS[:1], [event for n in range(9) for event in visits(f"s{n}", ["t0"])], 1),
        (TOYS, visits("s", ["t0", "t1"]), 2),
        (TOYS, [], 0),
    ],
    ids=["one event", "one toy and one event", "one toy", "one shopper with two toys", "no event"],
)
def test_with_nobody_to_judge_nothing_is_trained(
    train: Train, toys: list[Toy], events: list[Event], most: int, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=rf"needs a shopper with at least 3 different toys .* has is {most}\.$"):
        train(toys, events)
    assert not (tmp_path / "teacher").exists()


def test_one_shopper_is_learned_from(train: Train) -> None:
    """Three toys in all and two of them seen: the third is what is left, and is ranked first."""
    assert train(TOYS[:3], visits("s", ["t0", "t1", "t2"])) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"title": "-"},
        {"title": "的"},
        {"price": None},
        {"category": ("Odd", "One", "Out")},
        {"category": ()},
        {"title": "-", "category": (), "price": None},
    ],
    ids=lambda change: f"{' and '.join(change)} {next(iter(change.values()))!r}".replace(" ", "-"),
)
@pytest.mark.parametrize("every", [False, True], ids=["one", "all"])
def test_toys_with_little_to_tell_are_ranked_all_the_same(train: Train, change: dict[str, object], every: bool) -> None:
    toys = [replace(toy, **change) if every or toy.id == "t3" else toy for toy in TOYS]  # type: ignore[arg-type]
    assert 0 < train(toys, EVENTS) <= 1


@pytest.mark.parametrize("price", [Decimal("NaN"), float("nan"), Decimal("Infinity")], ids=str)
def test_a_price_that_is_no_number_is_told_with_its_row(train: Train, price: object) -> None:
    toys = [replace(toy, price=price) if toy.id == "t3" else toy for toy in TOYS]  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"row 3 \('t3'\), column 'price': must be decimal128\(12, 2\)\. Got .+\.$"):
        train(toys, EVENTS)


def test_a_price_that_is_no_number_in_a_table_is_unknown(tmp_path: Path) -> None:
    lines = ["toy_id,title,price,currency", "a,Ball,NaN,GBP", "b,Bear,4.50,GBP"]
    (tmp_path / "toys.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    words = ["data", "import", "table", str(tmp_path / "toys.csv"), "--out", str(tmp_path / "shop")]
    done = CliRunner().invoke(app, [*words, "--report", str(tmp_path / "report.json")], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert {toy.id: toy.price for toy in load_dataset(tmp_path / "shop").toy_rows()} == {
        "a": None,
        "b": Decimal("4.50"),
    }


def test_an_unknown_preset_lists_those_there_are(tmp_path: Path) -> None:
    """Said before the dataset is even looked for."""
    words = ["train", "--data", str(tmp_path / "nowhere"), "--preset", "huge", "--out", str(tmp_path / "new")]
    with pytest.raises(ToyGuideError) as refused:
        CliRunner().invoke(app, words, catch_exceptions=False)
    names = ", ".join(presets.preset_names())
    assert str(refused.value) == (
        f"There is no preset 'huge'. Choose one of {names}, or give a .toml file of the same keys."
    )
    assert {"small", "base", "large"} <= set(presets.preset_names())
